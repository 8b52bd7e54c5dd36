"""Comparison of typed values. It is unknown for two types, two units, or dates that are not precise enough.

https://hl7.org/fhir/R4/datatypes.html#quantity
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from service.screening.instruments.typed_value import Coding, TypedValue, ValueType, plain_name
from service.screening.instruments.ucum import SYSTEM, Unit, parse_unit
from service.screening.kleene import Truth

# Types whose values can be compared with those of another type of the same family.
FAMILY: Mapping[ValueType, str] = {"integer": "number", "decimal": "number", "date": "moment", "dateTime": "moment"}
# A date has no time zone: it can begin and end up to this much before or after the same date in UTC.
ZONES = timedelta(hours=14)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
# The powers of ten beyond which quantities in two units are not converted.
MAX_MAGNITUDE = 1000
MICROSECOND = timedelta(microseconds=1)


class Span(NamedTuple):
    """The range of an imprecise value on a scale, without ``high`` itself; both ends of a precise value are equal.

    Example: ``2026-03`` begins at 2026-03-01T00:00 and ends at 2026-04-01T00:00.
    """

    low: Decimal | int | Fraction
    high: Decimal | int | Fraction


def comparable(type: ValueType, other: ValueType) -> bool:
    """Whether values of the two types can be compared."""
    return type == other or (type in FAMILY and FAMILY[type] == FAMILY.get(other))


def equal(one: TypedValue, other: TypedValue) -> Truth:
    """Whether two values of comparable types are equal."""
    if isinstance(one.value, Coding) and isinstance(other.value, Coding):
        return equal_codings(one.value, other.value)
    if one.type in ("boolean", "string", "uri"):
        return one.value == other.value
    if one.type == "Reference":
        return bool(one.element("reference") == other.element("reference"))
    order = compare(one, other)
    return None if order is None else order == 0


def equal_codings(one: Coding, other: Coding) -> Truth:
    """Whether two Codings are equal. Without a code they compare by display; one with a code and one without do not."""
    if one.code is not None and other.code is not None:
        return one.code == other.code and one.system == other.system
    if one.code is None and other.code is None and one.display and other.display:
        return plain_name(one.display) == plain_name(other.display)
    return None


def compare(one: TypedValue, other: TypedValue) -> int | None:
    """-1, 0 or 1 if the first value is less, equal or greater; None if that is unknown."""
    spans = spans_on_one_scale(one, other)
    if spans is None:
        return None
    first, second = spans
    if first == second:
        return 0
    if first.high <= second.low:
        return -1
    return 1 if first.low >= second.high else None


def at_least(value: TypedValue, bound: TypedValue) -> Truth:
    """Whether a value is not below a bound; a bound without time of day begins with its first moment."""
    spans = spans_on_one_scale(value, bound)
    if spans is None:
        return None
    (low, high), (least, _) = spans
    return True if low >= least else False if high <= least else None


def at_most(value: TypedValue, bound: TypedValue) -> Truth:
    """Whether a value is not above a bound; a bound without time of day ends with its last moment."""
    spans = spans_on_one_scale(value, bound)
    if spans is None:
        return None
    (low, high), (_, most) = spans
    return True if high <= most else False if low >= most else None


def spans_on_one_scale(one: TypedValue, other: TypedValue) -> tuple[Span, Span] | None:
    """Two values as spans on the scale of their family; None if they have no scale in common."""
    family = FAMILY.get(one.type, one.type)
    if family != FAMILY.get(other.type, other.type):
        return None
    if isinstance(one.value, dict) and isinstance(other.value, dict):
        return quantity_spans(one.value, other.value) if family == "Quantity" else None
    if family == "number":
        return point_at(number_of(one)), point_at(number_of(other))
    if family == "moment":
        return moment_spans(str(one.value), str(other.value))
    if family == "time":
        return point_at(seconds_of(str(one.value))), point_at(seconds_of(str(other.value)))
    return None


def point_at(number: Decimal | int | Fraction) -> Span:
    """The span of a precise value."""
    return Span(number, number)


def number_of(value: TypedValue) -> Decimal:
    """The number in an integer or decimal. Raises TypeError for a value that is no number."""
    if not isinstance(value.value, int | Decimal):
        raise TypeError(f"a value of type {value.type} is no number")
    return Decimal(value.value)


def seconds_of(time: str) -> Decimal:
    """The seconds from midnight to a time of day, e.g. 60 for ``00:01:00``."""
    hour, minute, second = time.split(":")
    return Decimal(int(hour) * 3600 + int(minute) * 60) + Decimal(second)


def quantity_spans(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[Span, Span] | None:
    """Two Quantities of the same unit, or of two units of one kind in UCUM.

    None for other units, a missing value, or a ``comparator`` ("less than 5").
    """
    if "comparator" in one or "comparator" in other:
        return None
    if "value" not in one or "value" not in other:
        return None
    first, second = Decimal(one["value"]), Decimal(other["value"])
    if comparable_unit(one) == comparable_unit(other):
        return point_at(first), point_at(second)
    units = ucum_unit(one), ucum_unit(other)
    if units[0] is None or units[1] is None or units[0].dimension != units[1].dimension:
        return None
    if max(abs(first.adjusted()), abs(second.adjusted())) > MAX_MAGNITUDE:
        return None
    return point_at(units[0].to_base(Fraction(first))), point_at(units[1].to_base(Fraction(second)))


def ucum_unit(quantity: Mapping[str, Any]) -> Unit | None:
    """The unit of a Quantity in UCUM; None if it has another system, or the table of units lacks it."""
    return parse_unit(str(quantity.get("code", ""))) if quantity.get("system") == SYSTEM else None


def are_different_kinds(one: TypedValue, other: TypedValue) -> bool:
    """Whether two Quantities surely cannot be compared, such as a length and a mass."""
    if not isinstance(one.value, dict) or not isinstance(other.value, dict):
        return False
    units = ucum_unit(one.value), ucum_unit(other.value)
    return units[0] is not None and units[1] is not None and units[0].dimension != units[1].dimension


def comparable_unit(quantity: Mapping[str, Any]) -> tuple[Any, Any]:
    """``system`` and ``code`` of a Quantity, or its ``unit`` if it has no code."""
    if "code" in quantity:
        return quantity.get("system"), quantity["code"]
    return None, quantity.get("unit")


def moment_spans(one: str, other: str) -> tuple[Span, Span] | None:
    """Two dates or dateTimes on the scale of UTC; None for a date that is not in the calendar."""
    mixed = ("T" in one) != ("T" in other)
    try:
        return moment_span(one, mixed), moment_span(other, mixed)
    except (ValueError, OverflowError):
        return None


def moment_span(text: str, mixed: bool) -> Span:
    """The span of a date or dateTime. ``mixed``: a date is compared with a dateTime, so its zone matters."""
    if "T" in text:
        # Python has no leap second; for ordering, 23:59:60 is 23:59:59.
        day, clock = text.split("T")
        clock = f"{clock[:6]}59{clock[8:]}" if clock[6:8] == "60" else clock
        return point_at(microseconds_of(datetime.fromisoformat(f"{day}T{clock}").astimezone(UTC)))
    low, high = first_moments([int(number) for number in text.split("-")])
    if mixed:
        low, high = shift_in_calendar(low, -ZONES), shift_in_calendar(high, ZONES)
    return Span(microseconds_of(low), microseconds_of(high))


def microseconds_of(moment: datetime) -> int:
    """The place of a moment on the scale of UTC."""
    return (moment - FIRST) // MICROSECOND


def first_moments(date_parts: list[int]) -> tuple[datetime, datetime]:
    """The first moment of a year, month or day, and the first moment of the next one."""
    year, month, day = (*date_parts, 1, 1)[:3]
    low = datetime(year, month, day, tzinfo=UTC)
    if len(date_parts) == 3:
        return low, shift_in_calendar(low, timedelta(days=1))
    if len(date_parts) == 2 and month < 12:
        return low, datetime(year, month + 1, 1, tzinfo=UTC)
    return low, LAST if year == LAST.year else datetime(year + 1, 1, 1, tzinfo=UTC)


def shift_in_calendar(moment: datetime, by: timedelta) -> datetime:
    """A moment shifted, but not out of the calendar: many forms use the year 9999 for "for ever"."""
    try:
        return moment + by
    except OverflowError:
        return LAST if by > timedelta(0) else FIRST
