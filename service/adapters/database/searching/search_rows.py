"""What the search index stores of a resource: tokens, references within its submission, times, and entries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.adapters.database import tables as t
from service.adapters.database.searching.index_kinds import (
    IDENTIFIED_BY_ID,
    IDENTIFIER,
    REFERENCE_LETTERS,
    has_tokens,
    is_effective_time,
)
from service.fhir.r4.types import Resource
from service.fhir.search.index import IndexEntry, index_entries
from service.fhir.search.search_parameters import PARAMETERS

# The places of the resources of a submission, by address such as "Observation/o-1".
Places = Mapping[str, int]
# The parameters by type, without those for which each resource has a column that is no part of its content.
INDEXED = {
    type_name: {name: parameter for name, parameter in parameters.items() if not name.startswith("_")}
    for type_name, parameters in PARAMETERS.items()
}
# Parameter, system and value. An identifier whose value is the id of its resource has the value "".
IndexToken = tuple[str, str, str]


@dataclass
class SearchContent:
    """By what a resource is found; ``tables.py`` says what its columns are."""

    tokens: set[IndexToken] = field(default_factory=set)
    references: list[str] = field(default_factory=list)
    effective: str | None = None
    ends: str | None = None
    patient: str | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def within(self) -> str | None:
        """The references to resources of the same submission, such as " d0 m3 "; None without one."""
        return f" {' '.join(dict.fromkeys(self.references))} " if self.references else None


def search_content(resource: Resource, places: Places) -> SearchContent:
    """By what a resource is found. ``places`` are those of the resources of its submission."""
    content = SearchContent()
    for entry in index_entries(resource, INDEXED[resource["resourceType"]]):
        add_entry(content, resource, entry, places)
    return content


def add_entry(content: SearchContent, resource: Resource, entry: IndexEntry, places: Places) -> None:
    """Adds a value to the part of the index that keeps it."""
    name, type_name, value = entry.parameter, resource["resourceType"], entry.value or ""
    if name == "patient":
        content.patient = content.patient or value
    elif is_effective_time(type_name, name):
        content.effective, content.ends = content.effective or entry.low, content.ends or entry.high
    elif name == IDENTIFIER and type_name in IDENTIFIED_BY_ID and value == resource["id"]:
        content.tokens.add((name, entry.system or "", ""))
    elif has_tokens(type_name, name):
        content.tokens.add((name, entry.system or "", t.index_key(value)))
    elif name in REFERENCE_LETTERS and value in places:
        content.references.append(f"{REFERENCE_LETTERS[name]}{places[value]}")
    else:
        content.rows.append(search_row(resource, entry))


def search_row(resource: Resource, entry: IndexEntry) -> dict[str, Any]:
    """The row of a value in the table `search`."""
    return {
        "type": resource["resourceType"],
        "id": resource["id"],
        "parameter": entry.parameter,
        "system": entry.system,
        "value": None if entry.value is None else t.index_key(entry.value),
        "low": entry.low,
        "high": entry.high,
    }
