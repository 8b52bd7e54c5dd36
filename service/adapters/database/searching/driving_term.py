"""Which condition of a search finds the resources: it is looked up in an index, and the others are checked on each.

A patient or an id is looked up at once. Of the other terms the database is asked which has few entries: with one, the
cost follows that number; without one, resources are read in the order of the results until the page is full.
"""

from sqlalchemy import Connection, func, select

from service.adapters.database.searching.found_by import found_by
from service.fhir.search.query import SearchQuery, SearchTerm

# A term drives a search if the index has at most so many entries for it.
FEW_ENTRIES = 2_000
# The parameters that have a column of their own, with an index.
NAMED = ("_id", "patient")


def find_driving_term(connection: Connection, query: SearchQuery, patient: str | None = None) -> SearchTerm | None:
    """The term to look up; None if every term has more than ``FEW_ENTRIES``, or the store is that of one patient."""
    named = next((term for name in NAMED for term in query.terms if term.parameter == name), None)
    if named is not None:
        return named
    if patient is not None:
        return None
    counted = [(count_index_entries(connection, query.type, term), term) for term in query.terms if is_counted(term)]
    fewest = min(counted, key=lambda pair: pair[0], default=None)
    return None if fewest is None or fewest[0] > FEW_ENTRIES else fewest[1]


def is_counted(term: SearchTerm) -> bool:
    """True if the entries of the term are next to one another in an index: those of a range of time are not."""
    return term.type != "date" or term.parameter == "_lastUpdated"


def count_index_entries(connection: Connection, type_name: str, term: SearchTerm) -> int:
    """The number of resources that the index finds, at most one more than ``FEW_ENTRIES`` for each place in it."""
    some = [each.limit(FEW_ENTRIES + 1).subquery() for each in found_by(type_name, term)]
    return sum(connection.scalar(select(func.count()).select_from(each)) or 0 for each in some)
