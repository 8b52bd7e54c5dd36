"""The answers of one response, indexed for the rules: chosen options, items shown, totals, contradictions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from service.screening.instruments.comparison import number_of
from service.screening.instruments.editions import OUR_FORM, SenderForm
from service.screening.instruments.enable_when import is_shown
from service.screening.instruments.instrument import Instrument, Item
from service.screening.instruments.response import Answer, Response
from service.screening.instruments.typed_value import Coding
from service.screening.kleene import Truth, and_

# All answers to each question, by linkId.
Answers = Mapping[str, Sequence[Answer]]
NUMBERS = {"decimal", "integer"}


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Answers that contradict each other: an ``exclusive`` option beside others, an answer to an item that was
    ``not-shown``, or an answer with ``two-readings``, of which ``judged`` are the codes that are used."""

    kind: Literal["exclusive", "not-shown", "two-readings"]
    link_id: str
    judged: tuple[str, ...] = ()


@dataclass(frozen=True)
class AnswerSheet:
    """The indexed answers, by linkId. ``chosen``: option codes (without unanswered items); ``asked``: whether the
    sender's form showed the item; ``numbers``: numeric answers; ``absent``: why an item has no answer, as the code of
    its data-absent-reason.

    Example of ``chosen``: ``{"lp-side": frozenset({"lp-side.left"})}``.
    """

    instrument: Instrument
    chosen: Mapping[str, frozenset[str]]
    asked: Mapping[str, Truth]
    numbers: Mapping[str, Decimal]
    contradictions: tuple[Contradiction, ...] = ()
    absent: Mapping[str, str] = field(default_factory=dict)

    def is_open(self, link_id: str) -> bool:
        """Whether the item was shown and not answered."""
        return self.asked.get(link_id) is True and link_id not in self.chosen


def answers_of(response: Response, only: Collection[str] | None = None) -> dict[str, list[Answer]]:
    """The answers by linkId, of all items or of those in ``only``."""
    answers: dict[str, list[Answer]] = {}
    for item in response.all_items:
        if item.answers and (only is None or item.link_id in only):
            answers.setdefault(item.link_id, []).extend(item.answers)
    return answers


def absent_reasons(response: Response, only: Collection[str] | None = None) -> dict[str, str]:
    """Why items have no answer, by linkId, of all items or of those in ``only``."""
    return {
        item.link_id: item.absent
        for item in response.all_items
        if item.absent is not None and (only is None or item.link_id in only)
    }


def read_sheet(
    instrument: Instrument,
    answers: Answers,
    form: SenderForm = OUR_FORM,
    absent: Mapping[str, str] | None = None,
    found: Sequence[Contradiction] = (),
) -> AnswerSheet:
    """Indexes answers that are valid for the instrument. ``found`` are contradictions inside single answers.

    An exclusive option beside others is dropped. An answer to an item that was not shown is kept. Both are
    contradictions.
    """
    chosen: dict[str, frozenset[str]] = {}
    numbers: dict[str, Decimal] = {}
    contradictions, drops = list(found), False
    for link_id, given in answers.items():
        if len(given) == 1 and isinstance(given[0].value, Coding) and given[0].value.code is not None:
            chosen[link_id] = frozenset((given[0].value.code,))
            continue
        codings = [answer.value.code for answer in given if isinstance(answer.value, Coding)]
        codes = frozenset(code for code in codings if code is not None)
        if codes:
            chosen[link_id] = drop_exclusive(instrument.by_link_id[link_id], codes)
            if chosen[link_id] != codes:
                contradictions.append(Contradiction("exclusive", link_id))
        drops = drops or len(chosen.get(link_id, ())) < len(codings)
        numbers.update((link_id, number_of(answer)) for answer in given if answer.type in NUMBERS)
    asked = asked_items(instrument, drop_answers(answers, chosen) if drops else answers, form)
    contradictions += [Contradiction("not-shown", link_id) for link_id in chosen if asked[link_id] is False]
    return AnswerSheet(instrument, chosen, asked, numbers, sort_by_item(contradictions, instrument), absent or {})


def sort_by_item(contradictions: list[Contradiction], instrument: Instrument) -> tuple[Contradiction, ...]:
    """Contradictions in the order of the questionnaire, whatever the order of the answers."""
    if len(contradictions) < 2:
        return tuple(contradictions)
    order = instrument.order
    return tuple(sorted(contradictions, key=lambda each: (order[each.link_id], each.kind)))


def drop_exclusive(item: Item, codes: frozenset[str]) -> frozenset[str]:
    """The codes without the item's exclusive options, unless nothing else was chosen."""
    if len(codes) == 1:
        return codes
    return codes - item.exclusive or codes


def drop_answers(answers: Answers, chosen: Mapping[str, frozenset[str]]) -> Answers:
    """The answers without the options that are not in ``chosen``."""
    return {
        link_id: [a for a in given if not isinstance(a.value, Coding) or a.value.code in chosen.get(link_id, ())]
        for link_id, given in answers.items()
    }


def asked_items(instrument: Instrument, answers: Answers, form: SenderForm) -> dict[str, Truth]:
    """Whether the sender's form showed each item, by linkId; unknown while an unanswered question decides."""
    if form.lacks:
        return asked_of_form(instrument.items, answers, form, True)
    asked: dict[str, Truth] = dict.fromkeys(instrument.by_link_id, True)
    for item, parent in instrument.hanging:
        is_asked = True if parent is None else asked[parent]
        asked[item.link_id] = was_asked(item, answers, form, is_asked) if item.enable_when else is_asked
    return asked


def asked_of_form(items: tuple[Item, ...], answers: Answers, form: SenderForm, parent: Truth) -> dict[str, Truth]:
    """As ``asked_items``, for a form that lacks some of the items."""
    asked: dict[str, Truth] = {}
    for item in items:
        asked[item.link_id] = was_asked(item, answers, form, parent)
        asked.update(asked_of_form(item.items, answers, form, asked[item.link_id]))
    return asked


def was_asked(item: Item, answers: Answers, form: SenderForm, parent: Truth) -> Truth:
    """Whether the sender's form showed one item, given whether it showed the item's ``parent``."""
    if item.link_id in form.lacks:
        return False
    if parent is False or not item.enable_when or item.link_id in form.always_shows:
        return parent
    return and_((parent, is_shown(item, lambda question: answers.get(question, ()))))
