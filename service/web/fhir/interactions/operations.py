"""The operations `$extract` and `$process-response`.

https://hl7.org/fhir/uv/sdc/STU3/extraction.html
https://hl7.org/fhir/uv/sdc/STU3/OperationDefinition-Questionnaire-process-response.html
"""

from flask import Blueprint, Response, request

from service.fhir.r4 import operation_parameters as parameters
from service.fhir.r4.operation_outcome import outcome
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.fhir.results.bundle import with_full_urls
from service.issues import Issue, Unprocessable
from service.usecases.operations.preview import dry_run_with_warnings
from service.usecases.responses.submit import submit_response
from service.web.access.door import granted_store
from service.web.context import app_context
from service.web.fhir.http.conditional_create import resend_condition
from service.web.fhir.http.known_parameters import require_known_parameters
from service.web.fhir.http.negotiation import require_json_accepted
from service.web.fhir.http.operation_input import read_operation_body, read_resource_at
from service.web.fhir.http.receipts import location_headers
from service.web.fhir.http.refusals import keeping_refusals
from service.web.responses import fhir_response

TYPE = "QuestionnaireResponse"
EXTRACT_INPUT = "questionnaire-response"

operating = Blueprint("operating", __name__, url_prefix="/fhir")
operating.before_request(require_json_accepted)
operating.before_request(require_known_parameters)


@operating.post("/QuestionnaireResponse/$extract")
def extract_sent() -> Response:
    """The transaction Bundle of the response in the body, assessed without stored ones; nothing is stored."""
    return extraction_response(parameters.required_resource(read_operation_body(EXTRACT_INPUT), EXTRACT_INPUT, TYPE))


@operating.route("/QuestionnaireResponse/<id>/$extract", methods=["GET", "POST"])
def extract_stored(id: str) -> Response:
    """The transaction Bundle of a stored response, assessed without the others.

    Raises Malformed for a parameter: the response is the one in the address, and the form the one that it names.
    """
    stored = read_resource_at(TYPE, id)
    if request.method == "POST" and request.get_data():
        parameters.check_parameters(read_operation_body())
    return extraction_response(stored)


def extraction_response(resource: Resource) -> Response:
    """The Bundle; if there are warnings, Parameters with Bundle and OperationOutcome."""
    app = app_context()
    bundle, warnings = dry_run_with_warnings(resource, app.assessment_context, app.now())
    extracted = with_full_urls(bundle, app.bases[0])
    if not warnings:
        return fhir_response(extracted)
    return fhir_response(parameters.parameters_resource({"return": extracted, "issues": outcome(warnings)}))


@operating.post("/$process-response")
@operating.post("/Questionnaire/$process-response")
@keeping_refusals
def process_response() -> Response:
    """Submits the response in the body, as `create` does."""
    return processing_response(None)


@operating.post("/Questionnaire/<id>/$process-response")
@keeping_refusals
def process_response_to(id: str) -> Response:
    """Submits the response in the body, which must answer this questionnaire."""
    return processing_response(read_resource_at("Questionnaire", id))


def processing_response(questionnaire: Resource | None) -> Response:
    """200 with the warnings, and the location of the stored response."""
    body, app = read_operation_body("response"), app_context()
    resource = parameters.required_resource(body, "response", TYPE)
    if questionnaire is not None and not is_response_to(resource, questionnaire):
        text = "`questionnaire` must be the one in the address. Send the response to the one that it names."
        raise Unprocessable([Issue("business-rule", f"{TYPE}.questionnaire", text)])
    receipt = submit_response(
        resource, encode(resource), app.assessment_context, granted_store(), app.now(), app.new_id, resend_condition()
    )
    return fhir_response(outcome(receipt.warnings), 200, location_headers(receipt))


def is_response_to(resource: Resource, questionnaire: Resource) -> bool:
    """True if `questionnaire` of the response is the canonical of this one, with its version or without a version."""
    url, _, version = str(resource.get("questionnaire", "")).partition("|")
    return url == questionnaire["url"] and version in ("", questionnaire["version"])
