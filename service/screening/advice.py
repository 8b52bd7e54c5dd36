"""Advice in two voices: what a patient may read, and what a clinician may do next.

Never a diagnosis, never an all-clear. While a flag of same-day or higher is up, no tip is given.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from service.screening.assessment import Assessment
from service.screening.cards import Card, cards
from service.screening.case import Condition
from service.screening.flags import Flag
from service.screening.instrument import Coding
from service.screening.patterns import Confidence
from service.screening.urgency import Urgency

SELF_HARM = "self-harm"


@dataclass(frozen=True)
class Step:
    """Something a clinician may do next. Of kind ``medicine`` or ``procedure`` it stays out of the record."""

    id: str
    text: str
    facts: tuple[str, ...]
    kind: str = "step"
    code: Coding | None = None

    @property
    def for_record(self) -> bool:
        return self.kind == "step"


@dataclass(frozen=True)
class Tip:
    """Something patients may do themselves, unless a condition holds or cannot be judged."""

    id: str
    text: str
    facts: tuple[str, ...]
    unless: Condition | None = None


@dataclass(frozen=True)
class Voices:
    """What is said of one flag or pattern: to the patient, and to a clinician."""

    patient: str
    clinician: str
    steps: tuple[Step, ...]
    tips: tuple[Tip, ...] = ()


@dataclass(frozen=True)
class Advice:
    """All texts. ``levels`` holds what stands on every page by level; ``call`` the flags whose emergency says
    to call, not to go; ``words`` how sure a pattern is to a patient; ``never`` what no patient may read,
    and ``never_facts`` what that rests on."""

    levels: Mapping[str, str]
    call: frozenset[str]
    words: Mapping[Confidence, str]
    flags: Mapping[str, Voices]
    patterns: Mapping[str, Voices]
    patterns_at_most: int
    tips_at_most: int
    never: tuple[str, ...] = ()
    never_facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Warned:
    """One warning to a patient, with the flags behind it."""

    text: str
    flags: tuple[Flag, ...]


@dataclass(frozen=True)
class PatientAdvice:
    """What a patient reads, in this order: help, what to do, why, what it may be, tips, and what stands always."""

    level: Urgency
    help: tuple[str, ...]
    act: tuple[str, ...]
    warnings: tuple[Warned, ...]
    patterns: tuple[tuple[str, str], ...]
    tips: tuple[str, ...]
    always: tuple[str, ...]


def for_patient(assessment: Assessment, advice: Advice) -> PatientAdvice:
    """Chooses what a patient reads. Help against self-harm stands above everything else, whatever the levels."""
    raised = list(assessment.raised.values())
    harm = [flag for flag in raised if flag.kind == SELF_HARM]
    others = [flag for flag in raised if flag.kind != SELF_HARM]
    found = assessment.patterns.reported
    level = max([*(flag.level for flag in others), *(item.urgency for item in found)], default=Urgency.NONE)
    shown = cards(found, advice.patterns_at_most)
    if level is Urgency.EMERGENCY:
        others = [flag for flag in others if flag.level is level]
        shown = [card for card in shown if card.urgency >= Urgency.SAME_DAY]
    return PatientAdvice(
        level=max(level, *(flag.level for flag in harm)) if harm else level,
        help=tuple(help_texts(harm, advice)),
        act=tuple(what_to_do(level, others, assessment, advice, bool(harm))),
        warnings=tuple(warnings(others, advice)),
        patterns=tuple(dict.fromkeys(named(card, advice) for card in shown)),
        tips=tuple(tip.text for tip in tips(assessment, shown, advice)),
        always=(advice.levels["call-now"], advice.levels["always"]),
    )


def help_texts(harm: Iterable[Flag], advice: Advice) -> Iterator[str]:
    """Words for someone who thinks of self-harm; the call comes first in an emergency."""
    for flag in harm:
        if flag.level is Urgency.EMERGENCY:
            yield advice.levels["self-harm-now"]
        yield advice.flags[flag.rule.code].patient


def what_to_do(
    level: Urgency, flags: Iterable[Flag], assessment: Assessment, advice: Advice, harm: bool
) -> Iterator[str]:
    """How soon to be seen, and what to say when nothing or nobody may be judged."""
    if assessment.minor:
        yield advice.levels["minor"]
    if level is Urgency.EMERGENCY:
        call = any(flag.rule.code in advice.call for flag in flags)
        yield advice.levels["emergency-call" if call else "emergency-go"]
    elif level is not Urgency.NONE or not harm:
        yield advice.levels[level.code]
    if assessment.patterns_judged and not assessment.patterns.reported and level is not Urgency.EMERGENCY:
        yield advice.levels["no-pattern"]


def warnings(flags: Iterable[Flag], advice: Advice) -> Iterator[Warned]:
    """Why someone should be seen: each text once, with the flags that say it."""
    grouped: dict[str, list[Flag]] = {}
    for flag in flags:
        grouped.setdefault(advice.flags[flag.rule.code].patient, []).append(flag)
    return (Warned(text, tuple(group)) for text, group in grouped.items())


def named(card: Card, advice: Advice) -> tuple[str, str]:
    """A card in a patient's words: what it is called, and how sure it is."""
    lead = card.items[0]
    return advice.patterns[lead.pattern.id].patient, advice.words[lead.confidence]


def tips(assessment: Assessment, shown: Iterable[Card], advice: Advice) -> list[Tip]:
    """What patients may do themselves: nothing while a flag or pattern asks for the same day or sooner."""
    if assessment.urgency >= Urgency.SAME_DAY:
        return []
    patterns = {item.pattern.id: item for item in assessment.patterns.reported}
    case = replace(assessment.case, reported=patterns)
    voices = [advice.flags[code] for code in assessment.raised]
    voices += [advice.patterns[item.pattern.id] for card in shown for item in card.items]
    offered = dict.fromkeys(tip for voice in voices for tip in voice.tips)
    allowed = [tip for tip in offered if tip.unless is None or tip.unless.judge(case) is False]
    return allowed[: advice.tips_at_most]


def forbidden_in(text: str, never: Sequence[str]) -> list[str]:
    """The words in a text that no patient may read; whole words, singular or plural."""
    lowered = text.lower()
    return [word for word in never if re.search(rf"\b{re.escape(word.lower())}s?\b", lowered)]
