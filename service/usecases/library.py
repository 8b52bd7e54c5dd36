"""Reads published resources: the current version, one version, the history, or those that match.

https://hl7.org/fhir/R4/http.html#read
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from service.fhir.r4.types import StoredResource
from service.fhir.search.bundles import add_version_meta
from service.fhir.search.index import IndexEntry, index_entries
from service.fhir.search.match import term_matches
from service.fhir.search.query import ResultPage, SearchQuery, SortKey
from service.fhir.search.search_parameters import parameters_of
from service.ports.resources import VersionQuery


@dataclass(frozen=True)
class Library:
    """The published resources by type, with their search index by type and id: a `ResourceReader` in memory."""

    resources: Mapping[str, Sequence[StoredResource]]
    indexes: Mapping[tuple[str, str], Sequence[IndexEntry]] = field(default_factory=dict)

    def read(self, type_name: str, id: str, version: int | None = None) -> StoredResource | None:
        """The published resource with this id, which has one version; None if there is none."""
        found = (each for each in self.resources.get(type_name, ()) if each.resource["id"] == id)
        return next((each for each in found if version in (None, each.version)), None)

    def read_versions(self, query: VersionQuery) -> ResultPage | None:
        """The one version of a published resource; None if there is no such resource."""
        only = self.read(query.type, query.id)
        if only is None:
            return None
        matching = (only,) if query.since is None or only.stored >= query.since else ()
        return ResultPage(len(matching), matching[: query.count] if query.after is None else ())

    def search(self, query: SearchQuery) -> ResultPage:
        """One page of the published resources that match. The cursor of a page is (0, number of its first one).

        Without `_sort` they are in the order of publication.
        """
        matching = [each for each in self.resources.get(query.type, ()) if self.matches(each, query)]
        for key in reversed(query.sort):
            matching.sort(key=partial(self.sort_value, key=key), reverse=key.descending)
        start = int(query.after[1]) if query.after else 0
        end = start + query.count
        following = (0, end) if query.count and end < len(matching) else None
        return ResultPage(len(matching), tuple(matching[start:end]), following)

    def sort_value(self, published: StoredResource, key: SortKey) -> str:
        """The value by which `_sort` orders a resource; empty if it has none."""
        entries = self.indexes[published.resource["resourceType"], published.resource["id"]]
        return next((each.low or each.value or "" for each in entries if each.parameter == key.parameter), "")

    def matches(self, published: StoredResource, query: SearchQuery) -> bool:
        """True if every term of the query matches."""
        entries = self.indexes[query.type, published.resource["id"]]
        return all(any(term_matches(term, value, entries) for value in term.values) for term in query.terms)


def make_library(resources: Iterable[StoredResource]) -> Library:
    """The library of these published resources."""
    by_type: dict[str, list[StoredResource]] = {}
    indexes = {}
    for published in resources:
        type_name = published.resource["resourceType"]
        by_type.setdefault(type_name, []).append(published)
        entries = index_entries(add_version_meta(published), parameters_of(type_name))
        indexes[type_name, published.resource["id"]] = entries
    return Library(by_type, indexes)
