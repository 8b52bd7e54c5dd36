"""Checks a response against its questionnaire, or a questionnaire by itself. Stores nothing, assesses nothing.

https://hl7.org/fhir/R4/resource-operation-validate.html
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.fhir.questionnaires.enable_when_expressions import expressions_on
from service.fhir.questionnaires.questionnaire_reader import read_instrument
from service.fhir.questionnaires.questionnaire_validator import questionnaire_issues
from service.fhir.questionnaires.response_reader import parse_response
from service.fhir.questionnaires.submission_rules import submission_issues
from service.fhir.questionnaires.supplied_forms import SuppliedForms
from service.fhir.r4.modifier_extensions import modifier_issues
from service.fhir.r4.operation_outcome import MAX_ISSUES
from service.fhir.r4.readable_parts import readable_parts
from service.fhir.r4.structure import check_structure
from service.fhir.r4.types import Resource
from service.fhir.terminology.value_set_membership import TerminologyResources, TerminologyType
from service.issues import Issue, Malformed
from service.ports.catalogue import InstrumentCatalogue
from service.screening.instruments.edition_translation import translated
from service.screening.instruments.editions import InstrumentEdition
from service.screening.instruments.response import Response
from service.screening.validation.dropped_items import dropped_item_issues
from service.screening.validation.response import validate_response
from service.usecases.responses.named_form import QUESTIONNAIRE, accepted_forms, find_named_form, unknown_questionnaire

# The value of an answer in the path of one of its parts.
ANSWER_STEP = re.compile(r"\.answer\[\d+\]\.value")


@dataclass(frozen=True)
class ValidationResult:
    """The issues of a resource. ``complete`` is False if a part of the check was inconclusive."""

    issues: list[Issue]
    complete: bool = True

    @property
    def valid(self) -> bool:
        """True if no issue is an error."""
        return not any(issue.is_error for issue in self.issues)


@dataclass(frozen=True)
class ResolvedForm:
    """The questionnaire to check against, or None, and issues for the parts of the check that are inconclusive.

    Its expressions are evaluated only if it is ``trusted``.
    """

    form: InstrumentEdition | None
    inconclusive: list[Issue]
    trusted: bool = False


def validate(
    resource: Resource,
    catalogue: InstrumentCatalogue,
    supplied: SuppliedForms,
    now: datetime | None = None,
    bases: Sequence[str] = (),
) -> ValidationResult:
    """Checks the structure of a response, and its answers against its questionnaire.

    An issue that only prevents a submission to this service is a warning.
    """

    def judge(readable: Resource) -> list[Issue]:
        return content_issues(readable, catalogue, supplied, now, bases)

    try:
        check_structure(resource, "QuestionnaireResponse")
    except Malformed as problem:
        return validation_result([*problem.issues, *issues_beside(problem, resource, judge)])
    return validation_result(judge(resource))


def issues_beside(problem: Malformed, resource: Resource, judge: Callable[[Resource], list[Issue]]) -> list[Issue]:
    """The issues of the parts of a response whose structure has no faults; ``judge`` finds them.

    An answer that is missing, or lacks a part, may be one that cannot be read, so that these issues are left out.
    """
    readable = readable_parts(resource) if resource.get("resourceType") == "QuestionnaireResponse" else None
    if readable is None or len(problem.issues) > MAX_ISSUES:
        return []
    reported = {issue.path for issue in problem.issues}
    try:
        found = judge(readable)
    except Malformed:
        return []
    unreadable = {path[: match.end()] for path in reported for match in ANSWER_STEP.finditer(path)}
    return [issue for issue in found if issue.code != "required" and issue.path not in reported | unreadable]


def content_issues(
    resource: Resource,
    catalogue: InstrumentCatalogue,
    supplied: SuppliedForms,
    now: datetime | None,
    bases: Sequence[str],
) -> list[Issue]:
    """The issues of a response whose structure is valid."""
    response = parse_response(resource)
    issues = [*modifier_issues(resource), *submission_warnings(resource, response, bases, now)]
    resolved = resolve_form(resource, response.questionnaire, catalogue, supplied, bases)
    issues += resolved.inconclusive
    if resolved.form is not None:
        issues += dropped_item_issues(response, resolved.form)
        issues += validation_issues(resource, *translated(response, resolved.form), resolved.trusted)
    return issues


def validate_questionnaire(resource: Resource, supplied: SuppliedForms) -> ValidationResult:
    """Checks a Questionnaire by itself: its structure, the invariants of R4, and whether it can be answered."""
    try:
        check_structure(resource, "Questionnaire")
    except Malformed as problem:
        return ValidationResult(problem.issues)
    return validation_result(questionnaire_issues(resource, supplied.terms, supplied.trusted))


def validation_result(issues: Sequence[Issue]) -> ValidationResult:
    """The result with these issues; it is complete if none of them is inconclusive."""
    return ValidationResult(list(issues), not any(issue.inconclusive for issue in issues))


def submission_warnings(
    resource: Resource, response: Response, bases: Sequence[str], now: datetime | None
) -> list[Issue]:
    """The issues that would prevent a submission to this service, as warnings; `resolve_form` reports those of the
    questionnaire."""
    return [
        replace(issue, severity="warning", text=f"To submit to this service: {issue.text}")
        for issue in submission_issues(resource, response, bases, now)
    ]


def validation_issues(
    resource: Resource,
    response: Response,
    form: InstrumentEdition,
    trusted: bool = True,
    judged_higher: Collection[str] = (),
) -> list[Issue]:
    """The issues of the answers. Expressions are evaluated only if the questionnaire is ``trusted``.

    ``judged_higher`` as in `validate_response`.
    """
    with_expressions = trusted and form.edition is None and form.instrument.has_expressions
    expressions = expressions_on(resource) if with_expressions else None
    return validate_response(response, form.instrument, form.sender_form, expressions, judged_higher)


def resolve_form(
    resource: Resource,
    canonical: str,
    catalogue: InstrumentCatalogue,
    supplied: SuppliedForms,
    bases: Sequence[str] = (),
) -> ResolvedForm:
    """The questionnaire with this canonical: contained in the response, supplied, or published, in this order."""
    if canonical.startswith("#"):
        return resolve_contained(resource, canonical, catalogue, supplied)
    name = canonical if canonical in supplied.forms else local_name(canonical)
    if name in supplied.forms:
        issues = [faulty_questionnaire()] if name in supplied.faulty else []
        issues += [found_by_id()] if name.startswith("Questionnaire/") else []
        return ResolvedForm(supplied.forms[name], issues, supplied.trusted)
    if name in supplied.unreadable:
        return ResolvedForm(None, [faulty_questionnaire()])
    named = find_named_form(canonical, catalogue, bases)
    if named.form is None and names_terminology(canonical, supplied.terms or catalogue.terms):
        text = "`questionnaire` must be the canonical of a Questionnaire, not of a ValueSet or CodeSystem. Correct it."
        return ResolvedForm(None, [Issue("value", QUESTIONNAIRE, text)])
    issues = list(named.issues) if named.form else [unresolved_questionnaire(canonical, catalogue, supplied)]
    return ResolvedForm(named.form, issues, True)


def local_name(canonical: str) -> str:
    """The last two parts of an address, such as ``Questionnaire/own``."""
    return "/".join(canonical.split("/")[-2:])


def names_terminology(canonical: str, terms: TerminologyResources) -> bool:
    """Whether a canonical is that of a ValueSet or CodeSystem that is known here."""
    kinds: tuple[TerminologyType, ...] = ("ValueSet", "CodeSystem")
    return bool(canonical) and any(terms.find(kind, canonical) is not None for kind in kinds)


def found_by_id() -> Issue:
    """The warning that a response names a questionnaire by its id, which means something on one server alone."""
    text = "`questionnaire` should be the canonical url of the questionnaire. The one supplied with this id is used."
    return Issue("business-rule", QUESTIONNAIRE, text, severity="warning")


def resolve_contained(
    resource: Resource, canonical: str, catalogue: InstrumentCatalogue, supplied: SuppliedForms
) -> ResolvedForm:
    """The Questionnaire that the response contains under this id."""
    contained = resource.get("contained", ())
    found = (each for each in contained if each.get("id") == canonical[1:])
    questionnaire = next((each for each in found if each["resourceType"] == "Questionnaire"), None)
    if questionnaire is None:
        text = "`questionnaire` must name the id of a contained Questionnaire. Contain it, or name a published one."
        return ResolvedForm(None, [Issue("not-found", QUESTIONNAIRE, text)])
    # References with "#" in a contained resource mean the other contained resources of the response.
    with_others = {**questionnaire, "contained": [other for other in contained if other is not questionnaire]}
    terms = supplied.terms or catalogue.terms
    is_faulty = any(issue.is_error for issue in questionnaire_issues(with_others, terms, supplied.trusted))
    form = InstrumentEdition(read_instrument(with_others, terms))
    return ResolvedForm(form, [faulty_questionnaire()] if is_faulty else [], supplied.trusted)


def faulty_questionnaire() -> Issue:
    """The issue that the check is inconclusive because the questionnaire is not valid."""
    text = "`questionnaire` names a questionnaire that is not valid, so this check may be wrong. Validate that first."
    return Issue("not-supported", QUESTIONNAIRE, text, severity="warning", inconclusive=True)


def unresolved_questionnaire(canonical: str, catalogue: InstrumentCatalogue, supplied: SuppliedForms) -> Issue:
    """The issue that only the structure was checked because there is no questionnaire to check against."""
    if not canonical:
        text = "`questionnaire` is missing, so that only the structure could be checked. Add its canonical url. "
        text += accepted_forms(catalogue)
    elif canonical.partition("|")[0] in supplied.forms:
        text = "`questionnaire` names another version than the one supplied, so only the structure could be checked."
    else:
        text = f"{unknown_questionnaire(canonical, catalogue).text} Only the structure could be checked."
    return Issue("not-found", QUESTIONNAIRE, text, severity="warning", inconclusive=True)
