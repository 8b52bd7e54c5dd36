"""The interaction `create`.

https://hl7.org/fhir/R4/http.html#create
"""

from flask import Blueprint, Response, request

from service.fhir.r4.strict_json import load
from service.fhir.results.tasks.form_task import with_link
from service.fhir.search.bundles import add_version_meta
from service.issues import Issue, Malformed
from service.usecases.form_tasks.receive import AcceptedTask, accept_task
from service.usecases.responses.submit import submit_response
from service.web.access.door import caller, granted_store
from service.web.context import app_context
from service.web.fhir.http.conditional_create import create_condition
from service.web.fhir.http.known_parameters import require_known_parameters
from service.web.fhir.http.negotiation import require_json_accepted, require_json_body
from service.web.fhir.http.receipts import headers_of, receipt_response
from service.web.fhir.http.refusals import keeping_refusals
from service.web.responses import fhir_response

creating = Blueprint("creating", __name__, url_prefix="/fhir")
creating.before_request(require_json_accepted)


@creating.post("/QuestionnaireResponse")
@keeping_refusals
def create() -> Response:
    """201 for a new response, 200 for a resend."""
    require_json_body()
    body, app = request.get_data(), app_context()
    resource, condition = load(body), create_condition()
    return receipt_response(
        submit_response(resource, body, app.assessment_context, granted_store(), app.now(), app.new_id, condition)
    )


@creating.post("/Task")
def create_task() -> Response:
    """201 for a Task that asks for forms, accepted, with the address of the forms, which is told here alone."""
    require_json_body()
    require_known_parameters()
    if "If-None-Exist" in request.headers:
        raise Malformed([Issue("not-supported", "", "A Task cannot be created on a condition.")])
    asking = caller()
    made_by = "open" if asking is None else f"{asking.issuer} {asking.client}"
    task = load(request.get_data())
    return told_task(accept_task(task, app_context().forms, granted_store(), made_by))


def told_task(accepted: AcceptedTask) -> Response:
    """The answer with the Task and the address of its forms. It has content whatever Prefer says."""
    app = app_context()
    address = f"{app.base.removesuffix('/fhir')}/forms/link/{accepted.token}"
    told = with_link(add_version_meta(accepted.stored), address, app.assessment_context.knowledge.codes)
    return fhir_response(told, 201, headers_of(accepted.stored))
