"""Values of answers compared: what is not of one kind, one unit or one precision cannot always be told.

https://hl7.org/fhir/R4/datatypes.html#quantity
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from service.screening.logic import Truth

# Kinds that compare with one another although they are not the same.
FAMILY = {"integer": "number", "decimal": "number", "date": "moment", "dateTime": "moment"}
# A day has no zone: it may begin and end up to this much before or after the day in UTC.
ZONES = timedelta(hours=14)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

# The first value, and the one behind the last, that something imprecise may stand for; a point has the same twice.
Span = tuple[Any, Any]


def alike(kind: str, other: str) -> bool:
    """Whether values of two kinds can be compared at all."""
    return kind == other or (kind in FAMILY and FAMILY[kind] == FAMILY.get(other))


def same(kind: str, value: Any, other_kind: str, other: Any) -> Truth:
    """Whether two values of kinds that compare are equal."""
    if kind in ("Coding", "boolean", "string", "uri"):
        return bool(value == other)
    if kind == "Reference":
        return bool(value.get("reference") == other.get("reference"))
    order = compare(kind, value, other_kind, other)
    return None if order is None else order == 0


def compare(kind: str, value: Any, other_kind: str, other: Any) -> int | None:
    """-1, 0 or 1 for less, equal or more; None when it cannot be told."""
    found = spans(kind, value, other_kind, other)
    if found is None:
        return None
    one, two = found
    if one == two:
        return 0
    if one[1] <= two[0]:
        return -1
    return 1 if one[0] >= two[1] else None


def at_least(kind: str, value: Any, least_kind: str, least: Any) -> Truth:
    """Whether a value is not below a bound; a bound without time of day begins with its first moment."""
    found = spans(kind, value, least_kind, least)
    if found is None:
        return None
    (low, high), (bound, _) = found
    return True if low >= bound else False if high <= bound else None


def at_most(kind: str, value: Any, most_kind: str, most: Any) -> Truth:
    """Whether a value is not above a bound; a bound without time of day ends with its last moment."""
    found = spans(kind, value, most_kind, most)
    if found is None:
        return None
    (low, high), (_, bound) = found
    return True if high <= bound else False if low >= bound else None


def spans(kind: str, value: Any, other_kind: str, other: Any) -> tuple[Span, Span] | None:
    """Two values of one family as spans on one scale."""
    family = FAMILY.get(kind, kind)
    if family != FAMILY.get(other_kind, other_kind):
        return None
    if family == "number":
        return point(Decimal(value)), point(Decimal(other))
    if family == "moment":
        return moments(value, other)
    if family == "time":
        return point(seconds(value)), point(seconds(other))
    return quantities(value, other) if family == "Quantity" else None


def point(value: Any) -> Span:
    return value, value


def seconds(clock: str) -> Decimal:
    """A time of day in seconds."""
    hour, minute, second = clock.split(":")
    return Decimal(int(hour) * 3600 + int(minute) * 60) + Decimal(second)


def quantities(value: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[Span, Span] | None:
    """Quantities compare in the same unit only; "less than five" compares with nothing."""
    if "comparator" in value or "comparator" in other or unit(value) != unit(other):
        return None
    if "value" not in value or "value" not in other:
        return None
    return point(Decimal(value["value"])), point(Decimal(other["value"]))


def unit(quantity: Mapping[str, Any]) -> tuple[Any, Any]:
    """The coded unit, or the one in words where there is no code."""
    if "code" in quantity:
        return quantity.get("system"), quantity["code"]
    return None, quantity.get("unit")


def moments(value: str, other: str) -> tuple[Span, Span] | None:
    """Dates and times on one scale; None for one that the calendar does not have."""
    wide = ("T" in value) != ("T" in other)
    try:
        return moment_span(value, wide), moment_span(other, wide)
    except (ValueError, OverflowError):
        return None


def moment_span(text: str, wide: bool) -> Span:
    """The span of a date, ``wide`` when it is compared with a time of day; the point of a date with time."""
    if "T" in text:
        # Python knows no leap second; for ordering it is the second before.
        day, clock = text.split("T")
        clock = f"{clock[:6]}59{clock[8:]}" if clock[6:8] == "60" else clock
        return point(datetime.fromisoformat(f"{day}T{clock}").astimezone(UTC))
    low, high = day_span([int(part) for part in text.split("-")])
    return (shifted(low, -ZONES), shifted(high, ZONES)) if wide else (low, high)


def day_span(parts: list[int]) -> Span:
    """First moment of a year, month or day, and of the next."""
    year, month, day = (*parts, 1, 1)[:3]
    low = datetime(year, month, day, tzinfo=UTC)
    if len(parts) == 3:
        return low, shifted(low, timedelta(days=1))
    if len(parts) == 2 and month < 12:
        return low, datetime(year, month + 1, 1, tzinfo=UTC)
    return low, LAST if year == LAST.year else datetime(year + 1, 1, 1, tzinfo=UTC)


def shifted(moment: datetime, by: timedelta) -> datetime:
    """A moment moved, but not out of the calendar: the year 9999 stands for "for ever" in many forms."""
    try:
        return moment + by
    except OverflowError:
        return LAST if by > timedelta(0) else FIRST
