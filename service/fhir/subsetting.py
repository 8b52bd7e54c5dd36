"""Parts of a resource that a client asks for with _summary or _elements, marked as such.

https://hl7.org/fhir/R4/search.html#summary
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from fhir.resources.R4B import get_fhir_model_class

from service.fhir.contained import mentions
from service.fhir.elements import elements_of
from service.fhir.reading import Resource
from service.screening.faults import Fault

SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
SUMMARIES = ("true", "text", "data", "count", "false")
# Without these a part of a resource could be taken for something that it is not.
KEPT = frozenset({"resourceType", "id", "meta", "implicitRules", "modifierExtension"})


@dataclass(frozen=True)
class Subset:
    """What a client wants to see of each resource; everything, if it says nothing."""

    summary: str = "false"
    elements: frozenset[str] = frozenset()

    def of(self, resource: Resource) -> Resource:
        """The wanted part of a resource, with every element that a valid one must have."""
        if self.elements:
            return marked(with_contained(with_elements(resource, self.elements), resource))
        part = PARTS.get(self.summary)
        return resource if part is None else marked(with_contained(part(resource), resource))


def marked(resource: Resource) -> Resource:
    """With the tag that keeps a client from storing a part in place of the whole."""
    meta = resource.get("meta", {})
    return {**resource, "meta": {**meta, "tag": [*meta.get("tag", ()), SUBSETTED]}}


def with_contained(part: Resource, whole: Resource) -> Resource:
    """With the contained resources that the part still refers to: a reference into nothing is not valid."""
    if "contained" not in whole or "contained" in part:
        return part
    wanted = set(mentions(part))
    contained = [inner for inner in whole["contained"] if inner.get("id") in wanted]
    return {**part, "contained": contained} if contained else part


def with_elements(resource: Resource, names: Collection[str]) -> Resource:
    """The named elements (a choice by its type or without) beside the mandatory ones."""
    type_name = resource["resourceType"]
    wanted = {*names, *mandatory(type_name), *KEPT}
    elements = elements_of(type_name) or {}
    return {
        key: value
        for key, value in resource.items()
        if key.lstrip("_") in wanted or (key in elements and elements[key].choice in wanted)
    }


def text_only(resource: Resource) -> Resource:
    return with_elements(resource, {"text"})


def data_only(resource: Resource) -> Resource:
    return {key: value for key, value in resource.items() if key != "text"}


def in_summary(resource: Resource) -> Resource:
    """The elements that FHIR counts as summary, at every depth."""
    summary: Resource = {"resourceType": resource["resourceType"], **summarised(resource, resource["resourceType"])}
    return summary


def summarised(value: Any, type_name: str) -> Any:
    if isinstance(value, list):
        return [summarised(inner, type_name) for inner in value]
    elements = elements_of(type_name)
    if not isinstance(value, dict) or not elements:
        return value
    wanted = {*summary_elements(type_name), *mandatory(type_name), *KEPT}
    return {
        key: summarised(inner, elements[key].type) if key in elements and not elements[key].primitive else inner
        for key, inner in value.items()
        if key.lstrip("_") in wanted
    }


PARTS: Mapping[str, Callable[[Resource], Resource]] = {
    "true": in_summary,
    "text": text_only,
    "data": data_only,
}


@cache
def summary_elements(type_name: str) -> frozenset[str]:
    """The elements of a type that FHIR marks as summary."""
    return frozenset(get_fhir_model_class(type_name).summary_elements_sequence())


@cache
def mandatory(type_name: str) -> frozenset[str]:
    """The elements of a type that must be there."""
    fields = get_fhir_model_class(type_name).model_fields.values()
    return frozenset(str(field.alias) for field in fields if field.is_required() or is_marked_required(field))


def is_marked_required(field: Any) -> bool:
    """The library marks a mandatory primitive in a place of its own, since an extension may stand for its value."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("element_required"))


def read_subset(type_name: str, given: Mapping[str, str], faults: list[Fault], ignored: list[Fault]) -> Subset:
    """Reads ``_summary`` and ``_elements``. Names that the type does not have are left out and said."""
    summary, names = given.get("_summary") or "false", given.get("_elements") or ""
    if summary not in SUMMARIES:
        faults.append(Fault("value", "http._summary", f"_summary is one of {', '.join(SUMMARIES)}."))
    if not names:
        return Subset(summary)
    if summary != "false":
        faults.append(Fault("value", "http._elements", "Send either _summary or _elements."))
    if not re.fullmatch(r"[A-Za-z.]+(,[A-Za-z.]+)*", names):
        faults.append(Fault("value", "http._elements", "_elements is a list of element names with commas between."))
    wanted = frozenset(name.removeprefix(f"{type_name}.") for name in names.split(","))
    if not wanted <= element_names(type_name):
        text = f"_elements names an element that {type_name} does not have at its top. It was left out."
        ignored.append(Fault("not-supported", "http._elements", text, severity="warning"))
    return Subset("false", wanted)


@cache
def element_names(type_name: str) -> frozenset[str]:
    """What may be asked for by name: an element, or a choice without its type."""
    elements = elements_of(type_name) or {}
    return frozenset({*elements, *(element.choice for element in elements.values() if element.choice)})
