"""The answers of one response, indexed for judging: what was chosen, what was asked, what contradicts itself."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from service.screening.enablement import shown
from service.screening.instrument import Instrument, Item
from service.screening.logic import Truth, every
from service.screening.response import Answer, Response, walk

Answers = Mapping[str, Sequence[Answer]]
NUMBERS = {"decimal", "integer"}


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Answers that do not fit together: an ``exclusive`` option beside others, or one to a question ``not-shown``."""

    kind: str
    link_id: str


@dataclass(frozen=True, slots=True)
class SenderForm:
    """How the sender's form differs from ours: items it lacks, and items it shows without our condition."""

    lacks: frozenset[str] = frozenset()
    always_shows: frozenset[str] = frozenset()


OUR_FORM = SenderForm()


@dataclass(frozen=True)
class AnswerSheet:
    """``chosen`` holds the option codes by linkId (an unanswered item is absent), ``asked`` whether the form
    showed the item, ``numbers`` the numeric answers."""

    instrument: Instrument
    chosen: Mapping[str, frozenset[str]]
    asked: Mapping[str, Truth]
    numbers: Mapping[str, Decimal]
    contradictions: tuple[Contradiction, ...] = ()

    def is_open(self, link_id: str) -> bool:
        """Whether the item was asked and left without an answer."""
        return self.asked.get(link_id) is True and link_id not in self.chosen


def answers_of(response: Response, only: Collection[str] | None = None) -> dict[str, list[Answer]]:
    """The answers by linkId, of all items or of some."""
    found: dict[str, list[Answer]] = {}
    for item in walk(response.items):
        if item.answers and (only is None or item.link_id in only):
            found.setdefault(item.link_id, []).extend(item.answers)
    return found


def read_sheet(instrument: Instrument, answers: Answers, form: SenderForm = OUR_FORM) -> AnswerSheet:
    """Indexes answers that have been checked against the instrument.

    An exclusive option beside others is dropped (the others stand); an answer to an item that was
    not shown stands as given; both are listed as contradictions.
    """
    chosen: dict[str, frozenset[str]] = {}
    numbers: dict[str, Decimal] = {}
    contradictions = []
    for link_id, given in answers.items():
        codes = frozenset(a.value.code for a in given if a.kind == "Coding")
        if codes:
            chosen[link_id] = without_exclusive(instrument.by_link_id[link_id], codes)
            if chosen[link_id] != codes:
                contradictions.append(Contradiction("exclusive", link_id))
        numbers.update((link_id, Decimal(a.value)) for a in given if a.kind in NUMBERS)
    asked = what_was_asked(instrument.items, kept(answers, chosen), form)
    contradictions += [Contradiction("not-shown", link) for link in chosen if asked[link] is False]
    return AnswerSheet(instrument, chosen, asked, numbers, in_form_order(contradictions, instrument))


def in_form_order(contradictions: list[Contradiction], instrument: Instrument) -> tuple[Contradiction, ...]:
    """Contradictions in the order of the questions, whatever the order of the answers."""
    if len(contradictions) < 2:
        return tuple(contradictions)
    place = {link_id: index for index, link_id in enumerate(instrument.by_link_id)}
    return tuple(sorted(contradictions, key=lambda found: (place[found.link_id], found.kind)))


def without_exclusive(item: Item, codes: frozenset[str]) -> frozenset[str]:
    """The codes without the item's exclusive options, unless nothing else was chosen."""
    if len(codes) == 1:
        return codes
    return codes - item.exclusive or codes


def kept(answers: Answers, chosen: Mapping[str, frozenset[str]]) -> Answers:
    """The answers without dropped options."""
    return {
        link_id: [a for a in given if a.kind != "Coding" or a.value.code in chosen[link_id]]
        for link_id, given in answers.items()
    }


def what_was_asked(
    items: tuple[Item, ...], answers: Answers, form: SenderForm, parent: Truth = True
) -> dict[str, Truth]:
    """For every item whether the sender's form showed it; unknown while that hangs on a question left open."""
    asked: dict[str, Truth] = {}
    for item in items:
        asked[item.link_id] = was_asked(item, answers, form, parent)
        if item.items:
            asked.update(what_was_asked(item.items, answers, form, asked[item.link_id]))
    return asked


def was_asked(item: Item, answers: Answers, form: SenderForm, parent: Truth) -> Truth:
    """Whether the sender's form showed one item, given whether it showed the item above."""
    if item.link_id in form.lacks:
        return False
    if item.link_id in form.always_shows:
        return parent
    return every((parent, shown(item, lambda question: answers.get(question, ()))))
