"""Comparison of typed values: less, equal, greater, or unknown."""

from typing import Any

import pytest

from service.screening.instruments.comparison import at_least, at_most, compare
from service.screening.instruments.typed_value import TypedValue


@pytest.mark.parametrize(
    ("one", "other", "order"),
    [
        ("2026", "2026", 0),
        ("2026", "2026-03", None),
        ("2025-12-31", "2026", -1),
        ("2027-01", "2026", 1),
        ("2026-12", "2027-01", -1),
        ("9999", "9998", 1),
        ("9999-12-31", "2026-01-01T00:00:00Z", 1),
        ("0001-01-01", "2026-01-01T00:00:00Z", -1),
        ("2026-02-30", "2026-03", None),
        ("2026-03-01T00:00:00+14:00", "2026-02-28T10:00:00Z", 0),
        ("2026-03-01T12:00:00Z", "2026-03-01", None),
        ("2026-03-03T12:00:00Z", "2026-03-01", 1),
    ],
)
def test_dates_compare_as_far_as_they_are_precise(one: str, other: str, order: int | None) -> None:
    assert compare(TypedValue("dateTime", one), TypedValue("dateTime", other)) == order


def test_a_bound_without_a_time_of_day_holds_for_the_whole_day() -> None:
    march, april = TypedValue("date", "2026-03"), TypedValue("date", "2026-04")
    assert at_least(march, TypedValue("date", "2026-03-01")) is True
    assert at_most(march, TypedValue("date", "2026-03-30")) is None
    assert at_most(march, TypedValue("date", "2026-03-31")) is True
    assert at_most(april, TypedValue("date", "2026-03-31")) is False


@pytest.mark.parametrize(
    ("one", "other", "order"),
    [
        ({"value": 1, "code": "kg", "system": "u"}, {"value": 1, "code": "kg", "system": "u", "unit": "kilo"}, 0),
        ({"value": 1, "code": "kg", "system": "u"}, {"value": 1, "code": "g", "system": "u"}, None),
        ({"value": 1, "code": "kg", "system": "u"}, {"value": 1, "unit": "kg"}, None),
        ({"value": 1}, {"value": 2}, -1),
        ({"value": 1, "comparator": "<"}, {"value": 2}, None),
        ({}, {"value": 2}, None),
    ],
)
def test_quantities_compare_in_one_unit_only(one: dict[str, Any], other: dict[str, Any], order: int | None) -> None:
    assert compare(TypedValue("Quantity", one), TypedValue("Quantity", other)) == order


def test_what_is_of_different_kinds_does_not_compare() -> None:
    assert compare(TypedValue("integer", 1), TypedValue("string", "1")) is None
    assert compare(TypedValue("string", "1"), TypedValue("string", "1")) is None
