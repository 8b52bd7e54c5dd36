"""The answer to a response taken in: where its version is kept, and its content as the client prefers.

https://hl7.org/fhir/R4/http.html#ops
"""

from flask import Response

from service.fhir.outcomes import outcome
from service.fhir.records import Held, Receipt
from service.fhir.searchsets import as_answered
from service.web.answers import fhir, version_headers
from service.web.negotiation import preferences
from service.web.services import services


def taken(receipt: Receipt) -> Response:
    """201 for a new response, 200 for a new version and for what was taken before."""
    wanted = preferences().get("return")
    held = Held(receipt.resource, receipt.version, receipt.stored)
    content = outcome(receipt.warnings) if wanted == "OperationOutcome" else as_answered(held)
    status = 201 if receipt.created else 200
    return fhir(None if wanted == "minimal" else content, status, location_headers(receipt))


def location_headers(receipt: Receipt) -> dict[str, str]:
    """Where the version is kept, and which it is."""
    location = f"{services().base}/QuestionnaireResponse/{receipt.id}/_history/{receipt.version}"
    return {"Location": location, **version_headers(receipt.version, receipt.stored)}
