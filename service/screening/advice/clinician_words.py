"""Words of the summary for the clinician: short names of flags and questions, families of patterns, score changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from service.screening.rules.urgency import Urgency


@dataclass(frozen=True)
class NameLimits:
    """How many names of each kind are listed before "and n more", and the greatest length of a text."""

    flags: int
    patterns: int
    questions: int
    not_judged: int
    characters: int


class SelfHarmQuestion(NamedTuple):
    """The linkIds of the question on self-harm and of the question that follows it, and their instrument."""

    instrument: str
    question: str
    safe_now: str


class Ticked(NamedTuple):
    """An answer that the head of the summary names: ``Ticked("diabetes", "lp-illness", "diabetes")``."""

    name: str
    question: str
    answer: str


@dataclass(frozen=True)
class Family:
    """How one family of patterns is named.

    ``heads``: the patterns that give the entry its name, the first reported one. ``always``, and ``beside_bodily``
    where a bodily pattern is reported: the whole entry, if the first head is reported.
    """

    heads: tuple[str, ...] = ()
    always: str | None = None
    beside_bodily: str | None = None


@dataclass(frozen=True)
class ScoreScheme:
    """From which difference of two totals a change is named, and the words for it."""

    scheme: str
    points: int
    higher: str
    lower: str
    below: str

    def verdict(self, difference: int | Decimal) -> str:
        """The words for a difference of two totals."""
        if abs(Decimal(difference)) < self.points:
            return self.below
        return self.higher if difference > 0 else self.lower


@dataclass(frozen=True)
class ChangeSchemes:
    """The schemes by which scores are compared, by name and instrument; ``default`` is the name of one."""

    default: str
    schemes: Mapping[str, Mapping[str, ScoreScheme]]

    def scheme_of(self, name: str, instrument: str) -> ScoreScheme | None:
        """The scheme for an instrument; that of ``default`` if the named one leaves the instrument out."""
        return self.schemes[name].get(instrument) or self.schemes[self.default].get(instrument)


@dataclass(frozen=True)
class ClinicianWords:
    """All words of summary.yaml. ``flag_names`` are by code and level, in the order in which flags are named."""

    flag_names: Mapping[str, Mapping[Urgency, str]]
    said_otherwise: frozenset[str]
    at_most: NameLimits
    self_harm: SelfHarmQuestion
    safety_questions: tuple[str, ...]
    no_complaint: Ticked
    ticked: tuple[Ticked, ...]
    families: Mapping[str, Family]
    scores: tuple[str, ...]
    questions: Mapping[str, str]
    change: ChangeSchemes = field(repr=False)

    def flag_name(self, code: str, level: Urgency) -> str | None:
        """The short name of a flag at a level; that of its next lower level if it has none of its own."""
        names = self.flag_names.get(code, {})
        lower = [urgency for urgency in names if urgency <= level]
        return names[max(lower)] if lower else None

    def flag_order(self, code: str) -> int:
        """The place of a flag among those of its level."""
        return list(self.flag_names).index(code) if code in self.flag_names else len(self.flag_names)
