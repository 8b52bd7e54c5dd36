"""Finds the elements that can change the meaning of a resource in a way that this service does not know.

https://hl7.org/fhir/R4/extensibility.html#modifierExtension
"""

from collections.abc import Iterator
from typing import Any

from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.issues import Issue

MODIFIER_NAMES = frozenset({"modifierExtension", "implicitRules", "_implicitRules"})
WRITTEN_NAMES = [name.encode() for name in sorted(MODIFIER_NAMES)]


def modifier_issues(resource: Resource) -> list[Issue]:
    """Returns an issue for each modifierExtension and implicitRules, at any depth."""
    if not may_have_modifier(resource):
        return []
    return [
        Issue("not-supported", path, f"`{path.rpartition('.')[2]}` can change the meaning of the rest. Remove it.")
        for path in find_modifier_paths(resource, str(resource["resourceType"]))
    ]


def has_modifier(resource: Resource) -> bool:
    """Returns whether there is such an element."""
    return may_have_modifier(resource) and next(find_modifier_paths(resource, ""), None) is not None


def may_have_modifier(resource: Resource) -> bool:
    """Returns False if there surely is no such element: no text of the resource contains the name of one.

    Nearly every resource has none, and to write it takes a fifth of the time of a walk through it: this serves "from
    bytes to the bytes of the Bundle" of `make bench`.
    """
    written = encode(resource)
    return any(name in written for name in WRITTEN_NAMES)


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
