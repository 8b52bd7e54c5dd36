"""A received response, checked and translated to our linkIds and codes, ready to be assessed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from service.fhir.ids import content_id
from service.fhir.questionnaires.response_reader import read_response
from service.fhir.questionnaires.submission_rules import local_patient, submission_issues, with_local_references
from service.fhir.r4.element_definitions import MATCHES
from service.fhir.r4.modifier_extensions import modifier_issues
from service.fhir.r4.types import Resource
from service.fhir.results.knowledge_base import KnowledgeBase
from service.fhir.results.submission import SourceResponse
from service.issues import Issue, Malformed, Unprocessable
from service.ports.catalogue import InstrumentCatalogue
from service.screening.instruments.answer_readings import with_higher_readings
from service.screening.instruments.answer_sheet import absent_reasons, answers_of, read_sheet
from service.screening.instruments.edition_translation import translated
from service.screening.instruments.editions import InstrumentEdition
from service.screening.instruments.response import Response
from service.screening.rules.response_selection import NOT_YET, USABLE, Acceptance
from service.screening.validation.dropped_items import dropped_item_issues
from service.usecases.operations.validate import issues_beside, validation_issues
from service.usecases.responses.named_form import QUESTIONNAIRE, NamedForm, find_named_form, other_form_issues
from service.usecases.responses.recognised_form import find_form


@dataclass(frozen=True)
class AssessmentContext:
    """The questionnaires, the rules and texts, and the base addresses under which a reference is local.

    With ``requires_if_match`` an update must name the version that it changes. ``recognises``: the code systems by
    which a response under an unknown canonical is recognised, as the setting names them.
    """

    catalogue: InstrumentCatalogue
    knowledge: KnowledgeBase
    bases: tuple[str, ...] = ()
    requires_if_match: bool = False
    recognises: tuple[str, ...] = ()


def check_submission(
    resource: Resource, context: AssessmentContext, now: datetime
) -> tuple[SourceResponse, list[Issue]]:
    """The response to assess, and warnings for its sender.

    Raises Malformed if its structure has faults, Unprocessable if it cannot be accepted, both with every issue.
    """
    try:
        return check_well_formed(resource, context, now)
    except Malformed as problem:
        beside = issues_beside(problem, resource, lambda readable: refusal_issues(readable, context, now))
        raise Malformed([*problem.issues, *beside]) from None


def refusal_issues(resource: Resource, context: AssessmentContext, now: datetime) -> list[Issue]:
    """The issues for which a response with a valid structure is refused; none if it is accepted."""
    try:
        check_well_formed(resource, context, now)
    except Unprocessable as problem:
        return list(problem.issues)
    return []


def check_well_formed(
    resource: Resource, context: AssessmentContext, now: datetime
) -> tuple[SourceResponse, list[Issue]]:
    """As `check_submission`; of a response with faults in its structure it reports only these."""
    response, named, issues = read_received(resource, context, now)
    form = named.form or named.suspected
    if response.status == "entered-in-error":
        text = "A response cannot be created as entered-in-error. To withdraw a stored response, update it."
        issues.append(Issue("business-rule", "QuestionnaireResponse.status", text))
    if form is not None:
        issues += [*dropped_item_issues(response, form), *other_form_issues(response, form, context.catalogue)]
        response, form = translated(response, form)
        reported = {(issue.code, issue.path) for issue in issues}
        judged_higher = context.knowledge.rules.instruments[form.instrument.name].safety_items
        found = validation_issues(resource, response, form, judged_higher=judged_higher)
        issues += [judged(issue) for issue in found if (issue.code, issue.path) not in reported]
    if form is None or named.form is None or is_refused(issues):
        raise Unprocessable(issues)
    warnings = [replace(issue, severity="warning") for issue in issues]
    return make_source(resource, response, form, context, now), warnings


def judged(issue: Issue) -> Issue:
    """The issue as a submission takes it: an answer that may mean an option, but does not say so, cannot be used."""
    if issue.inconclusive and issue.code == "code-invalid":
        return replace(issue, severity="error", inconclusive=False)
    return issue


def check_withdrawal(
    resource: Resource, context: AssessmentContext, now: datetime
) -> tuple[SourceResponse, list[Issue]]:
    """The response to withdraw, without its answers, which are not checked; there are no warnings.

    Raises Malformed or Unprocessable as `check_submission` does.
    """
    response, named, found = read_received(resource, context, now)
    issues = [issue for issue in found if issue.is_error]
    if named.form is None or issues:
        raise Unprocessable(issues)
    return make_source(resource, replace(response, items=()), named.form, context, now), []


def is_refused(issues: Iterable[Issue]) -> bool:
    """True if any issue forbids accepting the response."""
    return any(issue.is_error and not issue.accepted_on_submission for issue in issues)


def read_received(
    resource: Resource, context: AssessmentContext, now: datetime
) -> tuple[Response, NamedForm, list[Issue]]:
    """The response, its questionnaire if it is known, and every issue but those of its answers.

    Raises Malformed if it is not a QuestionnaireResponse, with the issue of its questionnaire too.
    """
    try:
        response = read_response(resource)
    except Malformed as problem:
        canonical = resource.get("questionnaire", "")
        told = not isinstance(canonical, str) or any(issue.path == QUESTIONNAIRE for issue in problem.issues)
        told = told or resource.get("resourceType") != "QuestionnaireResponse"
        found = () if told else find_named_form(canonical, context.catalogue, context.bases).issues
        raise Malformed([*problem.issues, *found]) from None
    issues = [*modifier_issues(resource), *submission_issues(resource, response, context.bases, now)]
    rules = context.knowledge.rules
    named = find_form(response, context.catalogue, context.bases, rules, context.recognises)
    return response, named, [*issues, *named.issues]


def make_source(
    resource: Resource,
    response: Response,
    form: InstrumentEdition,
    context: AssessmentContext,
    received: datetime,
    version: int = 1,
    accepted: Acceptance = NOT_YET,
) -> SourceResponse:
    """The response with its answers indexed: all of them, or only the safety items if it is unfinished.

    Of an answer to a safety item that says two things, the higher reading is used.
    """
    rules = context.knowledge.rules.instruments[form.instrument.name]
    only = None if response.status in USABLE else rules.safety_items
    absent = absent_reasons(response, only)
    response, two_readings = with_higher_readings(response, form.instrument, rules.safety_items)
    sheet = read_sheet(form.instrument, answers_of(response, only), form.sender_form, absent, two_readings)
    patient = local_patient(response.patient, context.bases) or response.patient
    with_local_patient = {**resource, "subject": {**resource["subject"], "reference": patient}}
    return SourceResponse(
        with_local_references(with_local_patient, context.bases),
        response if patient == response.patient else replace(response, patient=patient),
        sheet,
        received,
        version,
        "",
        accepted,
        recognised=form.recognised,
    )


def with_id(resource: Resource, new_id: Callable[[], str]) -> Resource:
    """The response under a new id. An invalid `id` stays, so that the check reports it."""
    id = resource.get("id")
    if "id" in resource and not (isinstance(id, str) and MATCHES["Id"](id)):
        return resource
    return {**resource, "id": new_id()}


def with_content_id(resource: Resource) -> Resource:
    """The response under the id that it brings, or under one derived from its content."""
    return resource if "id" in resource else {**resource, "id": content_id(resource)}
