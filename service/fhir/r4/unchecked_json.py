"""Parts of JSON that another server or publisher made, and that need not be valid FHIR."""

from collections.abc import Iterator
from typing import Any

from service.fhir.r4.types import Resource


def objects_of(value: Any) -> list[Resource]:
    """Returns the objects in an array; none for anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def references_in(value: Any) -> Iterator[str]:
    """Yields every `Reference.reference` in a resource."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for inner in value.values():
            yield from references_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references_in(inner)
