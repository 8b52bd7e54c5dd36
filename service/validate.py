"""Saying whether a response or a questionnaire is valid; nothing is stored or judged.

https://hl7.org/fhir/R4/resource-operation-validate.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from service.fhir.form_faults import form_faults
from service.fhir.intake import Catalogue, as_ours, check_answers, unknown_form
from service.fhir.modifiers import modifier_faults
from service.fhir.questionnaires import read_instrument
from service.fhir.reading import Resource
from service.fhir.responses import parse_response, submission_faults
from service.fhir.structure import check_structure
from service.fhir.valuesets import Terms
from service.screening.editions import Form
from service.screening.faults import Fault, Malformed

QUESTIONNAIRE = "QuestionnaireResponse.questionnaire"


@dataclass(frozen=True)
class Supplied:
    """What came with the question: Questionnaires by url and by url|version, which count before published ones.

    ``faulty`` are those with faults of their own. Expressions are run only where what is supplied is ``trusted``:
    a stranger's could run for ever.
    """

    forms: Mapping[str, Form] = field(default_factory=dict)
    terms: Terms | None = None
    faulty: frozenset[str] = frozenset()
    trusted: bool = False


@dataclass(frozen=True)
class Verdict:
    """The faults found, and whether everything could be checked."""

    faults: list[Fault]
    complete: bool = True

    @property
    def valid(self) -> bool:
        return not any(fault.is_error for fault in self.faults)


def verdict(faults: Sequence[Fault]) -> Verdict:
    """What faults come to: a check is complete when nothing is left untold."""
    return Verdict(list(faults), not any(fault.untold for fault in faults))


def supply(resources: Sequence[Resource], catalogue: Catalogue | None = None, trusted: bool = False) -> Supplied:
    """Reads Questionnaires, ValueSets and CodeSystems. Raises Malformed with every fault of their structure."""
    for resource in resources:
        kind = resource.get("resourceType")
        check_structure(resource, kind if kind in ("ValueSet", "CodeSystem") else "Questionnaire")
    terms = Terms(resources, None if catalogue is None else catalogue.terms)
    forms: dict[str, Form] = {}
    faulty: set[str] = set()
    for resource in resources:
        if resource["resourceType"] == "Questionnaire":
            form = Form(read_instrument(resource, terms))
            forms |= dict.fromkeys(names(form), form)
            if any(fault.is_error for fault in form_faults(resource, terms, trusted)):
                faulty.update(names(form))
    return Supplied(forms, terms, frozenset(faulty), trusted)


def names(form: Form) -> list[str]:
    """The canonicals under which a form is found; without a url there is none."""
    return [form.instrument.url, form.instrument.canonical] if form.instrument.url else []


def validate(
    resource: Resource,
    catalogue: Catalogue,
    supplied: Supplied,
    now: datetime | None = None,
    bases: Sequence[str] = (),
) -> Verdict:
    """Checks the structure of a response, and its answers against its questionnaire.

    What would keep it from being submitted here, and is not part of validity, is a warning.
    """
    try:
        check_structure(resource, "QuestionnaireResponse")
    except Malformed as problem:
        return Verdict(problem.faults)
    response = parse_response(resource)
    faults = [*modifier_faults(resource), *own_rules(resource, bases, now)]
    found = find_form(resource, response.questionnaire, catalogue, supplied)
    faults += found.doubts
    if found.form is not None:
        faults += check_answers(resource, as_ours(response, found.form), found.form, found.trusted)
    return verdict(faults)


def own_rules(resource: Resource, bases: Sequence[str], now: datetime | None) -> list[Fault]:
    """Our rules for submitting, as warnings. That a questionnaire is named is told apart."""
    found = submission_faults(resource, parse_response(resource), bases, now)
    return [
        replace(fault, severity="warning", text=f"For a submission to this service: {fault.text}")
        for fault in found
        if fault.path != QUESTIONNAIRE
    ]


@dataclass(frozen=True)
class Found:
    """The form to check against, what keeps the check from being whole, and whether its expressions may be run."""

    form: Form | None
    doubts: list[Fault]
    trusted: bool = False


def find_form(resource: Resource, canonical: str, catalogue: Catalogue, supplied: Supplied) -> Found:
    """The form that is contained, supplied or published under a canonical, in this order."""
    if canonical.startswith("#"):
        return contained_form(resource, canonical, catalogue, supplied)
    if canonical in supplied.forms:
        doubts = [faulty_form()] if canonical in supplied.faulty else []
        return Found(supplied.forms[canonical], doubts, supplied.trusted)
    form = catalogue.find(canonical) if canonical else None
    return Found(form, [] if form is not None else [no_form(canonical, catalogue, supplied)], True)


def contained_form(resource: Resource, canonical: str, catalogue: Catalogue, supplied: Supplied) -> Found:
    """The Questionnaire that a response brings along."""
    for each in resource.get("contained", ()):
        if each.get("id") == canonical[1:] and each["resourceType"] == "Questionnaire":
            terms = supplied.terms or catalogue.terms
            # What a contained resource refers to with "#" stands beside it.
            beside = {**each, "contained": [other for other in resource["contained"] if other is not each]}
            wrong = any(fault.is_error for fault in form_faults(beside, terms, supplied.trusted))
            return Found(Form(read_instrument(beside, terms)), [faulty_form()] if wrong else [], supplied.trusted)
    text = "The response contains no Questionnaire of this id. Contain it, or name a published one by its url."
    return Found(None, [Fault("not-found", QUESTIONNAIRE, text)])


def faulty_form() -> Fault:
    text = "The questionnaire has faults of its own, so that the check may be wrong. Validate the questionnaire first."
    return Fault("not-supported", QUESTIONNAIRE, text, severity="warning", untold=True)


def no_form(canonical: str, catalogue: Catalogue, supplied: Supplied) -> Fault:
    """Why there is nothing to check against."""
    if not canonical:
        text = "The response names no questionnaire, so that only its structure could be checked."
    elif canonical.partition("|")[0] in supplied.forms:
        text = "The questionnaire was given in another version, so that only the structure could be checked."
    else:
        text = f"{unknown_form(canonical, catalogue).text} Only the structure could be checked."
    return Fault("not-found", QUESTIONNAIRE, text, severity="warning", untold=True)


def validate_questionnaire(resource: Resource, supplied: Supplied) -> Verdict:
    """Checks a Questionnaire by itself: its structure, the invariants of R4, and whether it can be answered."""
    try:
        check_structure(resource, "Questionnaire")
    except Malformed as problem:
        return Verdict(problem.faults)
    return verdict(form_faults(resource, supplied.terms, supplied.trusted))
