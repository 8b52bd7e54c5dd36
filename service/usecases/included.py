"""The resources that a search returns beside its matches: `_include` and `_revinclude`.

https://hl7.org/fhir/R4/search.html#include
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from service.fhir.interactions import PUBLISHED, STORED
from service.fhir.r4.types import StoredResource
from service.fhir.results.versions import address_of
from service.fhir.search.index import read_reference_values, select_elements
from service.fhir.search.query import SearchQuery, SearchTerm, SearchValue
from service.fhir.search.search_parameters import parameters_of
from service.fhir.search.sort_and_include import Include
from service.issues import Issue, Malformed
from service.ports.resources import ResourceReader

PAGE_SIZE = 200
# Pages that the resources of all includes may need beyond the first one of each query. A page has at most 200 resources
# and 2 MiB: without a bound, the includes of one page of matches could be hundreds of MiB.
MAX_FURTHER_PAGES = 4


def find_included(
    found: Sequence[StoredResource], includes: Sequence[Include], reader_of: Callable[[str], ResourceReader]
) -> list[StoredResource]:
    """Each resource that the includes of these matches name, once; matches are left out.

    Raises Malformed if they are more than an answer may have.
    """
    further_pages = iter(range(MAX_FURTHER_PAGES))
    known = {reference_to(stored) for stored in found}
    included: dict[str, StoredResource] = {}
    for query in (query for include in dict.fromkeys(includes) for query in include_queries(found, include)):
        for stored in read_all(query, reader_of(query.type), further_pages):
            if reference_to(stored) not in known:
                included.setdefault(reference_to(stored), stored)
    return list(included.values())


def reference_to(stored: StoredResource) -> str:
    """The relative reference to a resource, such as "Observation/o-1"."""
    return address_of(stored.resource)


def include_queries(found: Sequence[StoredResource], include: Include) -> Iterator[SearchQuery]:
    """The searches that find the resources of one include, one for each type."""
    if include.reverse:
        yield from queries(include.type, include.parameter, [reference_to(stored) for stored in found])
        return
    by_type: dict[str, list[str]] = {}
    for value in dict.fromkeys(value for stored in found for value in references_of(stored, include)):
        type_name, _, id = value.partition("/")
        if type_name in STORED:
            by_type.setdefault(type_name, []).append(id)
        elif include.parameter == "questionnaire":
            by_type.setdefault("Questionnaire", []).append(value)
    for type_name, values in by_type.items():
        if include.target in (None, type_name):
            yield from queries(type_name, "url" if type_name in PUBLISHED else "_id", values)


def references_of(stored: StoredResource, include: Include) -> Iterator[str]:
    """The references of a match: relative ones without their version, canonicals as they are."""
    parameter = parameters_of(include.type)[include.parameter]
    for path in parameter.paths:
        for element in select_elements(stored.resource, path):
            yield from read_reference_values(element)[:1]


def queries(type_name: str, parameter: str, values: Sequence[str]) -> Iterator[SearchQuery]:
    """Searches by these values, at most ``PAGE_SIZE`` values in each."""
    kind = parameters_of(type_name)[parameter].type
    for start in range(0, len(values), PAGE_SIZE):
        alternatives = tuple(SearchValue(value=value) for value in values[start : start + PAGE_SIZE])
        yield SearchQuery(type_name, (SearchTerm(parameter, kind, alternatives),), PAGE_SIZE)


def read_all(query: SearchQuery, reader: ResourceReader, further_pages: Iterator[int]) -> Iterator[StoredResource]:
    """The resources of all pages of a search. Raises Malformed if there are no ``further_pages`` left for them."""
    page = reader.search(query)
    yield from page.found
    while page.next is not None:
        if next(further_pages, None) is None:
            text = "The included resources are too many for one answer. Ask for fewer matches at a time (`_count`)."
            raise Malformed([Issue("too-costly", "http._count", text)])
        page = reader.search(replace(query, after=page.next))
        yield from page.found
