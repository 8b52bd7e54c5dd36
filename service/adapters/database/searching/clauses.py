"""The SQL conditions of a search.

https://hl7.org/fhir/R4/search.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, or_, true, union_all

from service.adapters.database import tables as t
from service.adapters.database.access.patient_filter import of_patient
from service.adapters.database.resources.patient_numbers import numbers_of
from service.adapters.database.searching.found_by import found_by, matches_of
from service.adapters.database.searching.index_kinds import is_effective_time
from service.adapters.database.searching.time_clauses import effective_clause, stored_clause
from service.adapters.database.searching.unindexed import Unindexed
from service.fhir.search.query import Cursor, SearchQuery, SearchTerm, SortKey

# Column by key of `_sort`; any other key is the effective time.
SORT_COLUMNS = {"_id": t.resource.c.id, "_lastUpdated": t.resource.c.stored}


@dataclass(frozen=True)
class OrderColumn:
    """A column by which search results are ordered. ``is_walked``: an index gives them in this order."""

    column: Column[Any]
    descending: bool = False
    is_walked: bool = True

    @property
    def ordered(self) -> ColumnElement[Any]:
        """The column, which an index may give if results are read in its order."""
        return self.column if self.is_walked else Unindexed(self.column)

    @property
    def clause(self) -> ColumnElement[Any]:
        """The column as ORDER BY needs it."""
        return self.ordered.desc() if self.descending else self.ordered.asc()

    def is_after(self, value: str | int) -> ColumnElement[bool]:
        """Selects the rows behind this value."""
        return self.ordered < value if self.descending else self.ordered > value

    def is_from(self, value: str | int) -> ColumnElement[bool]:
        """Selects the rows with this value or behind it."""
        return self.ordered <= value if self.descending else self.ordered >= value


def result_order(sort: Sequence[SortKey], driving: SearchTerm | None = None) -> list[OrderColumn]:
    """The order of search results: the keys, or the newest effective time first; then the newest act first.

    The few resources that a driving term finds are sorted; those of a patient, or all, are read in their order.
    """
    is_walked = driving is None or driving.parameter == "patient"
    keys = [(SORT_COLUMNS.get(key.parameter, t.resource.c.effective), key.descending) for key in sort]
    by_time = keys or [(t.resource.c.effective, True)]
    columns = [*by_time, (t.resource.c.act, True), (t.resource.c.position, False)]
    return [OrderColumn(column, descending, is_walked) for column, descending in columns]


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
    by_patient = patient is not None if driving is None else driving.parameter == "patient"
    type_column = Unindexed(t.resource.c.type) if by_patient else t.resource.c.type
    terms = (term_clause(query.type, term, term is driving) for term in query.terms)
    return [type_column == query.type, t.resource.c.current, *terms, of_patient(patient)]


def term_clause(type_name: str, term: SearchTerm, drives: bool) -> ColumnElement[bool]:
    """Selects the resources in which any value of the term matches."""
    names = [value.value or "" for value in term.values]
    if term.parameter == "_id":
        return t.resource.c.id.in_(names)
    if term.parameter == "patient":
        return patient_clause(names)
    if drives:
        return t.resource.c.id.in_(union_all(*found_by(type_name, term)))
    if term.parameter == "_lastUpdated":
        return stored_clause(t.resource, term)
    if is_effective_time(type_name, term.parameter):
        return effective_clause(term)
    return or_(*matches_of(type_name, term))


def patient_clause(references: Sequence[str]) -> ColumnElement[bool]:
    """Selects the resources of patients. With one patient an index gives them in the order of the results."""
    numbers, column = numbers_of(references), t.resource.c.patient
    return column == numbers.scalar_subquery() if len(references) == 1 else column.in_(numbers)
