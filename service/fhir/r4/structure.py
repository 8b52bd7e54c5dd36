"""Structural validation of any R4 resource: a strict check of elements, JSON types, codes and regexes.

The element definitions are those of fhir.resources. Its own check coerces ("3" becomes 3), accepts codes outside
required bindings and fails on unknown contained types; tests/strict/test_own_check.py shows that it refuses nothing
that this check accepts, so that it runs beside only if a setting asks for it.
https://hl7.org/fhir/R4/datatypes.html
"""

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NamedTuple

from service.fhir.r4.contained import LocalReference, contained_issues
from service.fhir.r4.datetimes import is_impossible
from service.fhir.r4.element_definitions import (
    INTEGER_RANGES,
    MATCHES,
    STRING_FORMS,
    ElementDefinition,
    elements_of,
    fhir_type_name,
    is_resource_type,
    required_elements,
)
from service.fhir.r4.operation_outcome import MAX_ISSUES
from service.fhir.r4.other_releases import release_issues
from service.fhir.r4.types import Resource
from service.fhir.r4.values.element_path import ElementPath, format_path, name_element
from service.fhir.r4.values.invariants import broken_invariants
from service.fhir.r4.values.narrative import RENDERING_XHTML, fragment_fault, narrative_fault
from service.fhir.r4.values.references import is_core_canonical_of_another_type, reference_faults
from service.fhir.r4.values.sure_structure import count_sure_objects
from service.issues import Issue, IssueType, Malformed
from service.work import spend_steps

# For each object. Without it 1 MiB of small objects takes seconds.
OBJECT_STEPS = 20

# A check of a resource of an expected type: the issues that it finds.
Check = Callable[[Resource, str], Iterable[Issue]]
# The checks that run beside ours, on what it accepts: the one of fhir.resources, if SURAL_GATE asks for it.
CHECKS_BESIDE: list[Check] = []

# A name of an element, short enough to be no text: an issue may repeat it.
ELEMENT_NAME = re.compile(r"_?[a-z][A-Za-z]{0,39}", re.ASCII)
DATES = {"Date", "DateTime", "Instant"}


def run_beside(checks: Sequence[Check]) -> None:
    """Sets the checks that run beside ours, in the whole process."""
    CHECKS_BESIDE[:] = checks


def check_structure(resource: Resource, expected: str) -> None:
    """Checks that a resource is a structurally valid R4 resource of the expected type.

    Raises Malformed with every issue if it is not.
    """
    if resource.get("resourceType") != expected:
        raise Malformed([Issue("structure", "resourceType", f"`resourceType` must be {expected}.")])
    sure_objects = 0 if CHECKS_BESIDE else count_sure_objects(resource, expected)
    if sure_objects:
        spend_steps(OBJECT_STEPS * sure_objects)
    else:
        check_each_element(resource, expected)


def check_each_element(resource: Resource, expected: str) -> None:
    """Checks the structure of a resource. Raises Malformed with every issue."""
    collector = IssueCollector()
    check_resource(resource, (None, expected), collector)
    # A Bundle has no such element: what stands there was not checked, and its issue does not have this path.
    is_known = "contained" in (elements_of(expected) or {}) or "contained" not in resource
    is_readable = is_known and not any(".contained" in issue.path for issue in collector.issues)
    if is_readable and (collector.local_references or isinstance(resource.get("contained"), list)):
        references = [
            LocalReference(format_path(each.path), each.id, each.targets, each.stated_type)
            for each in collector.local_references
        ]
        collector.issues += contained_issues(resource, expected, references)
    issues = collector.issues or [issue for check in CHECKS_BESIDE for issue in check(resource, expected)]
    if issues:
        raise Malformed([*release_issues(resource, expected), *issues])


class LocalElement(NamedTuple):
    """A Reference to the contained resource with an id, its ``type``, and the types that its element may refer to."""

    path: ElementPath
    id: str
    targets: frozenset[str]
    stated_type: str | None


class IssueCollector:
    """The issues and the references to contained resources that a check has found so far."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.local_references: list[LocalElement] = []

    def add(self, code: IssueType, path: ElementPath, text: str) -> None:
        """Adds an issue. Raises Malformed once there are more than an OperationOutcome reports."""
        self.issues.append(Issue(code, format_path(path), text))
        if len(self.issues) > MAX_ISSUES:
            raise Malformed(self.issues)


def check_resource(resource: Resource, path: ElementPath, collector: IssueCollector) -> None:
    """Collects the issues of a resource and of its contained resources."""
    name = resource.get("resourceType")
    if not is_resource_type(name):
        text = "`resourceType` must be the name of an R4 resource type, such as Patient."
        collector.add("structure", (path, "resourceType"), text)
        return
    check_elements({k: v for k, v in resource.items() if k != "resourceType"}, str(name), path, collector)


def check_elements(value: Resource, type_name: str, path: ElementPath, collector: IssueCollector) -> None:
    """Collects the issues of an object of a type. Raises TooCostly if the body has too many objects."""
    spend_steps(OBJECT_STEPS)
    elements = elements_of(type_name) or {}
    choices: list[tuple[str, str]] = []
    for key, inner in value.items():
        element = elements.get(key)
        if element is None:
            element = check_primitive_extension(key, inner, value, type_name, path, collector)
        else:
            check_value(inner, element, (path, element.choice or key), collector)
        if element is not None:
            if element.choice is not None:
                choices.append((element.choice, key.removeprefix("_")))
            if element.many and element.primitive and not (key.startswith("_") and key[1:] in value):
                check_parallel_arrays(key, value, path, collector)
    check_whole_object(value, type_name, path, choices, collector)


def check_primitive_extension(
    key: str, inner: Any, value: Resource, type_name: str, path: ElementPath, collector: IssueCollector
) -> ElementDefinition | None:
    """Collects the issues of a property such as ``_status``: the id and the extensions of a primitive element.

    Returns the definition of that element. Any other property that the type does not define is an issue.
    """
    bare = key[1:]
    element = (elements_of(type_name) or {}).get(bare) if key.startswith("_") else None
    if element is None or not element.primitive:
        collector.add("structure", path, unknown_element_text(key, type_name))
        return None
    here = (path, element.choice or bare)
    if isinstance(inner, list) != element.many:
        collector.add("structure", here, f"`_{bare}` must be an array if and only if `{bare}` is an array.")
        return None
    for entry in inner if element.many else [inner]:
        if isinstance(entry, dict):
            check_elements(entry, "Element", here, collector)
        elif entry is not None:
            allowed = "have only objects and nulls as entries" if element.many else "be an object"
            collector.add("structure", here, f"`_{bare}` must {allowed}.")
    if element.required and element.choice is None and bare not in value and type_name.startswith("Questionnaire"):
        # Without this value a response or a question has no meaning: a data-absent-reason cannot replace it.
        collector.add("required", here, f"`{bare}` must have a value; `_{bare}` alone is not enough.")
    return element


def unknown_element_text(key: str, type_name: str) -> str:
    """Returns what is wrong with a property that the type does not define. It is named if it looks like an element."""
    elements = elements_of(type_name) or {}
    if not ELEMENT_NAME.fullmatch(key):
        return f"A property of this object is not an element of {type_name}. Remove it."
    if key[1:] in elements:
        bare = key[1:]
        return f"`{key}` is not an element of {type_name}: `{bare}` is an object, so put id and extension in `{bare}`."
    meant = get_close_matches(key, elements, 1, 0.75)
    advice = f"Did you mean `{meant[0]}`? Otherwise remove it." if meant else "Remove it."
    return f"`{key}` is not an element of {type_name}. {advice}"


def check_parallel_arrays(key: str, value: Resource, path: ElementPath, collector: IssueCollector) -> None:
    """Collects the issues of ``given`` and ``_given``: equal length, and at each index a value, an object or both."""
    bare = key.removeprefix("_")
    arrays = [array for array in (value.get(bare), value.get(f"_{bare}")) if isinstance(array, list)]
    if len({len(array) for array in arrays}) > 1:
        text = f"`{bare}` and `_{bare}` must have equal length."
        collector.add("structure", (path, bare), text)
    elif any(all(entry is None for entry in entries) for entries in zip(*arrays, strict=True)):
        text = f"`{bare}` and `_{bare}` must not both be null or missing at an index. Remove the null."
        collector.add("structure", (path, bare), text)


def check_whole_object(
    value: Resource, type_name: str, path: ElementPath, choices: list[tuple[str, str]], collector: IssueCollector
) -> None:
    """Collects missing required elements, choices with two types and wrong Extensions; notes local references."""
    for key, allowed in required_elements(type_name).items():
        if value.keys().isdisjoint(allowed):
            collector.add("required", (path, key), f"`{key}` is required. Add it.")
    if len(choices) > 1:
        names = [choice for choice, _ in sorted(set(choices))]
        for choice in sorted({choice for choice in names if names.count(choice) > 1}):
            text = f"`{choice}[x]` must have a single type. Send only one of its properties."
            collector.add("structure", (path, choice), text)
    for invariant in broken_invariants(value, type_name):
        collector.add(invariant.code, (path, invariant.element) if invariant.element else path, invariant.text)
    if value.keys() == {"id"} and type_name != "Element" and not is_resource_type(type_name):
        collector.add("invariant", path, f"{name_element(path)} must have more than an `id` (ele-1). Remove it.")
    if type_name == "Extension" and value.get("url") == RENDERING_XHTML and "valueString" in value:
        fault = fragment_fault(str(value["valueString"]))
        if fault is not None:
            collector.add("invariant", (path, "value"), f"The text of rendering-xhtml {fault}. Correct it.")
    if type_name == "Extension" and bool(choices) == ("extension" in value):
        text = "Extension must have either `value[x]` or `extension`, and not both (ext-1)."
        collector.add("invariant", path, text)


def check_value(value: Any, element: ElementDefinition, path: ElementPath, collector: IssueCollector) -> None:
    """Collects the issues of the value of an element: one value, or an array if the element repeats."""
    if isinstance(value, list) != element.many:
        expected = "an array" if element.many else "a single value, not an array"
        collector.add("structure", path, f"{name_element(path)} must be {expected}.")
    elif element.many:
        for index, inner in enumerate(value):
            check_single_value(inner, element, (path, index), collector)
    else:
        check_single_value(value, element, path, collector)


def check_single_value(value: Any, element: ElementDefinition, path: ElementPath, collector: IssueCollector) -> None:
    """Collects the issues of a value that is not an array, or of one entry of an array."""
    if element.primitive:
        check_primitive(value, element, path, collector)
    elif not isinstance(value, dict):
        collector.add("structure", path, f"{name_element(path)} must be a JSON object.")
    elif element.type == "Resource":
        check_resource(value, path, collector)
    elif element.type == "Reference":
        check_elements(value, element.type, path, collector)
        check_reference(value, element.targets, path, collector)
    else:
        check_elements(value, element.type, path, collector)


def check_reference(value: Resource, targets: frozenset[str], path: ElementPath, collector: IssueCollector) -> None:
    """Collects the issues of a Reference, and notes one to a contained resource."""
    for text in reference_faults(value, targets, is_resource_type):
        collector.add("value", path, text)
    if str(value.get("reference", "")).startswith("#"):
        collector.local_references.append(LocalElement(path, value["reference"][1:], targets, value.get("type")))


def check_primitive(value: Any, element: ElementDefinition, path: ElementPath, collector: IssueCollector) -> None:
    """Collects the issue of a primitive value: JSON type, form, range or code of the required binding."""
    if value is None and element.many:
        return
    matches = MATCHES.get(element.type)
    lowest, highest = INTEGER_RANGES.get(element.type, (None, None))
    if not has_json_type(value, element.type):
        collector.add("value", path, f"{name_element(path)} must be {json_type_of(element.type)} in JSON.")
    elif element.type in DATES and is_impossible(value):
        text = f"{name_element(path)} is a date or time that does not exist. Correct it."
        collector.add("value", path, text)
    elif matches is not None and not matches(value):
        form = f"a FHIR {fhir_type_name(element.type)} ({STRING_FORMS[element.type].words})"
        collector.add("value", path, f"{name_element(path)} must be {form}.")
    elif lowest is not None and not lowest <= value <= highest:
        collector.add("value", path, f"{name_element(path)} must be from {lowest} to {highest}.")
    elif element.type == "ResourceType" and not is_resource_type(value):
        collector.add("code-invalid", path, f"{name_element(path)} must be a type of resource in R4, such as Patient.")
    elif element.targets and is_core_canonical_of_another_type(value, element.targets, is_resource_type):
        text = f"{name_element(path)} must be the canonical of a {' or '.join(sorted(element.targets))}."
        collector.add("value", path, text)
    elif element.type == "Xhtml" and (fault := narrative_fault(value)) is not None:
        collector.add("invariant", path, f"{name_element(path)} {fault}. Correct it, or leave it out.")
    elif element.codes and value not in element.codes:
        codes = ", ".join(sorted(element.codes))
        collector.add("code-invalid", path, f"{name_element(path)} must be one of {codes}.")


def json_type_of(type_name: str) -> str:
    """Returns the JSON type of a primitive type, as an issue says it."""
    if type_name in INTEGER_RANGES:
        return "a whole number"
    return {"Boolean": "true or false", "Decimal": "a number"}.get(type_name, "a string")


def has_json_type(value: Any, name: str) -> bool:
    """Returns whether a JSON value has the JSON type of a primitive type."""
    if name == "Boolean":
        return isinstance(value, bool)
    if name in INTEGER_RANGES:
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "Decimal":
        return isinstance(value, int | Decimal) and not isinstance(value, bool)
    return isinstance(value, str)
