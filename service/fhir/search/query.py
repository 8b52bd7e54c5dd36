"""A search as a value: its terms, its values, and a page of its results.

https://hl7.org/fhir/R4/search.html
"""

from dataclasses import dataclass, field
from typing import Literal

from service.fhir.r4.types import StoredResource
from service.fhir.search.search_parameters import ParameterType


@dataclass(frozen=True)
class SearchTerm:
    """A condition on a search parameter: at least one of ``values`` must match."""

    parameter: str
    type: ParameterType
    values: tuple["SearchValue", ...]


@dataclass(frozen=True)
class SearchValue:
    """A value to search for.

    Token, reference, uri and string: ``system`` and ``value``, of which None matches everything.
    Date: ``prefix`` compares with the range from ``low`` to before ``high``.
    Example: ``ge2026`` is prefix "ge", low "2026-01-01T00:00:00.000Z", high "2027-01-01T00:00:00.000Z".
    """

    system: str | None = None
    value: str | None = None
    prefix: str = "eq"
    low: str | None = None
    high: str | None = None


# How the matches are counted: all, up to a bound, or not at all. https://hl7.org/fhir/R4/search.html#total
Total = Literal["accurate", "estimate", "none"]

# The place of the last resource of a page in the order of results: its sort values, then what makes it unique.
Cursor = tuple[str | int, ...]


@dataclass(frozen=True)
class SortKey:
    """One key of `_sort`: "_id", "_lastUpdated", or the parameter of the effective time."""

    parameter: str
    descending: bool = False


@dataclass(frozen=True)
class SearchQuery:
    """A search in one resource type: every term must match. The page begins after the cursor ``after``.

    Without ``sort`` the newest effective time is first.
    """

    type: str
    terms: tuple[SearchTerm, ...] = ()
    count: int = 20
    after: Cursor | None = None
    sort: tuple[SortKey, ...] = ()
    total: Total = "estimate"


@dataclass(frozen=True)
class ResultPage:
    """A page of results: the total of all pages if it is known, the resources of this page, the cursor of the next."""

    total: int | None
    found: tuple[StoredResource, ...] = field(default=())
    next: Cursor | None = None
