"""Responses made on other people's editions of an instrument, put into our linkIds and codes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from service.screening.instrument import Coding, Instrument
from service.screening.response import Answer, AnsweredItem, Response
from service.screening.sheet import OUR_FORM, SenderForm


@dataclass(frozen=True)
class Edition:
    """One edition: its canonical (``version`` None stands for all), and how it stands to our form.

    ``link_ids`` from theirs to ours (others are the same); ``dropped`` are items of theirs that we do
    not know; ``codings`` from their answer to ours, by our linkId ("" for all); ``not_answered`` are
    answers that mean "no answer".
    """

    url: str
    version: str | None = None
    link_ids: Mapping[str, str] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    codings: Mapping[tuple[str, Coding], Coding] = field(default_factory=dict)
    not_answered: frozenset[Coding] = frozenset()
    form: SenderForm = OUR_FORM


@dataclass(frozen=True)
class Form:
    """What a response's canonical leads to: our instrument, and the edition it was answered on if not ours."""

    instrument: Instrument
    edition: Edition | None = None

    @property
    def sender_form(self) -> SenderForm:
        return self.edition.form if self.edition is not None else OUR_FORM


def translate(response: Response, edition: Edition) -> Response:
    """The response as if it had been made on our form; positions stay those of what was received."""
    return replace(response, items=translate_items(response.items, edition))


def translate_items(items: tuple[AnsweredItem, ...], edition: Edition) -> tuple[AnsweredItem, ...]:
    return tuple(translate_item(item, edition) for item in items if item.link_id not in edition.dropped)


def translate_item(item: AnsweredItem, edition: Edition) -> AnsweredItem:
    link_id = edition.link_ids.get(item.link_id, item.link_id)
    answers = tuple(
        translate_answer(answer, link_id, edition)
        for answer in item.answers
        if answer.kind != "Coding" or answer.value not in edition.not_answered
    )
    return replace(item, link_id=link_id, answers=answers, items=translate_items(item.items, edition), text=None)


def translate_answer(answer: Answer, link_id: str, edition: Edition) -> Answer:
    value = answer.value
    if answer.kind == "Coding":
        value = edition.codings.get((link_id, value)) or edition.codings.get(("", value)) or value
    return replace(answer, value=value, items=translate_items(answer.items, edition))
