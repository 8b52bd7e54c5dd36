"""The case that rules are evaluated on, and the interface of every condition."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple, Protocol

from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.kleene import Truth
from service.screening.rules.age import Age
from service.screening.rules.scores import Score
from service.screening.rules.urgency import Urgency

# What a reason is about: an answer, a score, the age, another red flag, or a question left open.
ReasonKind = Literal["answer", "score", "age", "flag", "open"]
FlagKind = Literal["bodily", "mood", "safety", "self-harm"]


class Reason(NamedTuple):
    """A fact of the case that makes a condition true. ``subject`` is a linkId, score id or flag code (``age`` for
    the age), ``values`` are option codes or the number.

    Example: ``Reason("answer", "lp-side", ("lp-side.left",), "leg-pain")``.
    """

    kind: ReasonKind
    subject: str
    values: tuple[str, ...] = ()
    instrument: str = ""


def distinct_reasons(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Each reason once, in order."""
    return tuple(dict.fromkeys(reasons))


@dataclass(frozen=True, slots=True)
class BlankMeaning:
    """How red flags interpret an unanswered question: as the option ``blank_is``; the options in ``leaves_open`` remain
    possible."""

    blank_is: str
    leaves_open: frozenset[str]


class RaisedFlag(Protocol):
    """The properties of a raised red flag that conditions may use."""

    @property
    def level(self) -> Urgency: ...
    @property
    def kind(self) -> FlagKind: ...


@dataclass
class Case:
    """The answer sheets by instrument, the scores by id, the age, and the results of rules evaluated earlier.

    ``in_flags``: red flags are being evaluated, so ``blanks`` apply (knowledge section 11.1). ``memo`` keeps the value
    of each feature, because several patterns use the same one: without it `assess` in the line "leg pain, full: assess
    and compose" of `make bench` is 7 % slower.
    """

    sheets: Mapping[str, AnswerSheet]
    scores: Mapping[str, Score]
    age: Age | None
    features: Mapping[str, "Feature"]
    in_flags: bool = False
    blanks: Mapping[str, BlankMeaning] = field(default_factory=dict)
    raised: Mapping[str, RaisedFlag] = field(default_factory=dict)
    unjudged: frozenset[str] = frozenset()
    reported: Mapping[str, object] = field(default_factory=dict)
    memo: dict[str, Truth] = field(default_factory=dict)

    @cached_property
    def answers_given(self) -> frozenset[str]:
        """Every chosen option with its question, e.g. ``lp-feel.numbness`` or ``/44255-8.LA6569-3``."""
        return frozenset(
            key_of_option(link_id, code)
            for sheet in self.sheets.values()
            for link_id, codes in sheet.chosen.items()
            for code in codes
        )


def key_of_option(link_id: str, code: str) -> str:
    """An option with its question. The codes of our own forms contain the linkId already."""
    return code if code.startswith(f"{link_id}.") else f"{link_id}.{code}"


class Condition(Protocol):
    """A condition on a case: its value, the reasons why it is true, and the questions that leave it unknown."""

    def evaluate(self, case: Case) -> Truth: ...
    def reasons(self, case: Case) -> Iterable[Reason]: ...
    def open_questions(self, case: Case) -> Iterable[str]: ...


def open_questions_of(conditions: Iterable[Condition], values: Sequence[Truth], case: Case) -> tuple[str, ...]:
    """The questions that leave any of the conditions unknown, each once. ``values`` are those of the conditions, in
    the same order; conditions without a value are ignored."""
    if None not in values:
        return ()
    unknown = (condition for condition, value in zip(conditions, values, strict=False) if value is None)
    return tuple(dict.fromkeys(question for condition in unknown for question in condition.open_questions(case)))


@dataclass(frozen=True)
class Feature:
    """A named condition; ``in_flags`` replaces it while red flags are evaluated.

    ``blanks_stay_unknown``: an open question leaves it unknown while red flags are evaluated, too.
    """

    id: str
    when: Condition
    in_flags: Condition | None = None
    facts: tuple[str, ...] = ()
    blanks_stay_unknown: bool = False

    def condition(self, case: Case) -> Condition:
        """The condition that applies to the case."""
        return self.in_flags if case.in_flags and self.in_flags is not None else self.when

    def case_to_read(self, case: Case) -> Case:
        """The case on which the condition is evaluated."""
        if case.in_flags and self.blanks_stay_unknown:
            return replace(case, in_flags=False, memo={})
        return case
