"""Age in whole years, as exactly as the birth date tells it."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Age:
    """The least and the greatest age in whole years that the birth date allows."""

    low: int
    high: int


def age_at(birth_date: str | None, day: date) -> Age | None:
    """Age on a day from a FHIR date of year, month or day; None when there is none or it lies ahead."""
    if birth_date is None:
        return None
    earliest, latest = possible_days(birth_date)
    if earliest > day:
        return None
    return Age(years_between(min(latest, day), day), years_between(earliest, day))


def possible_days(text: str) -> tuple[date, date]:
    """The first and last day that a FHIR date can mean. Raises ValueError for anything else."""
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        return (exact := date(*parts)), exact
    if len(parts) == 2:
        year, month = parts
        after = date(year + month // 12, month % 12 + 1, 1)
        return date(year, month, 1), date.fromordinal(after.toordinal() - 1)
    return date(parts[0], 1, 1), date(parts[0], 12, 31)


def years_between(born: date, day: date) -> int:
    """Whole years; someone born on 29 February is a year older on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
