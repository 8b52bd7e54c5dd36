"""The interactions `update`, and `create` with an id of the client, and `patch`.

https://hl7.org/fhir/R4/http.html#update
https://hl7.org/fhir/R4/http.html#patch
"""

from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed, NotFound

from service.fhir.r4.json_patch import apply_patch, load_patch
from service.fhir.r4.strict_json import encode, load
from service.fhir.r4.types import Resource
from service.fhir.search.bundles import add_version_meta
from service.issues import Malformed
from service.usecases.form_tasks.receive import end_task
from service.usecases.responses.amend import patch_response, put_response
from service.web.access.door import granted_store, may_create
from service.web.context import app_context
from service.web.fhir.http.bundle_requests import id_issues
from service.web.fhir.http.if_match import update_precondition
from service.web.fhir.http.known_parameters import require_known_parameters
from service.web.fhir.http.negotiation import JSON_PATCH, require_json_accepted, require_json_body, require_json_patch
from service.web.fhir.http.receipts import headers_of, receipt_response
from service.web.fhir.http.refusals import keeping_refusals
from service.web.fhir.http.routes import checked_id
from service.web.responses import fhir_response

updating = Blueprint("updating", __name__, url_prefix="/fhir")
updating.before_request(require_json_accepted)
updating.before_request(require_known_parameters)


@updating.put("/QuestionnaireResponse/<id>")
@keeping_refusals
def update(id: str) -> Response:
    """200 for a new version of a response, 201 for a new response under this id."""
    checked_id(id)
    require_json_body()
    body, app = request.get_data(), app_context()
    resource = load(body)
    require_same_id(resource, id)
    condition = update_precondition()
    store, context = granted_store(), app.assessment_context
    return receipt_response(put_response(resource, body, condition, context, store, app.now(), may_create()))


@updating.patch("/QuestionnaireResponse/<id>")
def patch(id: str) -> Response:
    """200 for a new version of a response, made from the stored one by a JSON Patch. Raises NotFound without one."""
    checked_id(id)
    require_json_patch()
    operations, app = load_patch(request.get_data()), app_context()

    def patched(resource: Resource) -> Resource:
        # What a patch leaves is as strict as a body: without empty arrays, within the limits.
        changed = load(encode(apply_patch(resource, operations)))
        require_same_id(changed, id)
        return changed

    condition = update_precondition()
    receipt = patch_response(id, patched, condition, app.assessment_context, granted_store(), app.now())
    if receipt is None:
        raise NotFound
    return receipt_response(receipt)


@updating.put("/Task/<id>")
def update_task(id: str) -> Response:
    """200 for a Task that asked for forms and is taken back. No other Task is changed here, and none is created."""
    checked_id(id)
    require_json_body()
    task = load(request.get_data())
    require_same_id(task, id, "Task")
    stored = end_task(task, update_precondition(), app_context().forms, granted_store())
    if stored is None:
        raise MethodNotAllowed(valid_methods=["GET"])
    return fhir_response(add_version_meta(stored), 200, headers_of(stored))


@updating.after_request
def name_patch_format(response: Response) -> Response:
    """The response with the kind of patch that is taken: https://www.rfc-editor.org/rfc/rfc5789#section-2.2"""
    if request.method == "PATCH" and response.status_code == 415:
        response.headers["Accept-Patch"] = JSON_PATCH
    return response


def require_same_id(resource: Resource, id: str, type_name: str = "QuestionnaireResponse") -> None:
    """Raises Malformed if `id` is not the one in the address, or has digits only, which other FHIR servers refuse."""
    issues = list(id_issues(resource, id, f"{type_name}.id"))
    if issues:
        raise Malformed(issues)
