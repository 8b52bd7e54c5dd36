"""Finds the elements that can change the meaning of a resource in a way that this service does not know.

https://hl7.org/fhir/R4/extensibility.html#modifierExtension
"""

from collections.abc import Iterator
from typing import Any

from service.fhir.r4.types import Resource
from service.issues import Issue

MODIFIER_NAMES = frozenset({"modifierExtension", "implicitRules", "_implicitRules"})
CONTAINERS = (dict, list)


def modifier_issues(resource: Resource) -> list[Issue]:
    """Returns an issue for each modifierExtension and implicitRules, at any depth."""
    if not has_modifier(resource):
        return []
    return [
        Issue("not-supported", path, f"`{path.rpartition('.')[2]}` can change the meaning of the rest. Remove it.")
        for path in find_modifier_paths(resource, str(resource["resourceType"]))
    ]


def has_modifier(value: Any) -> bool:
    """Returns whether there is such an element. It builds no paths, because nearly every resource has none:
    the benchmark "bytes in to Bundle bytes out" of tests/support/measuring/bench.py runs it on every response."""
    left = [value] if isinstance(value, CONTAINERS) else []
    while left:
        value = left.pop()
        if isinstance(value, dict):
            if not MODIFIER_NAMES.isdisjoint(value):
                return True
            value = value.values()
        left += [inner for inner in value if isinstance(inner, CONTAINERS)]
    return False


def find_modifier_paths(value: Any, path: str) -> Iterator[str]:
    """Yields the FHIRPath of each such element, such as ``"QuestionnaireResponse.item[0].modifierExtension"``."""
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from find_modifier_paths(inner, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in MODIFIER_NAMES:
                yield f"{path}.{key.removeprefix('_')}"
            else:
                yield from find_modifier_paths(inner, f"{path}.{key}")
