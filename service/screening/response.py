"""A questionnaire response as the rules and checks need it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Moment:
    """A FHIR dateTime: ``text`` as received, ``order`` in UTC (without a time of day 00:00), and
    whether it is a full instant."""

    text: str
    order: datetime
    is_instant: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its FHIR type (``Coding``, ``decimal``, ...), value, nested items, and where it stands."""

    kind: str
    value: Any
    path: str
    items: tuple["AnsweredItem", ...] = ()


@dataclass(frozen=True, slots=True)
class AnsweredItem:
    """One item of a response, with its position in what was received."""

    link_id: str
    path: str
    answers: tuple[Answer, ...] = ()
    items: tuple["AnsweredItem", ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """A response: whose, when, to what, and the tree of answers. ``contained`` holds types of resources by id."""

    id: str
    questionnaire: str
    status: str
    patient: str
    authored: Moment | None
    items: tuple[AnsweredItem, ...]
    contained: Mapping[str, str] = field(default_factory=dict)


def walk(items: tuple[AnsweredItem, ...]) -> Iterator[AnsweredItem]:
    """Every answered item of a tree, under groups and under answers alike, in order."""
    for item in items:
        yield item
        if item.items:
            yield from walk(item.items)
        for answer in item.answers:
            if answer.items:
                yield from walk(answer.items)
