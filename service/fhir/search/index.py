"""Search index of a resource: its searchable values.

https://hl7.org/fhir/R4/search.html#ptypes
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from service.fhir.r4.types import Resource
from service.fhir.search.date_ranges import span
from service.fhir.search.search_parameters import SAME_AS, SearchParameter


class IndexEntry(NamedTuple):
    """A searchable value of a resource.

    Examples: ``IndexEntry("code", "http://loinc.org", "44261-6")``, ``IndexEntry("patient", None, "Patient/1")``,
    ``IndexEntry("authored", None, None, "2026-11-21T09:00:00.000Z", "2026-11-21T09:01:00.000Z")``.
    """

    parameter: str
    system: str | None
    value: str | None
    low: str | None = None
    high: str | None = None


def index_entries(resource: Resource, parameters: Mapping[str, SearchParameter]) -> list[IndexEntry]:
    """Returns the searchable values of a resource. The store indexes ``_lastUpdated`` itself."""
    entries = [
        entry
        for parameter in parameters.values()
        if SAME_AS.get(parameter.name) not in parameters
        for path in parameter.paths
        # A resource has few of the elements by which its type is searched.
        if path[0] in resource
        for element in select_elements(resource, path)
        for entry in entries_of_element(parameter, element)
    ]
    if "url" in parameters and "version" in resource:
        entries.append(IndexEntry("url", None, f"{resource['url']}|{resource['version']}"))
    return entries


def select_elements(resource: Resource, path: Sequence[str]) -> list[Any]:
    """Returns the values at a path, also in arrays: ("code", "coding") gives each coding."""
    first = resource.get(path[0], [])
    found = first if isinstance(first, list) else [first]
    for name in path[1:]:
        inner = [each[name] for each in found if isinstance(each, dict) and name in each]
        found = [value for each in inner for value in (each if isinstance(each, list) else (each,))]
    return found


def entries_of_element(parameter: SearchParameter, element: Any) -> list[IndexEntry]:
    """Returns the searchable values of an element."""
    name = parameter.name
    match parameter.type:
        case "token":
            return [IndexEntry(name, system, code) for system, code in read_tokens(element)]
        case "reference":
            return [IndexEntry(name, None, value) for value in read_reference_values(element)]
        case "date":
            return [IndexEntry(name, None, None, *span(element))]
        case _:
            return [IndexEntry(name, None, str(element))]


class Token(NamedTuple):
    """A searchable system and code, e.g. ``Token("http://loinc.org", "44261-6")``."""

    system: str | None
    code: str


def read_tokens(element: Any) -> list[Token]:
    """Returns the tokens of a code, Coding, CodeableConcept or Identifier."""
    if isinstance(element, str):
        return [Token(None, element)]
    if "coding" in element:
        return [token for coding in element["coding"] for token in read_tokens(coding)]
    value = element.get("code", element.get("value"))
    return [Token(element.get("system"), value)] if isinstance(value, str) else []


def read_reference_values(element: Any) -> list[str]:
    """Returns a canonical with and without its version, or a reference without its version."""
    if isinstance(element, str):
        return [element, element.split("|")[0]] if "|" in element else [element]
    return [element["reference"].split("/_history/")[0]] if "reference" in element else []
