"""Columns that keep a value in fewer bytes than its text has."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, SmallInteger
from sqlalchemy.types import TypeDecorator

from service.fhir.r4.datetimes import format_instant, parse_datetime

# A number is never given to another type: it is stored.
TYPE_NUMBERS: Mapping[str, int] = {
    "QuestionnaireResponse": 1,
    "Observation": 2,
    "ClinicalImpression": 3,
    "Provenance": 4,
    "Task": 5,
}
TYPE_NAMES: Mapping[int, str] = {number: name for name, number in TYPE_NUMBERS.items()}
# The number of a type of which nothing is stored.
NO_TYPE = 0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class Instant(TypeDecorator[str]):
    """An instant such as "2026-11-21T09:00:00.000Z", kept as milliseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> int | None:
        """The milliseconds of an instant."""
        return None if value is None else milliseconds_of(value)

    def process_result_value(self, value: int | None, dialect: Any) -> str | None:
        """The instant."""
        return None if value is None else instant_of(value)


class ResourceType(TypeDecorator[str]):
    """The name of a resource type, kept as a number. A type of which nothing is stored matches nothing."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> int | None:
        """The number of a type."""
        return None if value is None else TYPE_NUMBERS.get(value, NO_TYPE)

    def process_result_value(self, value: int | None, dialect: Any) -> str | None:
        """The name of a type."""
        return None if value is None else TYPE_NAMES[value]


@lru_cache(maxsize=1024)
def milliseconds_of(instant: str) -> int:
    """The milliseconds from 1970 to an instant."""
    return (parse_datetime(instant).sort_key - EPOCH) // MILLISECOND


@lru_cache(maxsize=1024)
def instant_of(milliseconds: int) -> str:
    """The instant so many milliseconds after 1970."""
    return format_instant(EPOCH + milliseconds * MILLISECOND)
