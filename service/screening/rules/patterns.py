"""Patterns of complaints that the answers can fit. Each has a gate, weighted evidence, a minimum score and bands.

No pattern is a diagnosis.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from typing import Literal, NamedTuple

from service.screening.kleene import Truth
from service.screening.rules.case import Case, Condition, Reason, distinct_reasons, open_questions_of
from service.screening.rules.cited_facts import OnlyWith, cited_facts
from service.screening.rules.combinations import AllOf
from service.screening.rules.urgency import Urgency

PatternKind = Literal["bodily", "mood", "modifier"]
# "adds": the pattern may only add to a bodily pattern (AN-081); "link": it links bodily complaints to mood.
PatternWording = Literal["adds", "link"]


class Confidence(IntEnum):
    """How well the answers fit a pattern. ``NEEDS_CHECKING`` is that of danger patterns, which have no bands."""

    POSSIBLE = 1
    FITS = 2
    FITS_WELL = 3
    NEEDS_CHECKING = 4

    @cached_property
    def code(self) -> str:
        """The code in our CodeSystem ``confidence``, e.g. ``fits-well``."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def of(cls, code: str) -> "Confidence":
        """The confidence of a code, e.g. of ``fits-well``. Raises KeyError if there is no such code."""
        return cls[code.upper().replace("-", "_")]


@dataclass(frozen=True)
class Line:
    """A line of evidence: if ``when`` is true, ``weight`` is added to the score; below zero it is evidence against.

    ``only_with``: the facts that are cited only with certain answers. ``silent``: its answers say "No" and are no
    reasons (EX-75).
    """

    when: Condition
    weight: int
    facts: tuple[str, ...]
    only_with: OnlyWith = field(default_factory=dict)
    silent: bool = False


@dataclass(frozen=True)
class BandShift:
    """If ``when`` is true, raises the confidence by one band, or limits it to ``cap`` if that is given."""

    when: Condition
    facts: tuple[str, ...]
    cap: Confidence | None = None


@dataclass(frozen=True)
class UrgencyLine:
    """The urgency of a pattern if ``when`` is true; the first line that is true applies."""

    level: Urgency
    when: Condition
    facts: tuple[str, ...]


@dataclass(frozen=True)
class FlagLevel:
    """If ``when`` is true and the red flag is raised, the urgency of the pattern is at least that of the flag."""

    flag: str
    when: Condition


@dataclass(frozen=True)
class Pattern:
    """The rule of one pattern. ``band_of``: the pattern whose confidence it has, instead of ``bands`` of its own.

    ``family``: patterns of one family are shown as one entry. ``only_with``: the facts that are cited only with certain
    answers. ``umbrella``: the gates of more specific patterns name this one.
    """

    id: str
    kind: PatternKind
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
    family: str
    only_with: OnlyWith = field(default_factory=dict)
    wording: PatternWording | None = None
    umbrella: bool = False

    @cached_property
    def gate_condition(self) -> AllOf:
        """The gate as one condition."""
        return AllOf(self.gate)


class Evidence(NamedTuple):
    """A line of evidence that is true, with the reasons why, and the facts that apply to the answers given."""

    line: Line
    reasons: tuple[Reason, ...]
    facts: tuple[str, ...]


@dataclass(frozen=True)
class ReportedPattern:
    """A pattern whose gate is true and whose score is not below its minimum.

    ``facts`` are those of the pattern itself that apply to the answers given.
    """

    pattern: Pattern
    score: int | None
    confidence: Confidence
    urgency: Urgency
    evidence: tuple[Evidence, ...]
    gate_reasons: tuple[Reason, ...]
    facts: tuple[str, ...]
    open_questions: tuple[str, ...]
    adds_to_bodily: bool = False


@dataclass(frozen=True)
class PatternBelowMinimum:
    """A pattern whose gate is true and whose score is below its minimum."""

    pattern: Pattern
    score: int


@dataclass(frozen=True)
class UnjudgedPattern:
    """A pattern whose gate is unknown, with the open questions that leave it so."""

    pattern: Pattern
    open_questions: tuple[str, ...]


@dataclass(frozen=True)
class PatternResults:
    """The results of all patterns; those whose gate is false are absent."""

    reported: tuple[ReportedPattern, ...] = ()
    below: tuple[PatternBelowMinimum, ...] = ()
    unjudged: tuple[UnjudgedPattern, ...] = ()


def evaluate_patterns(patterns: Sequence[Pattern], case: Case) -> PatternResults:
    """Evaluates the patterns in their order: conditions may name patterns that come earlier."""
    reported: dict[str, ReportedPattern] = {}
    below: list[PatternBelowMinimum] = []
    unjudged: list[UnjudgedPattern] = []
    case = replace(case, reported=reported, memo={})
    for pattern in patterns:
        outcome = evaluate_pattern(pattern, case, reported)
        match outcome:
            case ReportedPattern():
                reported[pattern.id] = outcome
            case PatternBelowMinimum():
                below.append(outcome)
            case UnjudgedPattern():
                unjudged.append(outcome)
    return PatternResults(mark_additions(tuple(reported.values())), tuple(below), tuple(unjudged))


def evaluate_pattern(
    pattern: Pattern, case: Case, reported: Mapping[str, ReportedPattern]
) -> ReportedPattern | PatternBelowMinimum | UnjudgedPattern | None:
    """The result of one pattern; None if its gate is false."""
    gate = pattern.gate_condition.evaluate(case)
    if gate is False:
        return None
    if gate is None:
        values = evaluate_all(pattern.gate, case)
        return UnjudgedPattern(pattern, open_questions_of(pattern.gate, values, case))
    values = evaluate_all((line.when for line in pattern.lines), case)
    score = sum(line.weight for line, value in zip(pattern.lines, values, strict=True) if value is True)
    if pattern.minimum is not None and score < pattern.minimum:
        return PatternBelowMinimum(pattern, score)
    gate_reasons = distinct_reasons(pattern.gate_condition.reasons(case))
    return ReportedPattern(
        pattern,
        score if pattern.lines else None,
        pattern_confidence(pattern, score, case, reported),
        pattern_urgency(pattern, case),
        evidence_for(pattern, values, case),
        gate_reasons,
        cited_facts(pattern.facts, pattern.only_with, gate_reasons, case),
        open_questions_of((line.when for line in pattern.lines), values, case),
    )


def evaluate_all(conditions: Iterable[Condition], case: Case) -> list[Truth]:
    """The value of each condition, in order."""
    return [condition.evaluate(case) for condition in conditions]


def evidence_for(pattern: Pattern, values: Sequence[Truth], case: Case) -> tuple[Evidence, ...]:
    """The lines of evidence that are true; ``values`` are those of all lines, in order."""
    lines = [line for line, value in zip(pattern.lines, values, strict=True) if value is True]
    return tuple([line_evidence(line, case) for line in lines])


def line_evidence(line: Line, case: Case) -> Evidence:
    """The evidence of one line that is true."""
    reasons = () if line.silent else distinct_reasons(line.when.reasons(case))
    return Evidence(line, reasons, cited_facts(line.facts, line.only_with, reasons, case))


def pattern_confidence(pattern: Pattern, score: int, case: Case, reported: Mapping[str, ReportedPattern]) -> Confidence:
    """The band of the score, or the confidence of ``band_of``, raised and limited by the pattern's band shifts."""
    if pattern.danger:
        return Confidence.NEEDS_CHECKING
    if pattern.band_of is not None:
        band = reported[pattern.band_of].confidence
    else:
        band = max(band for band, low in pattern.bands if score >= low)
    if pattern.raise_band is not None and pattern.raise_band.when.evaluate(case) is True:
        band = min(Confidence.FITS_WELL, Confidence(band + 1))
    cap = pattern.cap_band
    if cap is not None and cap.cap is not None and cap.when.evaluate(case) is True:
        band = min(cap.cap, band)
    return band


def pattern_urgency(pattern: Pattern, case: Case) -> Urgency:
    """The urgency of the first line that is true, but at least that of the flags in ``at_least``."""
    from_lines = next((line.level for line in pattern.urgency if line.when.evaluate(case) is True), Urgency.NONE)
    flags = [
        case.raised[each.flag].level
        for each in pattern.at_least
        if each.flag in case.raised and each.when.evaluate(case) is True
    ]
    return max([from_lines, *flags])


def mark_additions(reported: Sequence[ReportedPattern]) -> tuple[ReportedPattern, ...]:
    """Marks each pattern that may only add to a bodily pattern of the same or a higher confidence (AN-081)."""
    bodily = [item.confidence for item in reported if item.pattern.kind == "bodily"]
    return tuple(
        replace(item, adds_to_bodily=True)
        if item.pattern.wording == "adds" and bodily and max(bodily) >= item.confidence
        else item
        for item in reported
    )
