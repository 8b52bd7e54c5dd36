"""Reading and searching what is published and stored: the current version, one version, all, or what matches.

https://hl7.org/fhir/R4/http.html#read
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from service.fhir.records import Held, Match, Page, Query, Term
from service.fhir.search_requests import Given, Request, understand
from service.fhir.searching import IndexEntry, index, parameters_of
from service.fhir.searchsets import as_answered

__all__ = ["Library", "Request", "Searches", "Store", "history", "make_library", "understand"]


class Store(Protocol):
    """Where responses and results are kept."""

    def read(self, type_name: str, id: str, version: int | None = None) -> Held | None:
        """A version of a resource, the current one if none is named."""

    def versions(self, type_name: str, id: str) -> Sequence[Held]:
        """Every version of a resource, the newest first; none when there is no such resource."""

    def search(self, query: Query) -> Page:
        """One page of what a query finds."""


class Searches(Protocol):
    """Where searches that were posted are kept for their further pages, whose addresses must not hold them."""

    def keep(self, type_name: str, given: Given, now: datetime, until: datetime) -> str:
        """Keeps the parameters of a search. Gives the name to ask for them by."""

    def kept(self, name: str, type_name: str, now: datetime) -> Given | None:
        """The parameters of a search, until it expires."""


@dataclass(frozen=True)
class Library:
    """What is published, by type, ready to be read and searched."""

    resources: Mapping[str, Sequence[Held]]
    indexes: Mapping[tuple[str, str], tuple[IndexEntry, ...]] = field(default_factory=dict)

    def read(self, type_name: str, id: str, version: int | None = None) -> Held | None:
        """The published resource with this id, of which there is one version."""
        return next((held for held in self.versions(type_name, id) if version in (None, held.version)), None)

    def versions(self, type_name: str, id: str) -> Sequence[Held]:
        """The published resource with this id, or nothing."""
        return [held for held in self.resources.get(type_name, ()) if held.resource["id"] == id]

    def search(self, query: Query) -> Page:
        """One page of the published resources that match."""
        found = [held for held in self.resources.get(query.type, ()) if self.matches(held, query)]
        start = query.after[1] if query.after else 0
        shown = tuple(found[start : start + query.count])
        end = start + query.count
        return Page(len(found), shown, (0, end) if query.count and end < len(found) else None)

    def matches(self, held: Held, query: Query) -> bool:
        entries = self.indexes[query.type, held.resource["id"]]
        return all(any(holds(term, match, entries) for match in term.values) for term in query.terms)


def make_library(resources: Iterable[Held]) -> Library:
    """The library of published resources."""
    by_type: dict[str, list[Held]] = {}
    indexes = {}
    for held in resources:
        type_name = held.resource["resourceType"]
        by_type.setdefault(type_name, []).append(held)
        indexes[type_name, held.resource["id"]] = tuple(index(as_answered(held), parameters_of(type_name)))
    return Library(by_type, indexes)


def holds(term: Term, match: Match, entries: Iterable[IndexEntry]) -> bool:
    """Whether one of a resource's values is the one searched for."""
    return any(entry.parameter == term.parameter and same(term.kind, match, entry) for entry in entries)


def same(kind: str, match: Match, entry: IndexEntry) -> bool:
    if kind == "date":
        return same_date(match, entry.low or "", entry.high or "")
    if kind == "string":
        return (entry.value or "").lower().startswith((match.value or "").lower())
    if match.system is not None and (entry.system or "") != match.system:
        return False
    return match.value is None or entry.value == match.value


def same_date(match: Match, low: str, high: str) -> bool:
    """Compares ranges of time, as the prefix says."""
    wanted_low, wanted_high = match.low or "", match.high or ""
    inside = low >= wanted_low and high <= wanted_high
    return {
        "eq": inside,
        "ne": not inside,
        "gt": high > wanted_high,
        "ge": high > wanted_high or inside,
        "lt": low < wanted_low,
        "le": low < wanted_low or inside,
        "sa": low >= wanted_high,
        "eb": high <= wanted_low,
        "ap": low < wanted_high and high > wanted_low,
    }[match.prefix]


def history(store: Store, type_name: str, id: str, since: datetime | None, query: Query) -> Page | None:
    """One page of the versions of a resource stored since then, the newest first; None when it never was.

    The place of a page is the version before it.
    """
    versions = store.versions(type_name, id)
    if not versions:
        return None
    wanted = [held for held in versions if since is None or held.stored >= since]
    rest = [held for held in wanted if query.after is None or held.version < query.after[1]]
    shown = tuple(rest[: query.count])
    more = shown and len(rest) > len(shown)
    return Page(len(wanted), shown, (0, shown[-1].version) if more else None)
