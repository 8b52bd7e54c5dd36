"""Compares index entries with search values in memory. The database compares stored ones in SQL.

https://hl7.org/fhir/R4/search.html#ptypes
"""

from collections.abc import Iterable

from service.fhir.search.date_ranges import PREFIXES
from service.fhir.search.index import IndexEntry
from service.fhir.search.query import SearchTerm, SearchValue
from service.fhir.search.search_parameters import ParameterType


def term_matches(term: SearchTerm, value: SearchValue, entries: Iterable[IndexEntry]) -> bool:
    """Returns whether a search value of a term matches at least one index entry of a resource."""
    return any(entry.parameter == term.parameter and value_matches(term.type, value, entry) for entry in entries)


def value_matches(type_name: ParameterType, value: SearchValue, entry: IndexEntry) -> bool:
    """Returns whether a search value matches an index entry, by the rules of the parameter type."""
    if type_name == "date":
        return bool(PREFIXES[value.prefix](entry.low or "", entry.high or "", value.low or "", value.high or ""))
    if type_name == "string":
        return (entry.value or "").lower().startswith((value.value or "").lower())
    if value.system is not None and (entry.system or "") != value.system:
        return False
    return value.value is None or entry.value == value.value
