"""The response to a create or update: Location, ETag, and the content that the client prefers.

https://hl7.org/fhir/R4/http.html#ops
"""

from flask import Response

from service.fhir.r4.operation_outcome import outcome
from service.fhir.r4.types import StoredResource
from service.fhir.search.bundles import add_version_meta
from service.ports.submissions import Receipt
from service.web.context import app_context
from service.web.fhir.http.negotiation import preferences
from service.web.responses import fhir_response, version_headers


def receipt_response(receipt: Receipt) -> Response:
    """201 for a new response, 200 for a new version and for a resend, with the content that Prefer asks for."""
    preferred = preferences().get("return")
    status, headers = 201 if receipt.created else 200, location_headers(receipt)
    if preferred == "minimal":
        return fhir_response(None, status, headers)
    if preferred == "OperationOutcome":
        return fhir_response(outcome(receipt.warnings), status, headers)
    stored = StoredResource(receipt.resource, receipt.version, receipt.stored)
    return fhir_response(add_version_meta(stored), status, headers)


def headers_of(stored: StoredResource) -> dict[str, str]:
    """Location, ETag and Last-Modified of a stored version."""
    name, id = stored.resource["resourceType"], stored.resource["id"]
    location = f"{app_context().base}/{name}/{id}/_history/{stored.version}"
    return {"Location": location, **version_headers(stored.version, stored.stored)}


def location_headers(receipt: Receipt) -> dict[str, str]:
    """The same of the version in a receipt."""
    return headers_of(StoredResource(receipt.resource, receipt.version, receipt.stored))
