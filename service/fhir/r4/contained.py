"""Rules for contained resources: each has its own id, is referred to, contains no other, and is in no reference cycle.

https://hl7.org/fhir/R4/references.html#contained
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

from service.fhir.r4.types import Resource
from service.fhir.r4.values.narrative import linked_ids
from service.fhir.r4.values.references import type_faults
from service.issues import Issue

# Properties with text, in which a leading "#" is no reference.
TEXT_PROPERTIES = frozenset({"text", "display", "valueString", "div"})


class LocalReference(NamedTuple):
    """A Reference to a contained resource: ``"#nurse"`` in author is ("QuestionnaireResponse.author", "nurse").

    ``stated_type`` is its element ``type``.
    """

    path: str
    id: str
    targets: frozenset[str]
    stated_type: str | None


def contained_issues(resource: Resource, type_name: str, references: Sequence[LocalReference]) -> Iterator[Issue]:
    """Yields every issue of the contained resources and of the references to them."""
    contained = resource.get("contained", [])
    uses = Counter(inner.get("id") for inner in contained)
    types = {inner.get("id"): inner.get("resourceType") for inner in contained}
    for path, id, targets, stated_type in references:
        if id and id not in uses:
            text = "`reference` must name the id of a contained resource (ref-1). Add the resource to `contained`."
            yield Issue("invariant", path, text)
        yield from (Issue("value", path, text) for text in type_faults(types.get(id), stated_type, targets))
    referenced = {*find_local_ids(resource), *find_linked_ids(resource)}
    for index, inner in enumerate(contained):
        id, path = inner.get("id"), f"{type_name}.contained[{index}]"
        if "contained" in inner:
            text = "`contained` must not be inside a contained resource (dom-2). Move it to the outer `contained`."
            yield Issue("invariant", f"{path}.contained", text)
        yield from meta_issues(inner.get("meta", {}), path)
        if id is None or uses[id] > 1:
            text = "`id` is required in a contained resource and must be unique. Give each contained resource its own."
            yield Issue("invariant", f"{path}.id", text)
        elif id not in referenced and "" not in find_local_ids(inner):
            text = "`contained` has a resource to which nothing refers (dom-3). Refer to it, or remove it."
            yield Issue("invariant", path, text)
    yield from cycle_issues(contained, type_name)


def meta_issues(meta: Resource, path: str) -> Iterator[Issue]:
    """Yields an issue for each element of ``meta`` that a contained resource must not have."""
    for element, key in (("versionId", "dom-4"), ("lastUpdated", "dom-4"), ("security", "dom-5")):
        if element in meta:
            text = f"`meta.{element}` must not be in a contained resource ({key}). Remove it."
            yield Issue("invariant", f"{path}.meta.{element}", text)


def find_linked_ids(value: Any) -> Iterator[str]:
    """Yields the ids that the images and links of narratives and of rendering-xhtml name."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from find_linked_ids(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from find_linked_ids(inner)
    elif isinstance(value, str) and "#" in value:
        yield from linked_ids(value)


def cycle_issues(contained: Sequence[Resource], type_name: str) -> Iterator[Issue]:
    """Yields an issue if references between contained resources form a cycle: resolving them would never end."""
    try:
        TopologicalSorter({inner.get("id"): set(find_local_ids(inner)) for inner in contained}).prepare()
    except CycleError as problem:
        cycle = problem.args[1]
        index = next(index for index, inner in enumerate(contained) if inner.get("id") in cycle)
        text = "`contained` must not have references that form a cycle. Remove one of the references."
        yield Issue("invariant", f"{type_name}.contained[{index}]", text)


def find_local_ids(value: Any, key: str = "reference") -> Iterator[str]:
    """Yields the ids in local references and canonicals of a value: ``"#a"`` gives ``"a"``.

    ``"#"``, a reference to the containing resource, gives the empty string.
    """
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from find_local_ids(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from find_local_ids(inner, key)
    elif isinstance(value, str) and value.startswith("#") and key not in TEXT_PROPERTIES:
        yield value[1:]
