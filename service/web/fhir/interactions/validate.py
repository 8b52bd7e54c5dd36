"""The operation `$validate` of QuestionnaireResponse and Questionnaire.

https://hl7.org/fhir/R4/resource-operation-validate.html
"""

from collections.abc import Iterator

from flask import Blueprint, Response, request

from service.fhir.questionnaires.supplied_forms import supply
from service.fhir.r4 import operation_parameters as parameters
from service.fhir.r4.operation_outcome import outcome
from service.fhir.r4.types import Resource
from service.issues import Issue, Malformed
from service.usecases.operations.preview import acceptance_issues
from service.usecases.operations.validate import validate, validate_questionnaire
from service.web.access.door import granted_store
from service.web.context import app_context
from service.web.fhir.http.bundle_requests import id_issues
from service.web.fhir.http.known_parameters import require_known_parameters
from service.web.fhir.http.negotiation import require_json_accepted
from service.web.fhir.http.operation_input import read_operation_body, read_resource_at
from service.web.responses import fhir_response

MODES = {None, "create", "update"}
INPUTS = ("resource", "mode", "profile", "questionnaire")

validating = Blueprint("validating", __name__, url_prefix="/fhir")
validating.before_request(require_json_accepted)


@validating.post("/QuestionnaireResponse/$validate")
def validate_sent() -> Response:
    """The issues of the response in the body, checked against its questionnaire."""
    body = read_operation_body(*INPUTS)
    require_supported_check(body, "QuestionnaireResponse")
    supplied = parameters.input_resource(body, "questionnaire", "Questionnaire") if is_parameters(body) else None
    resource = parameters.required_resource(body, "resource", "QuestionnaireResponse")
    return response_check(resource, [] if supplied is None else [supplied], read_mode(body))


@validating.route("/QuestionnaireResponse/<id>/$validate", methods=["GET", "POST"])
def validate_stored_response(id: str) -> Response:
    """The issues of a stored response, or of a response in the body that would replace it."""
    resource, mode = sent_or_stored("QuestionnaireResponse", id)
    return response_check(resource, [], mode, id)


@validating.post("/Questionnaire/$validate")
def validate_form() -> Response:
    """The issues of the Questionnaire in the body."""
    body = read_operation_body(*INPUTS[:3])
    require_supported_check(body, "Questionnaire")
    return questionnaire_check(parameters.required_resource(body, "resource", "Questionnaire"))


@validating.route("/Questionnaire/<id>/$validate", methods=["GET", "POST"])
def validate_published_form(id: str) -> Response:
    """The issues of a published Questionnaire, or of one in the body that would replace it."""
    return questionnaire_check(sent_or_stored("Questionnaire", id)[0])


def sent_or_stored(type_name: str, id: str) -> tuple[Resource, str | None]:
    """The resource in the body, else the one in the address, which must exist in any case; and the mode."""
    resource = read_resource_at(type_name, id)
    body: Resource = {}
    if request.method == "POST" and request.get_data():
        body = read_operation_body(*INPUTS[:3])
        resource = parameters.input_resource(body, "resource", type_name) or resource
    require_supported_check(body, type_name)
    return resource, read_mode(body)


def read_mode(body: Resource) -> str | None:
    """The mode in the address or in Parameters, or None."""
    sent = parameters.parameter_values(body, "mode") if is_parameters(body) else iter(())
    return request.args.get("mode") or next(sent, None)


def response_check(resource: Resource, supplied: list[Resource], mode: str | None, id: str | None = None) -> Response:
    """200 with every issue; the status tells only that the check was done.

    With a ``mode`` also the issues that would refuse the create, or the update of the response with this ``id``.
    """
    app = app_context()
    catalogue = app.assessment_context.catalogue
    issues = validate(resource, catalogue, supply(supplied, catalogue), app.now(), app.bases).issues
    if not any(issue.is_error for issue in issues):
        refused = refusals(resource, mode, id)
        places = {(issue.code, issue.path) for issue in refused}
        # The check by itself says the same as a warning: that the response could not be sent here.
        issues = [*refused, *(issue for issue in issues if (issue.code, issue.path) not in places)]
    return fhir_response(outcome(issues))


def refusals(resource: Resource, mode: str | None, id: str | None) -> list[Issue]:
    """The issues that would refuse the response in this mode, of which those of the id come first."""
    app = app_context()
    if id is not None and mode == "update":
        issues = list(id_issues(resource, id, "QuestionnaireResponse.id"))
        if issues:
            return issues
    found = acceptance_issues(resource, mode, app.assessment_context, granted_store(), app.now())
    return [issue for issue in found if issue.is_error]


def questionnaire_check(resource: Resource) -> Response:
    """200 with every issue of a Questionnaire."""
    catalogue = app_context().assessment_context.catalogue
    return fhir_response(outcome(validate_questionnaire(resource, supply([], catalogue)).issues))


def is_parameters(body: Resource) -> bool:
    """True for a Parameters resource."""
    return body.get("resourceType") == "Parameters"


def require_supported_check(body: Resource, type_name: str) -> None:
    """Raises Malformed for a mode or a profile that is not supported, in the address or in Parameters."""
    require_known_parameters("mode", "profile")
    profiles = {None, f"http://hl7.org/fhir/StructureDefinition/{type_name}"}
    issues = [
        *unsupported_values(body, "mode", MODES, "`mode` must be create or update."),
        *unsupported_values(body, "profile", profiles, f"`profile` must be that of R4 {type_name}, or left out."),
    ]
    if issues:
        raise Malformed(issues)


def unsupported_values(body: Resource, name: str, supported: set[str | None], text: str) -> Iterator[Issue]:
    """An issue for each value of a parameter that is not supported."""
    if not supported.issuperset(request.args.getlist(name)):
        yield Issue("not-supported", f"http.{name}", text)
    if is_parameters(body) and not supported.issuperset(parameters.parameter_values(body, name)):
        yield Issue("not-supported", f"Parameters.parameter.where(name='{name}')", text)
