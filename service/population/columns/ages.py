"""Ages in whole years in each row: as `age_at` gives them for one patient."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from service.population.columns.case_columns import AgeColumns, Years
from service.population.columns.rows import NO_DAY, Integers

Days: TypeAlias = npt.NDArray[Any]


def ages_on(day: Years, born_first: Integers, born_last: Integers) -> AgeColumns:
    """The ages on days since 1970. Unknown without a birth date, or with one after the day."""
    is_known = (born_first != NO_DAY) & (born_first <= day)
    first, last = np.where(is_known, born_first, 0), np.where(is_known, born_last, 0)
    today = np.where(is_known, day, 0)
    return AgeColumns(years(np.minimum(last, today), today), years(first, today), is_known)


def years(born: Integers, day: Integers) -> Years:
    """Whole years; a person born on 29 February becomes a year older on 1 March."""
    (born_year, born_day), (year, day_of_year) = calendar(born), calendar(day)
    return year - born_year - (day_of_year < born_day)


def calendar(days: Integers) -> tuple[Years, Years]:
    """The year of each day, and its month and day as one number."""
    dates: Days = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]").astype(np.int64)
    day_of_month = (dates - dates.astype("datetime64[M]")).astype(np.int64)
    return months // 12 + 1970, months % 12 * 31 + day_of_month
