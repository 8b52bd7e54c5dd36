"""Checks of one Reference: its form, its type, and whether the element may refer to that type.

https://hl7.org/fhir/R4/references.html#literal
"""

import re
from collections.abc import Callable, Iterator

from service.fhir.r4.types import Resource
from service.fhir.r4.values.uris import URI

STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
MATCHES_URI = re.compile(URI, re.ASCII).fullmatch
LITERAL = re.compile(r"([A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?", re.ASCII).fullmatch
ON_A_SERVER = re.compile(r"https?://\S*?/([A-Z][A-Za-z]*)/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]+)?")
# An element that may refer to every type of resource.
ANY = "Resource"
IsType = Callable[[str], bool]


def reference_faults(reference: Resource, targets: frozenset[str], is_type: IsType) -> Iterator[str]:
    """Yields what is wrong with a Reference. ``targets`` are the types that its element may refer to."""
    literal, stated = reference.get("reference"), reference.get("type")
    named = None
    if isinstance(literal, str) and not literal.startswith("#"):
        if not is_literal(literal, is_type):
            yield "`reference` must be [R4 type]/[id], the URL of a resource, or a URN. Correct it."
            return
        named = named_type(literal)
    kind = stated.removeprefix(STRUCTURE) if isinstance(stated, str) else None
    if kind is not None and not is_type(kind):
        yield "`type` must be a type of resource in R4, such as Patient. Correct it."
    else:
        yield from type_faults(named, kind, targets)


def type_faults(named: str | None, stated: str | None, targets: frozenset[str]) -> Iterator[str]:
    """Yields a text if the type of a target is not the stated one, or not among those that the element may refer to."""
    stated = stated.removeprefix(STRUCTURE) if isinstance(stated, str) else None
    found = named or stated
    if named is not None and stated is not None and stated != named:
        yield "`type` must be the type that `reference` has. Correct one of them."
    elif found is not None and targets and ANY not in targets and found not in targets:
        yield f"This must refer to: {' or '.join(sorted(targets))}. Correct the reference."


def is_literal(reference: str, is_type: IsType) -> bool:
    """Returns whether a reference is the URI of something, and if it names a type, of a resource of R4."""
    if not MATCHES_URI(reference):
        return False
    if re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", reference):
        found = ON_A_SERVER.fullmatch(reference)
        return found is None or is_type(found[1])
    relative = LITERAL(reference)
    return relative is not None and is_type(relative[1])


def named_type(reference: str) -> str | None:
    """Returns the type in a relative reference, or in the URL of a resource; None if it names none."""
    found = LITERAL(reference) or ON_A_SERVER.fullmatch(reference)
    return found[1] if found else None


def is_core_canonical_of_another_type(canonical: str, targets: frozenset[str], is_type: IsType) -> bool:
    """Returns whether a canonical is one of R4 itself, ``http://hl7.org/fhir/[type]/[id]``, and of a wrong type."""
    found = re.match(r"http://hl7\.org/fhir/([A-Z][A-Za-z]+)/", canonical)
    return found is not None and is_type(found[1]) and bool(targets) and not targets & {found[1], ANY}
