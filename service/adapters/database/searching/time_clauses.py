"""The SQL conditions on the times of a resource.

https://hl7.org/fhir/R4/search.html#date
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, or_

from service.adapters.database import tables as t
from service.fhir.search.date_ranges import HIGHEST_START, LOWEST_START, PREFIXES
from service.fhir.search.query import SearchTerm, SearchValue


def effective_clause(term: SearchTerm) -> ColumnElement[bool]:
    """Selects the resources with an effective time of the term."""
    low, high = t.resource.c.effective, t.resource.c.ends
    matches = or_(*(date_clause(low, high, value) for value in term.values))
    return and_(high.is_not(None), matches, *effective_bounds(term))


# The first instant that a prefix can match, and the first one behind all that it can: a bound of the searched range.
STORED_FROM = {"eq": "low", "ge": "low", "ap": "low", "gt": "high", "sa": "high"}
STORED_BEFORE = {"eq": "high", "le": "high", "ap": "high", "lt": "low", "eb": "low"}


def stored_clause(resource: FromClause, term: SearchTerm) -> ColumnElement[bool]:
    """Selects the versions that were stored at a time of the term. An index finds the range, if there is one."""
    stored, values = resource.c.stored, term.values
    matches = or_(*(date_clause(stored, EndOfInstant(stored), value) for value in values))
    bounds = []
    if all(value.prefix in STORED_FROM for value in values):
        bounds.append(stored >= min(getattr(value, STORED_FROM[value.prefix]) for value in values))
    if all(value.prefix in STORED_BEFORE for value in values):
        bounds.append(stored < max(getattr(value, STORED_BEFORE[value.prefix]) for value in values))
    return and_(matches, *bounds)


def effective_bounds(term: SearchTerm) -> list[ColumnElement[bool]]:
    """The range of the column ``effective`` outside which no value of the term matches; empty without one.

    The column has the start of the effective time, so that an index finds the range.
    """
    lows = [LOWEST_START[value.prefix](value) for value in term.values]
    highs = [HIGHEST_START[value.prefix](value) for value in term.values]
    bounds = []
    if all(lows):
        bounds.append(t.resource.c.effective >= min(filter(None, lows)))
    if all(highs):
        bounds.append(t.resource.c.effective <= max(filter(None, highs)))
    return bounds


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
