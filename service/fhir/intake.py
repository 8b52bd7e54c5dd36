"""A response received: checked, put into our linkIds and codes, and indexed for judging."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from service.fhir.acts import Part
from service.fhir.expressions import expressions_on
from service.fhir.modifiers import modifier_faults
from service.fhir.publisher import Publisher
from service.fhir.reading import Resource
from service.fhir.responses import local_patient, read_response, submission_faults
from service.fhir.valuesets import Terms
from service.screening.editions import Form, translate
from service.screening.faults import Fault, Unacceptable
from service.screening.response import Response
from service.screening.selection import USABLE
from service.screening.sheet import answers_of, read_sheet
from service.screening.validation import check


class Catalogue(Protocol):
    """The published forms, and the CodeSystems and ValueSets beside them."""

    @property
    def terms(self) -> Terms: ...

    def find(self, canonical: str) -> Form | None:
        """The form that a canonical names, or None."""


@dataclass(frozen=True)
class Desk:
    """What taking in needs: the forms, the rules and words, and the bases under which references are local."""

    catalogue: Catalogue
    publisher: Publisher
    bases: tuple[str, ...] = ()


def prepare(resource: Resource, desk: Desk, now: datetime) -> tuple[Part, list[Fault]]:
    """A response checked and put into our linkIds and codes, with the warnings for its sender."""
    response = read_response(resource)
    faults = [*modifier_faults(resource), *submission_faults(resource, response, desk.bases, now)]
    form = desk.catalogue.find(response.questionnaire) if response.questionnaire else None
    if form is None and response.questionnaire:
        faults.append(unknown_form(response.questionnaire, desk.catalogue))
    if response.status == "entered-in-error":
        text = "A response cannot be created as entered in error. Withdraw one that is stored by an update."
        faults.append(Fault("business-rule", "QuestionnaireResponse.status", text))
    if form is not None:
        response = as_ours(response, form)
        places = {(fault.code, fault.path) for fault in faults}
        faults += [f for f in check_answers(resource, response, form) if (f.code, f.path) not in places]
    if form is None or any(fault.is_error and not fault.tolerable for fault in faults):
        raise Unacceptable(faults)
    warnings = [replace(fault, severity="warning") for fault in faults]
    return make_part(resource, response, form, desk, now), warnings


def prepare_withdrawal(resource: Resource, desk: Desk, now: datetime) -> tuple[Part, list[Fault]]:
    """A response that is taken back: whose and to what it was must be clear, its answers count no more."""
    response = read_response(resource)
    found = [*modifier_faults(resource), *submission_faults(resource, response, desk.bases, now)]
    faults = [fault for fault in found if fault.is_error]
    form = desk.catalogue.find(response.questionnaire) if response.questionnaire else None
    if form is None and response.questionnaire:
        faults.append(unknown_form(response.questionnaire, desk.catalogue))
    if form is None or faults:
        raise Unacceptable(faults)
    return make_part(resource, replace(response, items=()), form, desk, now), []


def unknown_form(canonical: str, catalogue: Catalogue) -> Fault:
    """A canonical that leads to no published form: an unknown url, or an unknown version of a known one."""
    url, _, version = canonical.partition("|")
    text = "This questionnaire is not known here. Use the canonical url of one that this service publishes."
    if version and catalogue.find(url) is not None:
        text = "This version of the questionnaire is not known here. Use one that this service publishes."
    return Fault("not-found", "QuestionnaireResponse.questionnaire", text)


def check_answers(resource: Resource, response: Response, form: Form, trusted: bool = True) -> list[Fault]:
    """The faults of a response in our linkIds and codes. Expressions of a form that is not trusted are not run."""
    judged = trusted and form.edition is None and form.instrument.has_expressions
    return check(response, form.instrument, form.sender_form, expressions_on(resource) if judged else None)


def as_ours(response: Response, form: Form) -> Response:
    """The response in our linkIds and codes."""
    return response if form.edition is None else translate(response, form.edition)


def make_part(
    resource: Resource, response: Response, form: Form, desk: Desk, received: datetime, version: int = 1
) -> Part:
    """The response indexed; of an unfinished one only the items that are judged early."""
    rules = desk.publisher.rules.instruments[form.instrument.name]
    only = None if response.status in USABLE else rules.judged_early
    sheet = read_sheet(form.instrument, answers_of(response, only), form.sender_form)
    patient = local_patient(response.patient, desk.bases) or response.patient
    kept = {**resource, "subject": {**resource["subject"], "reference": patient}}
    return Part(kept, replace(response, patient=patient), sheet, received, version)
