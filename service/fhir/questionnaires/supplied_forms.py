"""Questionnaires and value sets that a request or a command brings along, used as far as they can be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from service.fhir.questionnaires.questionnaire_reader import read_instrument
from service.fhir.questionnaires.questionnaire_validator import questionnaire_issues
from service.fhir.r4.readable_parts import readable_parts
from service.fhir.r4.structure import check_structure
from service.fhir.r4.types import Resource
from service.fhir.terminology.value_set_membership import TerminologyResources
from service.issues import Issue, Malformed
from service.screening.instruments.editions import InstrumentEdition


class HasTerms(Protocol):
    """Something with ValueSets and CodeSystems, such as the catalogue of published forms."""

    @property
    def terms(self) -> TerminologyResources: ...


@dataclass(frozen=True)
class SuppliedForms:
    """Questionnaires supplied with a request, by url, by url|version and by Questionnaire/[id]; they have precedence
    over published ones.

    ``faulty`` are the names of those that are not valid, ``unreadable`` of those that cannot be used at all; ``faults``
    are those of their structure. Their expressions are evaluated only if ``trusted``: an expression of a stranger could
    run forever.
    """

    forms: Mapping[str, InstrumentEdition] = field(default_factory=dict)
    terms: TerminologyResources | None = None
    faulty: frozenset[str] = frozenset()
    unreadable: frozenset[str] = frozenset()
    trusted: bool = False
    faults: tuple[Issue, ...] = ()


def supply(resources: Sequence[Resource], catalogue: HasTerms | None = None, trusted: bool = False) -> SuppliedForms:
    """The supplied Questionnaires, ValueSets and CodeSystems. A faulty Questionnaire is used as far as it can be.

    Raises Malformed with every issue of the structure of any other resource.
    """
    questionnaires = [resource for resource in resources if resource.get("resourceType") == "Questionnaire"]
    others = [resource for resource in resources if resource.get("resourceType") != "Questionnaire"]
    for resource in others:
        type_name = resource.get("resourceType")
        check_structure(resource, type_name if type_name in ("ValueSet", "CodeSystem") else "Questionnaire")
    terms = TerminologyResources(others, None if catalogue is None else catalogue.terms)
    forms: dict[str, InstrumentEdition] = {}
    faulty, unreadable = set[str](), set[str]()
    found: list[Issue] = []
    for resource in questionnaires:
        usable, structural = usable_form(resource)
        found += (replace(issue, severity="warning", inconclusive=True) for issue in structural)
        if usable is None:
            unreadable.update(names_of_form(resource))
            continue
        forms |= dict.fromkeys(names_of_form(usable), InstrumentEdition(read_instrument(usable, terms)))
        if structural or any(issue.is_error for issue in questionnaire_issues(usable, terms, trusted)):
            faulty.update(names_of_form(usable))
    return SuppliedForms(forms, terms, frozenset(faulty), frozenset(unreadable), trusted, tuple(found))


def usable_form(resource: Resource) -> tuple[Resource | None, list[Issue]]:
    """A Questionnaire as far as it can be used, and the faults of its structure; None with faults in its items."""
    try:
        check_structure(resource, "Questionnaire")
    except Malformed as problem:
        if any(".item" in issue.path for issue in problem.issues):
            return None, problem.issues
        return readable_parts(resource), problem.issues
    return resource, []


def names_of_form(form: Resource) -> list[str]:
    """The canonicals of a Questionnaire, without and with its version, as far as it has a `url`; and its id."""
    canonicals = [form["url"], f"{form['url']}|{form.get('version', '')}"] if isinstance(form.get("url"), str) else []
    return [*canonicals, *([f"Questionnaire/{form['id']}"] if isinstance(form.get("id"), str) else [])]
