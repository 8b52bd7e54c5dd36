"""The operations on responses: validate, extract, process.

https://hl7.org/fhir/R4/operations.html
https://hl7.org/fhir/uv/sdc/STU3/extraction.html
"""

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from service import submit
from service.fhir import parameters
from service.fhir.outcomes import outcome
from service.fhir.reading import Resource, load
from service.fhir.writing import with_full_urls
from service.screening.faults import Fault, Malformed, Unacceptable
from service.validate import supply, validate
from service.web.addresses import checked
from service.web.answers import fhir
from service.web.conditions import once
from service.web.negotiation import require_json_answer, require_json_body
from service.web.receipts import location_headers
from service.web.services import services

TYPE = "QuestionnaireResponse"
MODES = {None, "create", "update"}

operations = Blueprint("operations", __name__, url_prefix="/fhir")
operations.before_request(require_json_answer)


def body() -> Resource:
    require_json_body()
    return load(request.get_data())


def stored(id: str) -> Resource:
    """The current version of a response."""
    held = services().store.read(TYPE, checked(id))
    if held is None:
        raise NotFound
    return held.resource


@operations.post("/QuestionnaireResponse/$validate")
def validate_given() -> Response:
    """Whether a response is valid; nothing is stored: https://hl7.org/fhir/R4/resource-operation-validate.html"""
    sent = body()
    require_known_mode(sent)
    supplied = parameters.given(sent, "questionnaire", "Questionnaire") if is_parameters(sent) else None
    return verdict_on(parameters.required(sent, "resource", TYPE), [] if supplied is None else [supplied])


@operations.route("/QuestionnaireResponse/<id>/$validate", methods=["GET", "POST"])
def validate_stored(id: str) -> Response:
    """Whether a stored response is valid, or what might stand in its place."""
    resource = stored(id)
    if request.method == "POST" and request.get_data():
        sent = body()
        require_known_mode(sent)
        resource = parameters.given(sent, "resource", TYPE) or resource
    return verdict_on(resource, [])


def verdict_on(resource: Resource, supplied: list[Resource]) -> Response:
    """Every fault, with 200: that the question could be answered is what the status says."""
    own = services()
    forms = supply(supplied, own.desk.catalogue)
    verdict = validate(resource, own.desk.catalogue, forms, own.now(), (*own.desk.bases, own.base))
    return fhir(outcome(verdict.faults))


def is_parameters(sent: Resource) -> bool:
    return sent.get("resourceType") == "Parameters"


def require_known_mode(sent: Resource) -> None:
    """Refuses what was asked for beside the check and is not offered."""
    if not is_parameters(sent):
        return
    if parameters.value_of(sent, "mode") not in MODES:
        raise Malformed([not_offered("mode", "The modes here are create and update.")])
    if parameters.value_of(sent, "profile") is not None:
        raise Malformed([not_offered("profile", "A response is checked against its questionnaire, not a profile.")])


def not_offered(name: str, text: str) -> Fault:
    return Fault("not-supported", f"Parameters.parameter.where(name='{name}')", text)


@operations.post("/QuestionnaireResponse/$extract")
def extract_given() -> Response:
    """The Bundle that a response gives, judged on it alone; nothing is written."""
    return extracted(parameters.required(body(), "questionnaire-response", TYPE))


@operations.route("/QuestionnaireResponse/<id>/$extract", methods=["GET", "POST"])
def extract_stored(id: str) -> Response:
    """The same for a stored response."""
    return extracted(stored(id))


def extracted(resource: Resource) -> Response:
    """The Bundle; with warnings, Parameters with both."""
    own = services()
    bundle, warnings = submit.dry_run_with_warnings(resource, own.desk, own.now())
    given = with_full_urls(bundle, own.desk.bases[0] if own.desk.bases else own.base)
    return fhir(parameters.made({"return": given, "issues": outcome(warnings)}) if warnings else given)


@operations.post("/Questionnaire/$process-response")
def process() -> Response:
    """A response taken in as by create: https://hl7.org/fhir/uv/sdc/STU3/OperationDefinition-Questionnaire-process-response.html"""
    return processed(body(), None)


@operations.post("/Questionnaire/<id>/$process-response")
def process_for(id: str) -> Response:
    """The same; the response must answer this very questionnaire."""
    held = services().library.read("Questionnaire", checked(id))
    if held is None:
        raise NotFound
    return processed(body(), held.resource)


def processed(sent: Resource, questionnaire: Resource | None) -> Response:
    """200 with the warnings, and where the response is kept."""
    resource, own = parameters.required(sent, "response", TYPE), services()
    if questionnaire is not None and not answers(resource, questionnaire):
        text = "The response does not answer this questionnaire. Send it to the one that it names."
        raise Unacceptable([Fault("business-rule", f"{TYPE}.questionnaire", text)])
    receipt = submit.submit(resource, submit.as_bytes(resource), own.desk, own.store, own.now(), own.new_id, once())
    return fhir(outcome(receipt.warnings), 200, location_headers(receipt))


def answers(resource: Resource, questionnaire: Resource) -> bool:
    """Whether a response names a questionnaire, with its version or without one."""
    url, _, version = str(resource.get("questionnaire", "")).partition("|")
    return url == questionnaire["url"] and version in ("", questionnaire["version"])
