"""The parts of a faulty resource that can be read, so that a fault of one element does not hide those of others."""

from typing import Any

from service.fhir.r4.element_definitions import ElementDefinition, elements_of, is_resource_type
from service.fhir.r4.structure import IssueCollector, check_primitive, check_reference, check_whole_object
from service.fhir.r4.types import Resource
from service.fhir.r4.values.element_path import ElementPath

HERE: ElementPath = (None, "")


def readable_parts(resource: Resource) -> Resource | None:
    """Returns the resource without its faulty elements; None if an item has no place without them.

    The places of items and answers do not change: an answer that cannot be read is an answer without a value.
    """
    return keep_elements(resource, str(resource.get("resourceType")), is_root=True)


def keep_elements(value: Resource, type_name: str, is_root: bool = False) -> Resource | None:
    """Returns an object without its faulty elements; None if it means nothing without them."""
    elements = elements_of(type_name) or {}
    kept = {"resourceType": value["resourceType"]} if "resourceType" in value else {}
    choices: list[str] = []
    for key, inner in value.items():
        element = elements.get(key)
        if element is None or element.choice in choices:
            continue
        found = keep_value(inner, element)
        if found is None and key == "item":
            return None
        if found is not None:
            kept[key] = found
            choices += [element.choice] if element.choice else []
    collector = IssueCollector()
    check_whole_object(kept, type_name, HERE, [], collector)
    return kept if is_root or not collector.issues else None


def keep_value(value: Any, element: ElementDefinition) -> Any:
    """Returns the value of an element without its faulty parts; None if nothing of it can be read."""
    if isinstance(value, list) != element.many:
        return None
    if not element.many:
        return keep_single_value(value, element)
    entries = [keep_single_value(entry, element) for entry in value]
    if element.type == "QuestionnaireResponseItemAnswer":
        return [{} if entry is None else entry for entry in entries]
    if element.type in ("QuestionnaireItem", "QuestionnaireResponseItem") and None in entries:
        return None
    return [entry for entry in entries if entry is not None]


def keep_single_value(value: Any, element: ElementDefinition) -> Any:
    """Returns a value that is not an array, or one entry of an array, without its faulty parts."""
    collector = IssueCollector()
    if element.primitive:
        check_primitive(value, element, HERE, collector)
        return None if collector.issues else value
    if not isinstance(value, dict):
        return None
    if element.type == "Resource":
        name = value.get("resourceType")
        return keep_elements(value, str(name)) if is_resource_type(name) else None
    kept = keep_elements(value, element.type)
    if kept is not None and element.type == "Reference":
        check_reference(kept, element.targets, HERE, collector)
    return None if collector.issues else kept
