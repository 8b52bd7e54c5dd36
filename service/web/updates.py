"""Changing a stored response.

https://hl7.org/fhir/R4/http.html#update
"""

import re

from flask import Blueprint, Response, request

from service import amend, submit
from service.fhir.reading import Resource, load
from service.screening.faults import Fault, Malformed, Outdated, Unacceptable
from service.web.negotiation import require_json_answer, require_json_body
from service.web.receipts import taken
from service.web.services import services

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
ETAG = re.compile(r'W/"([1-9][0-9]{0,8})"')


updates = Blueprint("updates", __name__, url_prefix="/fhir")
updates.before_request(require_json_answer)


@updates.put("/QuestionnaireResponse/<id>")
def update(id: str) -> Response:
    """A new version of a response, or a response under an id of the client: 200 or 201."""
    require_json_body()
    body, own = request.get_data(), services()
    resource = load(body)
    require_same_id(resource, id)
    version = version_wanted()
    receipt = amend.amend(resource, body, version or 0, own.desk, own.store, own.now()) if known(id, version) else None
    if receipt is None:
        receipt = submit.submit(resource, body, own.desk, own.store, own.now(), lambda: id)
    if receipt.id != id:
        raise Unacceptable([duplicate()])
    return taken(receipt)


def duplicate() -> Fault:
    text = "Another response has this identifier. Leave it out or give another."
    return Fault("duplicate", "QuestionnaireResponse.identifier", text)


def known(id: str, version: int | None) -> bool:
    """Whether there is a response of this id; then, and only then, the client names the version that it changed."""
    is_known = services().store.read("QuestionnaireResponse", id) is not None
    if is_known and version is None:
        text = "Name the version that you changed in If-Match, so that no change of another is lost."
        raise Malformed([Fault("required", "", text)])
    if not is_known and version is not None:
        raise Outdated([Fault("conflict", "", "There is no response of this id whose version could match.")])
    return is_known


def require_same_id(resource: Resource, id: str) -> None:
    """Refuses a resource whose id is not the one in the address, and an id that FHIR servers further on refuse."""
    if resource.get("id") != id:
        text = "The id in the resource is not the one in the address. Make them the same."
        raise Malformed([Fault("invalid", "QuestionnaireResponse.id", text)])
    if not ID.fullmatch(id) or id.isdigit():
        text = "An id has up to 64 letters, digits, hyphens and dots, and not digits alone."
        raise Malformed([Fault("value", "QuestionnaireResponse.id", text)])


def version_wanted() -> int | None:
    """The version in If-Match; None without one."""
    given = request.headers.get("If-Match")
    if given is None:
        return None
    found = ETAG.fullmatch(given.strip())
    if found is None:
        raise Malformed([Fault("value", "", 'If-Match is not the ETag of a version, as W/"1".')])
    return int(found[1])
