"""References of an outgoing Bundle to resources outside of it, and their replacement by logical references.

https://hl7.org/fhir/R4/references.html#logical
"""

import re
from collections.abc import Collection, Iterable
from typing import Any

from service.fhir.ids import BASE, ID_SYSTEM, PREFIXES
from service.fhir.r4.element_definitions import is_resource_type
from service.fhir.r4.types import Resource
from service.fhir.r4.unchecked_json import references_in

ADDRESS = re.compile(r"([A-Z][A-Za-z]{1,63})/((?!\.+$)[A-Za-z0-9\-.]{1,64})", re.ASCII)
# References of one type that are looked up. Further ones are made logical without a request.
MAX_LOOKED_UP = 200


def external_references(bundle: Resource) -> list[str]:
    """The references of a Bundle to resources that it does not contain, each once."""
    urls = {entry["request"]["url"] for entry in bundle["entry"]}
    references = dict.fromkeys(text for entry in bundle["entry"] for text in references_in(entry["resource"]))
    return [text for text in references if text not in urls and not text.startswith("#")]


def local_address(reference: str, base: str) -> str | None:
    """The address "Type/id" of a resource on the server with this base, composed from the parts of the reference.

    None for every other text, such as a reference to another server, with a version, or with a path.
    """
    parts = ADDRESS.fullmatch(reference.removeprefix(f"{base}/"))
    return f"{parts[1]}/{parts[2]}" if parts is not None and is_resource_type(parts[1]) else None


def addresses_to_look_up(references: Iterable[str], base: str) -> dict[str, str]:
    """The address of each local reference, at most ``MAX_LOOKED_UP`` of a type, in the order of the references."""
    chosen: dict[str, str] = {}
    of_type: dict[str, int] = {}
    for reference in references:
        address = local_address(reference, base)
        if address is None:
            continue
        type_name = address.partition("/")[0]
        of_type[type_name] = of_type.get(type_name, 0) + 1
        if of_type[type_name] <= MAX_LOOKED_UP:
            chosen[reference] = address
    return chosen


def with_logical_references(value: Any, missing: Collection[str]) -> Any:
    """A copy in which each reference to a missing resource is a logical one."""
    if isinstance(value, list):
        return [with_logical_references(inner, missing) for inner in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("reference"), str) and value["reference"] in missing:
        return logical_reference(value)
    return {key: with_logical_references(inner, missing) for key, inner in value.items()}


def logical_reference(reference: Resource) -> Resource:
    """The reference with `type`, `identifier` and `display` instead of `reference`."""
    target = reference["reference"]
    *path, id = target.split("/")
    type_name = next((name for name in (*path[-1:], *path[:1]) if is_resource_type(name)), None)
    is_ours = type_name in PREFIXES and id.startswith(f"{PREFIXES[type_name]}-")
    identifier = {"system": ID_SYSTEM, "value": id} if is_ours else {"system": f"{BASE}/reference", "value": target}
    others = {key: inner for key, inner in reference.items() if key != "reference"}
    named = {} if type_name is None else {"type": type_name}
    return {**named, "identifier": identifier, "display": target, **others}
