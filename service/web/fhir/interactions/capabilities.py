"""The interaction `capabilities`: the CapabilityStatement.

https://hl7.org/fhir/R4/http.html#capabilities
"""

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from service.fhir.r4.strict_json import encode
from service.issues import Issue, Malformed
from service.web.context import app_context
from service.web.fhir.http.known_parameters import require_known_parameters
from service.web.fhir.http.negotiation import require_json_accepted
from service.web.responses import fhir_response

capabilities = Blueprint("capabilities", __name__, url_prefix="/fhir")


@capabilities.get("/metadata")
def metadata() -> Response:
    """The CapabilityStatement of this interface; 304 if the client has it."""
    require_json_accepted()
    require_known_parameters("mode")
    if request.args.get("mode", "full") != "full":
        raise Malformed([Issue("value", "http.mode", "`mode` must be full: there is one CapabilityStatement.")])
    response = fhir_response(app_context().capability_statement)
    response.add_etag(weak=True)
    response.make_conditional(request.environ)
    return response


@capabilities.get("/.well-known/smart-configuration")
def smart_configuration() -> Response:
    """What SMART clients must know, as JSON whatever Accept says. Raises NotFound without access control.

    https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html
    """
    content = app_context().smart_configuration
    if content is None:
        raise NotFound
    return Response(encode(content), content_type="application/json")
