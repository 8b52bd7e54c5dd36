"""Age in whole years, as precise as the birth date."""

from datetime import date

import pytest

from service.screening.rules.age import Age, age_at

DAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("born", "age"),
    [
        ("2008-11-21", Age(18, 18)),
        ("2008-11-22", Age(17, 17)),
        ("2008-11", Age(17, 18)),
        ("2008-12", Age(17, 17)),
        ("2008", Age(17, 18)),
        ("2007", Age(18, 19)),
        ("2026-11-21", Age(0, 0)),
    ],
)
def test_age_is_whole_years_and_a_range_where_the_birth_date_leaves_one(born: str, age: Age) -> None:
    assert age_at(born, DAY) == age


def test_without_a_birth_date_or_with_one_ahead_there_is_no_age() -> None:
    assert age_at(None, DAY) is None
    assert age_at("2027", DAY) is None


def test_someone_born_on_29_february_is_older_on_1_march() -> None:
    assert age_at("2008-02-29", date(2026, 2, 28)) == Age(17, 17)
    assert age_at("2008-02-29", date(2026, 3, 1)) == Age(18, 18)
