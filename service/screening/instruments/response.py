"""A QuestionnaireResponse as a value: the tree of its items and answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from service.screening.instruments.typed_value import TypedValue


@dataclass(frozen=True, slots=True)
class DateTimeValue:
    """A FHIR dateTime. ``text`` is as received, ``sort_key`` is in UTC (00:00 if the text has no time of day);
    ``is_instant``: the text has a time of day and a zone."""

    text: str
    sort_key: datetime
    is_instant: bool


@dataclass(frozen=True, slots=True)
class Answer(TypedValue):
    """One answer with its nested items. ``path`` is its FHIRPath, e.g. ``QuestionnaireResponse.item[0].answer[0]``.

    ``weights``: the weights that the sender states with it.
    """

    path: str
    items: tuple["AnsweredItem", ...] = ()
    weights: tuple[Decimal, ...] = ()


class AnsweredItem(NamedTuple):
    """One item of a response. ``path`` is its FHIRPath, e.g. ``QuestionnaireResponse.item[0]``.

    ``absent``: the code of the data-absent-reason given in place of an answer, e.g. ``asked-declined``.
    ``has_empty_answer``: it has an answer without a value, whose nested items are ``items``. A tuple, because a frozen
    dataclass takes three times as long to make: this serves "from bytes to the bytes of the Bundle" of `make bench`.
    """

    link_id: str
    path: str
    answers: tuple[Answer, ...] = ()
    items: tuple["AnsweredItem", ...] = ()
    text: str | None = None
    absent: str | None = None
    has_empty_answer: bool = False


@dataclass(frozen=True)
class Response:
    """One response. ``questionnaire`` is a canonical, ``patient`` a reference; ``contained`` gives the type of each
    contained resource by its id."""

    id: str
    questionnaire: str
    status: str
    patient: str
    authored: DateTimeValue | None
    items: tuple[AnsweredItem, ...]
    contained: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def all_items(self) -> tuple[AnsweredItem, ...]:
        """Every item of the tree in order. Its check and its results need them several times."""
        return tuple(walk_answered_items(self.items))


def walk_answered_items(items: tuple[AnsweredItem, ...]) -> Iterator[AnsweredItem]:
    """Every item of the tree in order, including those nested in groups and in answers."""
    for item in items:
        yield item
        if item.items:
            yield from walk_answered_items(item.items)
        for answer in item.answers:
            if answer.items:
                yield from walk_answered_items(answer.items)
