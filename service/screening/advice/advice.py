"""Advice for patients and for clinicians, as advice.yaml contains it. `patient_page` chooses what a patient reads."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from service.screening.advice.contacts import NumberWords
from service.screening.instruments.typed_value import Coding
from service.screening.rules.case import Condition
from service.screening.rules.patterns import Confidence, ReportedPattern
from service.screening.rules.urgency import Urgency

SELF_HARM = "self-harm"
StepKind = Literal["step", "medicine", "procedure"]
# "legs": where leg questions were answered; "pregnant": in or after pregnancy; "self-harm": may be the first entry.
CallReason = Literal["legs", "pregnant", "self-harm"]
BlockName = Literal[
    "emergency", "self-harm", "visit", "why", "until-then", "may-be", "mood", "self-care", "call-now", "always"
]
PageCondition = Literal["legs-asked", "legs", "pregnant", "many-open", "self-harm-denied"]
# The keys of `page` in advice.yaml: texts that belong to no flag or pattern.
PageText = Literal[
    "emergency-minor",
    "emergency-call",
    "emergency-go",
    "self-harm-minor",
    "self-harm-beside-emergency",
    "self-harm-stay-safe",
    "self-harm-open",
    "open-task",
    "open-task-self-harm",
    "minor",
    "same-day",
    "same-day-how",
    "soon",
    "routine",
    "none",
    "legs-same-visit",
    "told",
    "many-open",
    "no-pattern",
    "mood-help",
    "call-now",
    "rash",
    "no-diagnosis",
    "not-examined",
    "ask-again",
]


@dataclass(frozen=True)
class Step:
    """A step that a clinician may take next. A medicine or procedure stays out of the record.

    ``at``: the level of the flag or pattern with which alone it is given.
    """

    id: str
    text: str
    facts: tuple[str, ...]
    kind: StepKind = "step"
    code: Coding | None = None
    at: Urgency | None = None

    @property
    def for_record(self) -> bool:
        """True if resources may contain the step."""
        return self.kind == "step"


@dataclass(frozen=True)
class Tip:
    """A tip for patients; not given if the condition ``unless`` is true or unknown."""

    id: str
    text: str
    facts: tuple[str, ...]
    unless: Condition | None = None


@dataclass(frozen=True)
class FindingAdvice:
    """The advice about one flag or pattern: a comment by level and steps for the clinician, tips for the patient."""

    clinician: Mapping[Urgency, str]
    steps: tuple[Step, ...]
    tips: tuple[Tip, ...]

    def steps_at(self, level: Urgency) -> list[Step]:
        """Returns the steps for a flag or pattern of this level."""
        return [step for step in self.steps if step.at in (None, level)]


@dataclass(frozen=True)
class FlagAdvice(FindingAdvice):
    """The advice about one flag: a sentence for the patient by level, and actions until the visit by level."""

    patient: Mapping[Urgency, str]
    until_then: Mapping[Urgency, str]


@dataclass(frozen=True)
class PatternAdvice(FindingAdvice):
    """The advice about one pattern: its name in the summary, and its words inside a sentence to the patient.

    ``specific``: how narrow the pattern is within its family.
    """

    summary_name: str
    patient_words: str
    specific: int


@dataclass(frozen=True)
class Frames:
    """The sentences that name a pattern to a patient: by confidence, and that for an emergency."""

    by_confidence: Mapping[Confidence, str]
    now: str

    def frame(self, reported: ReportedPattern) -> str:
        """Returns the sentence, with ``{words}`` to fill in."""
        danger = reported.confidence is Confidence.NEEDS_CHECKING
        return self.now if danger and reported.urgency is Urgency.EMERGENCY else self.by_confidence[reported.confidence]


@dataclass(frozen=True)
class CallEntry:
    """One reason to call now, and ``only_for``: the patients with whom it is an entry; None for all."""

    text: str
    only_for: CallReason | None = None


@dataclass(frozen=True)
class Precaution:
    """A text for block 4: given if one of ``flags`` is up at ``level`` or higher (without flags: if the level of the
    legs is so high), and ``when`` is true."""

    text: str
    level: Urgency
    flags: tuple[str, ...] = ()
    when: Condition | None = None


@dataclass(frozen=True)
class ReasonOrder:
    """The order of the reasons in block 3, and the flags with a place of their own.

    ``call``: flags whose emergency text says to call, not to go; they are first. ``order``: the position of each flag.
    """

    call: frozenset[str]
    order: Mapping[str, int]
    only_alone: frozenset[str]
    first_line: str
    instead_of_visit: str
    with_help: str


@dataclass(frozen=True)
class Advice:
    """All advice.

    ``page``: the texts of the page itself. ``when``: each level in the words of {when}. ``ticked_cancer``: the words of
    {ticked-cancer} by option. ``never``: the words that no patient may read, and ``never_facts`` the facts behind that.
    """

    page: Mapping[PageText, str]
    headings: Mapping[BlockName, str]
    numbers: Mapping[str, NumberWords]
    when: Mapping[Urgency, str]
    ticked_cancer: Mapping[str, str]
    call_now: tuple[CallEntry, ...]
    conditions: Mapping[PageCondition, Condition]
    self_harm_item: str
    reasons: ReasonOrder
    precautions: tuple[Precaution, ...]
    frames: Frames
    flags: Mapping[str, FlagAdvice]
    patterns: Mapping[str, PatternAdvice]
    reasons_at_most: int
    patterns_at_most: int
    tips_at_most: int
    never: tuple[str, ...] = ()
    never_facts: tuple[str, ...] = ()


def forbidden_words(text: str, never: Sequence[str]) -> list[str]:
    """Returns those of the words ``never`` that a text contains as whole words, singular or plural."""
    lowered = text.lower()
    # The start of every command asks this of each word and text: most are not in it at all.
    found = (word for word in never if word.lower() in lowered)
    return [word for word in found if re.search(rf"\b{re.escape(word.lower())}s?\b", lowered)]
