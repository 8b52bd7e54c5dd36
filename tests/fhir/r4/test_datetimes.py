"""FHIR dates and times: sort keys and ranges."""

from datetime import UTC, datetime

import pytest

from service.fhir.r4.datetimes import format_instant, parse_datetime
from service.fhir.search.date_ranges import span


@pytest.mark.parametrize(
    ("text", "order", "is_instant"),
    [
        ("2026", "2026-01-01T00:00:00.000Z", False),
        ("2026-11", "2026-11-01T00:00:00.000Z", False),
        ("2026-11-21", "2026-11-21T00:00:00.000Z", False),
        ("2026-11-21T09:00:00Z", "2026-11-21T09:00:00.000Z", True),
        ("2026-11-21T09:00:00+09:00", "2026-11-21T00:00:00.000Z", True),
        ("2026-11-21T09:00:00.7159Z", "2026-11-21T09:00:00.715Z", True),
        ("2026-12-31T23:59:60Z", "2026-12-31T23:59:59.000Z", True),
    ],
)
def test_a_moment_keeps_its_text_and_has_its_place_in_time(text: str, order: str, is_instant: bool) -> None:
    read = parse_datetime(text)
    assert (read.text, format_instant(read.sort_key), read.is_instant) == (text, order, is_instant)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2026", "2027-01-01T00:00:00.000Z"),
        ("2026-02", "2026-03-01T00:00:00.000Z"),
        ("2026-12", "2027-01-01T00:00:00.000Z"),
        ("2026-02-28", "2026-03-01T00:00:00.000Z"),
        ("2026-11-21T09:00:00Z", "2026-11-21T09:00:01.000Z"),
        ("2026-11-21T09:00:00.250Z", "2026-11-21T09:00:00.251Z"),
    ],
)
def test_a_date_means_everything_up_to_the_next(text: str, end: str) -> None:
    assert span(text)[1] == end


def test_instants_sort_as_text() -> None:
    early, late = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 11, 1, 9, 0, 0, 5000, tzinfo=UTC)
    assert format_instant(early) < format_instant(late)
