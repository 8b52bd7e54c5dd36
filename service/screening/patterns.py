"""Patterns: what the answers fit. Each has a gate, weighed evidence, a minimum and bands; none is a diagnosis."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

from service.screening.case import Case, Condition, Reason, distinct
from service.screening.combinations import All
from service.screening.logic import Truth
from service.screening.urgency import Urgency


class Confidence(IntEnum):
    """How well the answers fit. ``NEEDS_CHECKING`` is for danger patterns, which have no bands."""

    POSSIBLE = 1
    FITS = 2
    FITS_WELL = 3
    NEEDS_CHECKING = 4

    @cached_property
    def code(self) -> str:
        """The code in our CodeSystem ``confidence``."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def of(cls, code: str) -> "Confidence":
        """Reads a code; raises KeyError for one that is none."""
        return cls[code.upper().replace("-", "_")]


@dataclass(frozen=True)
class Line:
    """One line of evidence: when it holds, its weight counts (below zero it speaks against)."""

    when: Condition
    weight: int
    facts: tuple[str, ...]


@dataclass(frozen=True)
class BandShift:
    """Raises the confidence by one band, or caps it at ``cap``, when the condition holds."""

    when: Condition
    facts: tuple[str, ...]
    cap: Confidence | None = None


@dataclass(frozen=True)
class UrgencyLine:
    """The level of a pattern when the condition holds; the first line that holds counts."""

    level: Urgency
    when: Condition
    facts: tuple[str, ...]


@dataclass(frozen=True)
class FlagLevel:
    """The pattern is at least at the level of this flag, when the flag is up and the condition holds."""

    flag: str
    when: Condition


@dataclass(frozen=True)
class Pattern:
    """A pattern's rule. Without weights of its own it takes the band of its umbrella, ``band_of``.

    ``umbrella`` says that more specific patterns look at this one.
    """

    id: str
    kind: str
    gate: tuple[Condition, ...]
    lines: tuple[Line, ...]
    facts: tuple[str, ...]
    minimum: int | None
    bands: tuple[tuple[Confidence, int], ...]
    band_of: str | None
    danger: bool
    raise_band: BandShift | None
    cap_band: BandShift | None
    urgency: tuple[UrgencyLine, ...]
    at_least: tuple[FlagLevel, ...]
    card: str | None = None
    wording: str | None = None
    umbrella: bool = False

    @cached_property
    def opens(self) -> All:
        """The gate as one condition."""
        return All(self.gate)


class Evidence(NamedTuple):
    """A line that counted, with the answers that made it hold."""

    line: Line
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Reported:
    """A pattern that passed its gate and reached its minimum."""

    pattern: Pattern
    score: int | None
    confidence: Confidence
    urgency: Urgency
    evidence: tuple[Evidence, ...]
    gate_reasons: tuple[Reason, ...]
    open_questions: tuple[str, ...]
    adds_to_bodily: bool = False


@dataclass(frozen=True)
class BelowMinimum:
    """A pattern that passed its gate but did not reach its minimum."""

    pattern: Pattern
    score: int


@dataclass(frozen=True)
class Unjudged:
    """A pattern whose gate hangs on questions left open."""

    pattern: Pattern
    open_questions: tuple[str, ...]


@dataclass(frozen=True)
class JudgedPatterns:
    """What the patterns came to."""

    reported: tuple[Reported, ...] = ()
    below: tuple[BelowMinimum, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()


def judge_patterns(patterns: Sequence[Pattern], case: Case) -> JudgedPatterns:
    """Judges in the given order: a pattern may look at those before it."""
    reported: dict[str, Reported] = {}
    below: list[BelowMinimum] = []
    unjudged: list[Unjudged] = []
    case = replace(case, reported=reported, memo={})
    for pattern in patterns:
        outcome = judge_pattern(pattern, case, reported)
        match outcome:
            case Reported():
                reported[pattern.id] = outcome
            case BelowMinimum():
                below.append(outcome)
            case Unjudged():
                unjudged.append(outcome)
    return JudgedPatterns(beside_bodily(tuple(reported.values())), tuple(below), tuple(unjudged))


def judge_pattern(
    pattern: Pattern, case: Case, reported: Mapping[str, Reported]
) -> Reported | BelowMinimum | Unjudged | None:
    """Gate, evidence, band, urgency of one pattern."""
    gate = pattern.opens.judge(case)
    if gate is not True:
        return None if gate is False else Unjudged(pattern, open_in(pattern.gate, judged(pattern.gate, case), case))
    values = judged((line.when for line in pattern.lines), case)
    score = sum(line.weight for line, value in zip(pattern.lines, values, strict=True) if value is True)
    if pattern.minimum is not None and score < pattern.minimum:
        return BelowMinimum(pattern, score)
    return Reported(
        pattern,
        score if pattern.lines else None,
        confidence(pattern, score, case, reported),
        urgency(pattern, case),
        evidence(pattern, values, case),
        distinct(pattern.opens.reasons(case)),
        open_in([line.when for line in pattern.lines], values, case),
    )


def judged(conditions: Iterable[Condition], case: Case) -> list[Truth]:
    return [part.judge(case) for part in conditions]


def open_in(conditions: Iterable[Condition], values: Sequence[Truth], case: Case) -> tuple[str, ...]:
    """The questions that leave some of the conditions unknown, each once."""
    if None not in values:
        return ()
    unknown = (part for part, value in zip(conditions, values, strict=True) if value is None)
    return tuple(dict.fromkeys(question for part in unknown for question in part.open_questions(case)))


def evidence(pattern: Pattern, values: Sequence[Truth], case: Case) -> tuple[Evidence, ...]:
    """The lines that counted."""
    held = [line for line, value in zip(pattern.lines, values, strict=True) if value is True]
    return tuple([Evidence(line, distinct(line.when.reasons(case))) for line in held])


def confidence(pattern: Pattern, score: int, case: Case, reported: Mapping[str, Reported]) -> Confidence:
    """The band of the score (or of the umbrella), raised and capped as the pattern says."""
    if pattern.danger:
        return Confidence.NEEDS_CHECKING
    if pattern.band_of is not None:
        band = reported[pattern.band_of].confidence
    else:
        band = max(band for band, low in pattern.bands if score >= low)
    if pattern.raise_band is not None and pattern.raise_band.when.judge(case) is True:
        band = min(Confidence.FITS_WELL, Confidence(band + 1))
    cap = pattern.cap_band
    if cap is not None and cap.cap is not None and cap.when.judge(case) is True:
        band = min(cap.cap, band)
    return band


def urgency(pattern: Pattern, case: Case) -> Urgency:
    """The first line that holds, and at least the level of the flags named."""
    own = next((line.level for line in pattern.urgency if line.when.judge(case) is True), Urgency.NONE)
    flags = [
        case.raised[item.flag].level
        for item in pattern.at_least
        if item.flag in case.raised and item.when.judge(case) is True
    ]
    return max([own, *flags])


def beside_bodily(reported: Sequence[Reported]) -> tuple[Reported, ...]:
    """Marks what may only be adding to a bodily pattern of the same or a higher band (AN-081)."""
    bodily = [item.confidence for item in reported if item.pattern.kind == "bodily"]
    return tuple(
        replace(item, adds_to_bodily=True)
        if item.pattern.wording == "adds" and bodily and max(bodily) >= item.confidence
        else item
        for item in reported
    )
