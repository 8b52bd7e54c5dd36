"""The range of instants that a date or time means, and the comparisons of two ranges.

https://hl7.org/fhir/R4/search.html#date
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

from service.fhir.r4.datetimes import format_instant, parse_datetime

WITH_SECONDS = re.compile(r"T\d\d:\d\d:\d\d")
FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)

# Prefix of a date parameter to its comparison: compare(low, high, searched_low, searched_high), where each range is
# from `low` to before `high`. The operands are texts or SQL columns, so use only <, <=, >, >=, & and |: `not` has no
# SQL form. https://hl7.org/fhir/R4/search.html#prefix
PREFIXES: Mapping[str, Callable[[Any, Any, Any, Any], Any]] = {
    "eq": lambda low, high, start, end: (low >= start) & (high <= end),
    "ne": lambda low, high, start, end: (low < start) | (high > end),
    "gt": lambda low, high, start, end: high > end,
    "lt": lambda low, high, start, end: low < start,
    "ge": lambda low, high, start, end: (high > end) | (low >= start) & (high <= end),
    "le": lambda low, high, start, end: (low < start) | (low >= start) & (high <= end),
    "sa": lambda low, high, start, end: low >= end,
    "eb": lambda low, high, start, end: high <= start,
    "ap": lambda low, high, start, end: (low < end) & (high > start),
}

# The longest range that a date can mean: a year.
LONGEST = timedelta(days=366)


def before_longest(instant: str) -> str:
    """Returns the earliest start of a range that ends at an instant."""
    when = parse_datetime(instant).sort_key
    return format_instant(max(when, FIRST + LONGEST) - LONGEST)


class Range(Protocol):
    """A searched range."""

    @property
    def low(self) -> str | None:
        """Its first instant."""

    @property
    def high(self) -> str | None:
        """The first instant after it."""


# Prefix to the earliest and to the latest start of a range that the comparison of ``PREFIXES`` can accept; None if
# there is no bound. They follow from low < high <= low + LONGEST.
LOWEST_START: Mapping[str, Callable[[Range], str | None]] = {
    "eq": lambda searched: searched.low,
    "ne": lambda searched: None,
    "gt": lambda searched: before_longest(searched.high or ""),
    "lt": lambda searched: None,
    "ge": lambda searched: before_longest(searched.low or ""),
    "le": lambda searched: None,
    "sa": lambda searched: searched.high,
    "eb": lambda searched: None,
    "ap": lambda searched: before_longest(searched.low or ""),
}
HIGHEST_START: Mapping[str, Callable[[Range], str | None]] = {
    "eq": lambda searched: searched.high,
    "ne": lambda searched: None,
    "gt": lambda searched: None,
    "lt": lambda searched: searched.low,
    "ge": lambda searched: None,
    "le": lambda searched: searched.high,
    "sa": lambda searched: None,
    "eb": lambda searched: searched.high,
    "ap": lambda searched: searched.high,
}


# The results of a response have one time: "write, with the commit" of `make bench`.
@lru_cache(maxsize=1024)
def span(text: str) -> tuple[str, str]:
    """Returns the range of a date or time: its first instant, and the first instant after it.

    Example: ``"2026-11"`` gives ("2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z").
    """
    when = parse_datetime(text)
    start = when.sort_key
    length = {4: timedelta(days=366), 7: timedelta(days=31), 10: timedelta(days=1)}.get(len(text))
    if length is None:
        duration = duration_of_time(text)
        return format_instant(start), format_instant(min(start, LAST - duration) + duration)
    return format_instant(start), format_instant(end_of_date(start, length))


def duration_of_time(text: str) -> timedelta:
    """Returns the duration that a time includes: a minute, a second, or a millisecond if it has a fraction."""
    if "." in text:
        return timedelta(milliseconds=1)
    return timedelta(seconds=1) if WITH_SECONDS.search(text) else timedelta(minutes=1)


def end_of_date(start: datetime, length: timedelta) -> datetime:
    """Returns the start of the year, month or day after the one that begins at ``start``."""
    if start.year == LAST.year:
        return LAST
    after = start + length
    if length.days == 366:
        return after.replace(year=start.year + 1, month=1, day=1)
    return after.replace(day=1) if length.days == 31 else after
