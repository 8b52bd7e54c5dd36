"""Saying whether a response is valid against its questionnaire; nothing is stored or judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from service.fhir.intake import as_ours
from service.fhir.questionnaires import read_instrument
from service.fhir.reading import Resource
from service.fhir.responses import parse_response
from service.fhir.structure import check_structure
from service.screening.editions import Form
from service.screening.faults import Fault, Malformed
from service.screening.validation import check


class Catalogue(Protocol):
    """The published forms."""

    def find(self, canonical: str) -> Form | None:
        """The form that a canonical names, or None."""


@dataclass(frozen=True)
class Supplied:
    """Questionnaires that came with the question, by url and by url|version; they count before published ones."""

    forms: Mapping[str, Form] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """The faults found, and whether everything could be checked."""

    faults: list[Fault]
    complete: bool = True

    @property
    def valid(self) -> bool:
        return not any(fault.is_error for fault in self.faults)


def supply(resources: list[Resource]) -> Supplied:
    """Reads supplied Questionnaires. Raises Malformed with every fault of their structure."""
    forms = {}
    for resource in resources:
        check_structure(resource, "Questionnaire")
        form = Form(read_instrument(resource))
        forms[form.instrument.url] = forms[form.instrument.canonical] = form
    return Supplied(forms)


def validate(resource: Resource, catalogue: Catalogue, supplied: Supplied) -> Verdict:
    """Checks the structure of a response, and its answers against its questionnaire."""
    try:
        check_structure(resource, "QuestionnaireResponse")
    except Malformed as problem:
        return Verdict(problem.faults)
    response = parse_response(resource)
    form = supplied.forms.get(response.questionnaire) or catalogue.find(response.questionnaire)
    if form is None:
        text = "The questionnaire is not known, so that only the structure could be checked."
        return Verdict([Fault("not-found", "QuestionnaireResponse.questionnaire", text, severity="warning")], False)
    return Verdict(check(as_ours(response, form), form.instrument, form.sender_form))
