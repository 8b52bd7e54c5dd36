"""Elements that can change the meaning of what stands around them, in a way that we do not know.

https://hl7.org/fhir/R4/extensibility.html#modifierExtension
"""

from collections.abc import Iterator
from typing import Any

from service.fhir.reading import Resource
from service.screening.faults import Fault

NAMES = ("modifierExtension", "implicitRules", "_implicitRules")


def modifier_faults(resource: Resource) -> list[Fault]:
    """One fault for each such element, at any depth."""
    if not has_modifier(resource):
        return []
    text = "This element can change the meaning of the rest, in a way that we do not know. Leave it out."
    return [Fault("not-supported", path, text) for path in modifiers(resource, str(resource["resourceType"]))]


def has_modifier(value: Any) -> bool:
    """A quick look that knows no places."""
    if isinstance(value, dict):
        if not value.keys().isdisjoint(NAMES):
            return True
        value = value.values()
    elif not isinstance(value, list):
        return False
    return any(has_modifier(inner) for inner in value if isinstance(inner, dict | list))


def modifiers(value: Any, path: str) -> Iterator[str]:
    """Where such elements stand."""
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from modifiers(inner, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in NAMES:
                yield f"{path}.{key.removeprefix('_')}"
            else:
                yield from modifiers(inner, f"{path}.{key}")
