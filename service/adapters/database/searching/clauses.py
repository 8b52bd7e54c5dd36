"""The SQL conditions of a search.

https://hl7.org/fhir/R4/search.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, Select, and_, or_, select, true

from service.adapters.database import tables as t
from service.adapters.database.access.patient_filter import of_patient
from service.adapters.database.searching.unindexed import Unindexed
from service.fhir.search.date_ranges import HIGHEST_START, LOWEST_START, PREFIXES
from service.fhir.search.query import Cursor, SearchQuery, SearchTerm, SearchValue, SortKey
from service.fhir.search.search_parameters import EFFECTIVE_TIME

# Column by search parameter that is not in the search index.
NAMED_COLUMNS = {"_id": t.resource.c.id, "patient": t.resource.c.patient}
# Column by key of `_sort`; any other key is the effective time.
SORT_COLUMNS = {"_id": t.resource.c.id, "_lastUpdated": t.resource.c.stored}


@dataclass(frozen=True)
class OrderColumn:
    """A column by which search results are ordered."""

    column: Column[Any]
    descending: bool = False

    @property
    def clause(self) -> ColumnElement[Any]:
        """The column as ORDER BY needs it."""
        return self.column.desc() if self.descending else self.column.asc()

    def is_after(self, value: str | int) -> ColumnElement[bool]:
        """Selects the rows behind this value."""
        return self.column < value if self.descending else self.column > value

    def is_from(self, value: str | int) -> ColumnElement[bool]:
        """Selects the rows with this value or behind it."""
        return self.column <= value if self.descending else self.column >= value


def result_order(sort: Sequence[SortKey]) -> list[OrderColumn]:
    """The order of search results: the keys, or the newest effective time first; then the newest act first."""
    keys = [OrderColumn(SORT_COLUMNS.get(key.parameter, t.resource.c.effective), key.descending) for key in sort]
    by_time = keys or [OrderColumn(t.resource.c.effective, descending=True)]
    return [*by_time, OrderColumn(t.resource.c.act, descending=True), OrderColumn(t.resource.c.position)]


def after_cursor(cursor: Cursor | None, order: Sequence[OrderColumn]) -> ColumnElement[bool]:
    """Selects the resources behind a cursor, which has the value of each column of the order."""
    if cursor is None:
        return true()
    placed = list(zip(order, cursor, strict=True))
    behind = or_(
        *(
            and_(*(before.column == value for before, value in placed[:index]), each.is_after(last))
            for index, (each, last) in enumerate(placed)
        )
    )
    # Says nothing new, but an index is entered by it: by a choice of several conditions it is not.
    return and_(order[0].is_from(cursor[0]), behind)


def matching_clauses(
    query: SearchQuery, driving: SearchTerm | None, patient: str | None = None
) -> list[ColumnElement[bool]]:
    """Select the current resources that match a query, of one patient if there is one.

    ``driving`` is looked up in an index (driving_term.py).
    """
    is_walk = driving is None and patient is None
    type_column = t.resource.c.type if is_walk else Unindexed(t.resource.c.type)
    terms = (term_clause(query.type, term, term is driving) for term in query.terms)
    return [type_column == query.type, t.resource.c.current, *terms, of_patient(patient)]


def term_clause(type_name: str, term: SearchTerm, drives: bool) -> ColumnElement[bool]:
    """Selects the resources in which any value of the term matches."""
    if term.parameter in NAMED_COLUMNS:
        column = NAMED_COLUMNS[term.parameter]
        return column.in_([t.index_key(value.value or "") for value in term.values])
    if term.parameter == "_lastUpdated":
        return t.resource.c.id.in_(stored_then(type_name, term)) if drives else stored_clause(t.resource, term)
    matches = or_(*(value_clause(term.type, value) for value in term.values))
    if drives:
        found = select(t.search.c.id).where(*entry_clauses(type_name, term.parameter), matches)
        return t.resource.c.id.in_(found)
    return and_(has_entry(type_name, term, matches), *effective_bounds(type_name, term))


def stored_clause(resource: FromClause, term: SearchTerm) -> ColumnElement[bool]:
    """Selects the versions that were stored at a time of the term."""
    stored = resource.c.stored
    return or_(*(date_clause(stored, EndOfInstant(stored), value) for value in term.values))


def stored_then(type_name: str, term: SearchTerm) -> Select[tuple[str]]:
    """The ids of the current resources that were stored at a time of the term."""
    other = t.resource.alias("other")
    return select(other.c.id).where(other.c.type == type_name, other.c.current, stored_clause(other, term))


def has_entry(type_name: str, term: SearchTerm, matches: ColumnElement[bool]) -> ColumnElement[bool]:
    """Selects the resources with an index entry that matches. It is looked up among the entries of each resource."""
    own = (t.search.c.type == type_name, t.search.c.id == t.resource.c.id)
    entries = select(t.search.c.row).where(*own, Unindexed(t.search.c.parameter) == term.parameter, matches)
    return entries.correlate(t.resource).exists()


def entry_clauses(type_name: str, parameter: str) -> list[ColumnElement[bool]]:
    """Select the index entries of a parameter."""
    return [t.search.c.type == type_name, t.search.c.parameter == parameter]


def effective_bounds(type_name: str, term: SearchTerm) -> list[ColumnElement[bool]]:
    """The range of the column ``effective`` outside which no value of the term matches; empty without one.

    The column has the start of the effective time, so that an index finds the range.
    """
    if EFFECTIVE_TIME.get(type_name) != term.parameter:
        return []
    lows = [LOWEST_START[value.prefix](value) for value in term.values]
    highs = [HIGHEST_START[value.prefix](value) for value in term.values]
    bounds = []
    if all(lows):
        bounds.append(t.resource.c.effective >= min(filter(None, lows)))
    if all(highs):
        bounds.append(t.resource.c.effective <= max(filter(None, highs)))
    return bounds


def value_clause(parameter_type: str, searched: SearchValue) -> ColumnElement[bool]:
    """Selects the index entries that match one value. An empty system matches entries without a system."""
    if parameter_type == "date":
        return date_clause(t.search.c.low, t.search.c.high, searched)
    conditions: list[ColumnElement[bool]] = []
    if searched.value is not None:
        conditions.append(t.search.c.value == t.index_key(searched.value))
    if searched.system == "":
        conditions.append(t.search.c.system.is_(None))
    elif searched.system is not None:
        conditions.append(t.search.c.system == searched.system)
    return and_(true(), *conditions)


@dataclass(frozen=True)
class EndOfInstant:
    """The exclusive end of the range that an instant column means, for ``PREFIXES``.

    Instants have whole milliseconds, so ``end > x`` is ``instant >= x`` and ``end <= x`` is ``instant < x``.
    """

    instant: Any

    def __gt__(self, other: str) -> ColumnElement[bool]:
        is_after: ColumnElement[bool] = self.instant >= other
        return is_after

    def __le__(self, other: str) -> ColumnElement[bool]:
        is_before: ColumnElement[bool] = self.instant < other
        return is_before


def date_clause(low: Any, high: Any, searched: SearchValue) -> ColumnElement[bool]:
    """Compares the indexed range with the searched range, by the prefix."""
    clause: ColumnElement[bool] = PREFIXES[searched.prefix](low, high, searched.low, searched.high)
    return clause
