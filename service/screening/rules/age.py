"""Age in whole years, as precise as ``Patient.birthDate`` allows."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Age:
    """The least and the greatest age in whole years that the birth date allows, e.g. ``Age(17, 18)``."""

    low: int
    high: int


def age_at(birth_date: str | None, day: date) -> Age | None:
    """The age on a day. ``birth_date`` is a FHIR date; the age is None without one, or with one after the day."""
    if birth_date is None:
        return None
    earliest, latest = possible_days(birth_date)
    if earliest > day:
        return None
    return Age(years_between(min(latest, day), day), years_between(earliest, day))


def possible_days(text: str) -> tuple[date, date]:
    """The first and the last day of a FHIR date, e.g. of ``2026-02``. Raises ValueError if the text is no date."""
    parts = [int(number) for number in text.split("-")]
    if len(parts) == 3:
        return (exact := date(*parts)), exact
    if len(parts) == 2:
        year, month = parts
        after = date(year + month // 12, month % 12 + 1, 1)
        return date(year, month, 1), date.fromordinal(after.toordinal() - 1)
    return date(parts[0], 1, 1), date(parts[0], 12, 31)


def years_between(born: date, day: date) -> int:
    """Whole years; a person born on 29 February becomes a year older on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
