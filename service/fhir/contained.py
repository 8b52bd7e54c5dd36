"""Contained resources: each has an id of its own, is referred to, holds no further ones, and none leads back to itself.

https://hl7.org/fhir/R4/references.html#contained
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from service.fhir.reading import Resource
from service.screening.faults import Fault


def contained_faults(resource: Resource, name: str, local: Sequence[tuple[str, str]]) -> Iterator[Fault]:
    """The faults of contained resources. ``local`` has every reference to one, with the place where it stands."""
    contained = resource.get("contained", [])
    uses = Counter(inner.get("id") for inner in contained)
    for place, id in local:
        if id and id not in uses:
            yield Fault("invariant", place, "No contained resource has this id. Contain it, or refer to another.")
    mentioned = set(mentions(resource))
    for index, inner in enumerate(contained):
        id, path = inner.get("id"), f"{name}.contained[{index}]"
        if "contained" in inner:
            yield Fault("invariant", f"{path}.contained", "A contained resource contains no other. Put it beside.")
        if id is None or uses[id] > 1:
            yield Fault("invariant", f"{path}.id", "Each contained resource has an id of its own.")
        elif id not in mentioned and "" not in mentions(inner):
            yield Fault("invariant", path, "Nothing refers to this contained resource. Refer to it, or leave it out.")
    yield from ring_faults(contained, name)


def ring_faults(contained: Sequence[Resource], name: str) -> Iterator[Fault]:
    """Contained resources that refer to one another in a ring: whoever follows them never comes to an end."""
    try:
        TopologicalSorter({inner.get("id"): set(mentions(inner)) for inner in contained}).prepare()
    except CycleError as problem:
        ring = problem.args[1]
        index = next(index for index, inner in enumerate(contained) if inner.get("id") in ring)
        yield Fault("invariant", f"{name}.contained[{index}]", "References from this resource lead back to itself.")


def mentions(value: Any, key: str = "reference") -> Iterator[str]:
    """The ids that local references and canonicals in a value name; empty for the resource that contains the rest."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from mentions(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from mentions(inner, key)
    elif isinstance(value, str) and value.startswith("#") and key not in ("text", "display", "valueString", "div"):
        yield value[1:]
