"""The interaction `create`.

https://hl7.org/fhir/R4/http.html#create
"""

from flask import Blueprint, Response, request

from service.fhir.r4.strict_json import load
from service.usecases.responses.submit import submit_response
from service.web.access.door import granted_store
from service.web.context import app_context
from service.web.fhir.http.conditional_create import create_condition
from service.web.fhir.http.negotiation import require_json_accepted, require_json_body
from service.web.fhir.http.receipts import receipt_response
from service.web.fhir.http.refusals import keeping_refusals

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
