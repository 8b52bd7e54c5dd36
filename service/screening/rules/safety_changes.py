"""Answers to safety items that raised a red flag and were lowered or taken back by a later version of the response."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.instruments.edition_translation import NOT_ASKED
from service.screening.instruments.instrument import Instrument, Item
from service.screening.instruments.typed_value import Coding
from service.screening.rules.assessment import RuleSet, evaluate_safety_items

Codes = frozenset[str]


@dataclass(frozen=True)
class SafetyAnswers:
    """The safety items in one version of a response. ``signs``: by linkId, the chosen options that raise a red flag.

    ``answered``: day of answering, ``received``: day on which this version reached the service. ``absent``: by linkId,
    why an item has no answer, as the code of a data-absent-reason.
    """

    answered: str
    received: str
    chosen: Mapping[str, Codes]
    signs: Mapping[str, Codes]
    withdrawn: bool = False
    absent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LoweredAnswer:
    """Options of a safety item that raised a red flag on the day ``answered``, and are not chosen since ``changed``.

    ``now`` are the options chosen instead; without any, ``absent`` is why, if it is known. ``withdrawn``: the whole
    response was taken back.
    """

    item: Item
    was: tuple[str, ...]
    answered: str
    now: tuple[str, ...]
    changed: str
    withdrawn: bool
    absent: str | None = None


def read_safety_answers(sheet: AnswerSheet, rules: RuleSet, answered: str, received: str) -> SafetyAnswers:
    """The safety items in one version of a response."""
    items = rules.instruments[sheet.instrument.name].safety_items
    signs: dict[str, Codes] = {}
    for flag in evaluate_safety_items(rules, sheet, None).flags.raised:
        for reason in flag.reasons:
            if reason.kind == "answer" and reason.subject in items:
                signs[reason.subject] = signs.get(reason.subject, frozenset()) | set(reason.values)
    chosen = {id: sheet.chosen[id] for id in items & sheet.chosen.keys()}
    absent = {**{id: NOT_ASKED for id in items if sheet.asked.get(id) is False}, **sheet.absent}
    return SafetyAnswers(answered, received, chosen, signs, absent=absent)


def lowered_answers(
    instrument: Instrument, safety_items: Collection[str], versions: Sequence[SafetyAnswers]
) -> tuple[LoweredAnswer, ...]:
    """The safety items whose answer in the last version is lower than in an earlier one, in the order of the form."""
    found = (
        lowered_answer(instrument.by_link_id[id], versions)
        for id in sorted(safety_items, key=lambda id: instrument.order[id])
    )
    return tuple(lowered for lowered in found if lowered is not None)


def lowered_answer(item: Item, versions: Sequence[SafetyAnswers]) -> LoweredAnswer | None:
    """What the last version lowers of one item; None if no earlier version had a higher answer."""
    *earlier, last = versions
    now = last.signs.get(item.link_id, frozenset())
    lost = [(number, codes) for number, codes in enumerate(lost_signs(item, earlier, now)) if codes]
    if not lost:
        return None
    number, _ = lost[-1]
    was = highest_options(item, frozenset().union(*(codes for _, codes in lost)))
    chosen = last.chosen.get(item.link_id, frozenset())
    return LoweredAnswer(
        item,
        in_order(item, was),
        earlier[number].answered,
        in_order(item, chosen),
        versions[number + 1].received,
        last.withdrawn,
        last.absent.get(item.link_id),
    )


def lost_signs(item: Item, earlier: Sequence[SafetyAnswers], now: Codes) -> Iterator[Codes]:
    """The signs of each earlier version that are higher than those of ``now``; without weights, those not in it."""
    weights = weights_of_options(item)
    highest_now = max((weights[code] for code in now), default=0) if weights else 0
    for version in earlier:
        signs = version.signs.get(item.link_id, frozenset())
        yield frozenset(code for code in signs if weights[code] > highest_now) if weights else signs - now


def highest_options(item: Item, codes: Codes) -> Codes:
    """The option of the greatest weight; all options if they have no weights."""
    weights = weights_of_options(item)
    return frozenset({max(codes, key=lambda code: weights[code])}) if weights else codes


def weights_of_options(item: Item) -> dict[str, int]:
    """The itemWeight of each option by code; empty unless every option has one."""
    weights = {
        option.value.code: int(option.weight)
        for option in item.options
        if isinstance(option.value, Coding) and option.value.code is not None and option.weight is not None
    }
    return weights if len(weights) == len(item.options) else {}


def in_order(item: Item, codes: Codes) -> tuple[str, ...]:
    """The codes in the order of the form."""
    return tuple(code for code in item.option_of if code in codes)
