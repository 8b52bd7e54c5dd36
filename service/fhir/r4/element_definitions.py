"""Element definitions of R4 types, and the regexes of primitive types.

The definitions are in element_table.json, which `make elements` writes from the models of fhir.resources: to read them
there, when the service starts, took a tenth of a second.
https://hl7.org/fhir/R4/datatypes.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from service.fhir.r4.values.uris import CANONICAL, OID, URI, UUID, WORDS


class StringForm(NamedTuple):
    """Form of a primitive type that is a JSON string: its regex, and the form in words for an issue."""

    regex: str
    words: str


YEAR = r"(?!0000)\d{4}"
DAY = rf"{YEAR}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
CLOCK = r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
BASE64 = r"\s*(?:(?:[0-9A-Za-z+/]\s*){4})*(?:(?:[0-9A-Za-z+/]\s*){2}(?:=\s*=|[0-9A-Za-z+/]\s*=)\s*)?"
ZONE = r"(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))"
STRING_FORMS: Mapping[str, StringForm] = {
    "Id": StringForm(r"[A-Za-z0-9\-.]{1,64}", "1 to 64 letters, digits, hyphens and dots"),
    "Code": StringForm(r"\S+(\s\S+)*", "no white space at the start or end, and only single spaces inside"),
    "Uri": StringForm(URI, WORDS),
    "Url": StringForm(URI, WORDS),
    "Canonical": StringForm(CANONICAL, WORDS),
    "Oid": StringForm(OID, "such as urn:oid:1.2.3"),
    "Uuid": StringForm(UUID, "such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520"),
    "Date": StringForm(rf"{YEAR}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", "such as 2026, 2026-11 or 2026-11-21"),
    "DateTime": StringForm(
        rf"{YEAR}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T{CLOCK}{ZONE})?)?)?",
        "such as 2026-11-21 or 2026-11-21T09:00:00Z",
    ),
    "Instant": StringForm(rf"{DAY}T{CLOCK}{ZONE}", "such as 2026-11-21T09:00:00Z"),
    "Time": StringForm(CLOCK, "such as 09:00:00"),
    "Base64Binary": StringForm(BASE64, "base64"),
}
MATCHES = {name: re.compile(form.regex, re.ASCII).fullmatch for name, form in STRING_FORMS.items()}
MAX_INTEGER = 2**31 - 1
TABLE = Path(__file__).with_name("element_table.json")
INTEGER_RANGES: Mapping[str, tuple[int, int]] = {
    "Integer": (-MAX_INTEGER - 1, MAX_INTEGER),
    "PositiveInt": (1, MAX_INTEGER),
    "UnsignedInt": (0, MAX_INTEGER),
}


@dataclass(frozen=True, slots=True)
class ElementDefinition:
    """Definition of one element of a type.

    ``type`` is its type as fhir.resources names it (``"DateTime"``), ``many`` true if its maximum is above 1,
    ``required`` true if its minimum is 1; of a choice element, if one of its types must be present.
    ``targets`` are the types that a reference or canonical may name.
    ``codes`` is the required value set, empty if the element has none or if it is not checked. ``choice`` is the
    name of a choice element without its type: ``"value"`` for ``valueDate``.
    """

    type: str
    primitive: bool = False
    many: bool = False
    required: bool = False
    codes: frozenset[str] = frozenset()
    choice: str | None = None
    targets: frozenset[str] = frozenset()


class ElementTable(msgspec.Struct):
    """The file: the types of resource that can be sent, and the elements of each type of R4, read on first use."""

    resources: frozenset[str]
    types: dict[str, msgspec.Raw]


def elements_of(name: str) -> Mapping[str, ElementDefinition] | None:
    """Returns the element definitions of a type by their JSON name, or None if R4 has no such type.

    Only types that exist are cached: the name comes from the sender, and there is no limit to wrong names.
    """
    try:
        return read_elements(name)
    except KeyError:
        return None


@cache
def read_elements(name: str) -> Mapping[str, ElementDefinition]:
    """Returns the element definitions of a type. Raises KeyError if there is no such type."""
    return msgspec.json.decode(element_table().types[name], type=dict[str, ElementDefinition])


@cache
def element_table() -> ElementTable:
    """Returns the content of the file."""
    return msgspec.json.decode(TABLE.read_bytes(), type=ElementTable)


def is_resource_type(name: Any) -> bool:
    """Returns whether the value is the name of an R4 resource type that can be sent (not an abstract type)."""
    return isinstance(name, str) and name in element_table().resources


@cache
def required_elements(name: str) -> Mapping[str, tuple[str, ...]]:
    """Returns the required elements of a type, each with its names in JSON: ``{"value": ("valueDate", ...)}``."""
    found: dict[str, tuple[str, ...]] = {}
    for key, element in (elements_of(name) or {}).items():
        if element.required:
            names = (key, f"_{key}") if element.primitive else (key,)
            found[element.choice or key] = (*found.get(element.choice or key, ()), *names)
    return found


def fhir_type_name(name: str) -> str:
    """Returns the name of a primitive type as FHIR writes it: ``"dateTime"`` for ``"DateTime"``."""
    return name[0].lower() + name[1:]
