"""FHIR dates and times to moments and back. Everything is ordered in UTC, to the millisecond.

https://hl7.org/fhir/R4/datatypes.html#dateTime
"""

from datetime import UTC, datetime

from service.screening.response import Moment


def moment(text: str) -> Moment:
    """Reads a FHIR dateTime; without a time of day it is ordered as 00:00 UTC. Raises ValueError."""
    if "T" not in text:
        year, month, day = (*(int(part) for part in text.split("-")), 1, 1)[:3]
        return Moment(text, datetime(year, month, day, tzinfo=UTC), False)
    date, clock = text.split("T")
    if clock[6:8] == "60":
        # Python knows no leap second; for ordering it is the second before.
        clock = f"{clock[:6]}59{clock[8:]}"
    return Moment(text, milliseconds(in_utc(datetime.fromisoformat(f"{date}T{clock}"))), True)


def in_utc(when: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError where that is before the first or after the last year."""
    try:
        return when.astimezone(UTC)
    except OverflowError as problem:
        raise ValueError("a moment outside the years 1 to 9999") from problem


def milliseconds(when: datetime) -> datetime:
    """The moment without its microseconds."""
    return when.replace(microsecond=when.microsecond // 1000 * 1000)


def instant(when: datetime) -> str:
    """Writes an aware moment as a FHIR instant in UTC."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day(when: datetime) -> str:
    """The UTC day of a moment."""
    return when.astimezone(UTC).date().isoformat()
