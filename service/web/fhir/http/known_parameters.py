"""The parameters in the address of a request other than a search.

https://hl7.org/fhir/R4/http.html#parameters
"""

from flask import request

from service.fhir.search.request_parser import raise_if_refused, unknown_parameter
from service.web.fhir.http.negotiation import is_lenient

EVERYWHERE = ("_format", "_pretty")


def require_known_parameters(*names: str) -> None:
    """Raises Malformed with each parameter that is neither named here nor common to all requests.

    A lenient client prefers that they are ignored (Prefer: handling=lenient).
    """
    known = sorted({*EVERYWHERE, *names})
    unknown = [unknown_parameter(name, known) for name in request.args if name not in known]
    raise_if_refused([], unknown, is_lenient())
