"""Subsets of a resource for _summary and _elements, with the tag SUBSETTED.

https://hl7.org/fhir/R4/search.html#summary
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

from service.fhir.r4.contained import find_local_ids
from service.fhir.r4.element_definitions import elements_of
from service.fhir.r4.types import Resource
from service.issues import Issue

SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
Summary = Literal["true", "text", "data", "count", "false"]
SUMMARIES: Mapping[str, Summary] = {code: code for code in get_args(Summary)}
# Always returned: without them the meaning of the other elements could change.
ALWAYS_RETURNED = frozenset({"resourceType", "id", "meta", "implicitRules", "modifierExtension"})


@dataclass(frozen=True)
class Subset:
    """The elements of each resource that a client requests; all of them by default."""

    summary: Summary = "false"
    elements: frozenset[str] = frozenset()

    def apply(self, resource: Resource) -> Resource:
        """Returns the requested elements of a resource, and always the mandatory ones."""
        if self.elements:
            return add_tag(add_contained(select_named(resource, self.elements), resource))
        select = SELECTIONS.get(self.summary)
        return resource if select is None else add_tag(add_contained(select(resource), resource))


def add_tag(resource: Resource) -> Resource:
    """Returns the resource with the tag SUBSETTED: a client must not store a subset in place of the resource."""
    meta = resource.get("meta", {})
    return {**resource, "meta": {**meta, "tag": [*meta.get("tag", ()), SUBSETTED]}}


def add_contained(part: Resource, whole: Resource) -> Resource:
    """Returns the part with the contained resources that it refers to: other references would not be valid."""
    if "contained" not in whole or "contained" in part:
        return part
    referenced = set(find_local_ids(part))
    contained = [inner for inner in whole["contained"] if inner.get("id") in referenced]
    return {**part, "contained": contained} if contained else part


def select_named(resource: Resource, names: Collection[str]) -> Resource:
    """Returns the named and the mandatory elements. A choice may be named with or without its type."""
    type_name = resource["resourceType"]
    wanted = {*names, *mandatory_elements(type_name), *ALWAYS_RETURNED}
    elements = elements_of(type_name) or {}
    return {
        key: value
        for key, value in resource.items()
        if key.lstrip("_") in wanted or (key in elements and elements[key].choice in wanted)
    }


def select_text(resource: Resource) -> Resource:
    """Returns Narrative and mandatory elements: _summary=text."""
    return select_named(resource, {"text"})


def select_data(resource: Resource) -> Resource:
    """Returns everything but the Narrative: _summary=data."""
    return {key: value for key, value in resource.items() if key != "text"}


def select_summary(resource: Resource) -> Resource:
    """Returns the elements that FHIR marks as summary, at every depth: _summary=true."""
    summary: Resource = {
        "resourceType": resource["resourceType"],
        **summarise_value(resource, resource["resourceType"]),
    }
    return summary


def summarise_value(value: Any, type_name: str) -> Any:
    """Returns the summary elements of an object of a type, or of each object in an array."""
    if isinstance(value, list):
        return [summarise_value(inner, type_name) for inner in value]
    elements = elements_of(type_name)
    if not isinstance(value, dict) or not elements:
        return value
    wanted = {*summary_elements(type_name), *mandatory_elements(type_name), *ALWAYS_RETURNED}
    return {
        key: summarise_value(inner, elements[key].type) if key in elements and not elements[key].primitive else inner
        for key, inner in value.items()
        if key.lstrip("_") in wanted
    }


SELECTIONS: Mapping[Summary, Callable[[Resource], Resource]] = {
    "true": select_summary,
    "text": select_text,
    "data": select_data,
}


@cache
def summary_elements(type_name: str) -> frozenset[str]:
    """Returns the names of the elements of a type that FHIR marks as summary."""
    # The service starts without the library: few ask for a summary.
    from fhir.resources.R4B import get_fhir_model_class

    return frozenset(get_fhir_model_class(type_name).summary_elements_sequence())


@cache
def mandatory_elements(type_name: str) -> frozenset[str]:
    """Returns the names of all required elements of a type, primitive or not; of no choice element."""
    elements = (elements_of(type_name) or {}).items()
    return frozenset(name for name, element in elements if element.required and element.choice is None)


def read_subset(type_name: str, sent: Mapping[str, str], issues: list[Issue], ignored: list[Issue]) -> Subset:
    """Returns the subset of ``_summary`` and ``_elements``. Adds issues, and a warning for unknown element names."""
    summary, names = sent.get("_summary") or "false", sent.get("_elements") or ""
    if summary not in SUMMARIES:
        issues.append(Issue("value", "http._summary", f"`_summary` must be one of {', '.join(SUMMARIES)}."))
    if not names:
        return Subset(SUMMARIES.get(summary, "false"))
    if summary != "false":
        issues.append(
            Issue("value", "http._elements", "`_elements` must not be sent with `_summary`. Send either of them.")
        )
    if not re.fullmatch(r"[A-Za-z.]+(,[A-Za-z.]+)*", names):
        issues.append(
            Issue("value", "http._elements", "`_elements` must be a list of element names separated by commas.")
        )
    requested = frozenset(name.removeprefix(f"{type_name}.") for name in names.split(","))
    if not requested <= element_names(type_name):
        text = f"`_elements` has a name that is not an element of {type_name}. Name elements of {type_name} only."
        ignored.append(Issue("not-supported", "http._elements", text, severity="warning"))
    return Subset("false", requested)


@cache
def element_names(type_name: str) -> frozenset[str]:
    """Returns the names that ``_elements`` may have: elements, and choices without their type."""
    elements = elements_of(type_name) or {}
    return frozenset({*elements, *(element.choice for element in elements.values() if element.choice)})
