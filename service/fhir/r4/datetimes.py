"""Parses and writes FHIR dates and times. Values are ordered in UTC, to the millisecond.

https://hl7.org/fhir/R4/datatypes.html#dateTime
"""

import re
from datetime import UTC, datetime

from service.screening.instruments.response import DateTimeValue

# The digits of a date or dateTime in their places, whatever they are.
SHAPE = re.compile(r"\d{4}-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+\-]\d\d:\d\d))?)?", re.ASCII)
POSSIBLE_CLOCK = re.compile(r"$|T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+\-]0\d:[0-5]\d)$", re.ASCII)


def parse_datetime(text: str) -> DateTimeValue:
    """Returns a FHIR dateTime with its sort key. A date without a time of day is ordered as 00:00 UTC.

    Example: ``"2026-11"`` has the sort key 2026-11-01T00:00Z.
    Raises ValueError if there is no such date, or if it is outside the years 1 to 9999 in UTC.
    """
    if "T" not in text:
        year, month, day = (*(int(part) for part in text.split("-")), 1, 1)[:3]
        return DateTimeValue(text, datetime(year, month, day, tzinfo=UTC), False)
    date, clock = text.split("T")
    if clock[6:8] == "60":
        # datetime has no leap seconds: a leap second is ordered as the second before it.
        clock = f"{clock[:6]}59{clock[8:]}"
    return DateTimeValue(text, drop_microseconds(convert_to_utc(datetime.fromisoformat(f"{date}T{clock}"))), True)


def is_impossible(text: str) -> bool:
    """True if a text has the shape of a date or dateTime and there is no such day or time, such as 2026-02-30."""
    # Before the 29th every day exists: "bytes in to Bundle bytes out" of `make bench` reads many dates.
    if "01" <= text[5:7] <= "12" and "01" <= text[8:10] <= "28" and POSSIBLE_CLOCK.match(text, 10):
        return False
    if not SHAPE.fullmatch(text) or text.startswith("0000"):
        return False
    try:
        parse_datetime(text)
    except ValueError as problem:
        return "UTC" not in str(problem)
    return False


def convert_to_utc(when: datetime) -> datetime:
    """Returns the same instant in UTC. Raises ValueError if that is outside the years 1 to 9999."""
    try:
        return when.astimezone(UTC)
    except OverflowError as problem:
        raise ValueError("the time is outside the years 1 to 9999 in UTC") from problem


def drop_microseconds(when: datetime) -> datetime:
    """Returns the time cut off to whole milliseconds."""
    return when.replace(microsecond=when.microsecond // 1000 * 1000)


def format_instant(when: datetime) -> str:
    """Returns an aware datetime as a FHIR instant in UTC, such as ``"2026-11-21T09:00:00.000Z"``."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc_date(when: datetime) -> str:
    """Returns the date in UTC, such as ``"2026-11-21"``."""
    return when.astimezone(UTC).date().isoformat()
