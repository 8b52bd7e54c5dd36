"""What rules are judged on (a case), and what every condition can be asked about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from service.screening.age import Age
from service.screening.logic import Truth
from service.screening.scores import Score
from service.screening.sheet import AnswerSheet
from service.screening.urgency import Urgency


class Reason(NamedTuple):
    """Something in the case that made a condition hold: ``kind`` is answer, score, age or flag."""

    kind: str
    subject: str
    values: tuple[str, ...] = ()
    instrument: str = ""


def distinct(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Each reason once, in order. Most conditions have a single one, which needs no comparing."""
    found = tuple(reasons)
    return found if len(found) < 2 else tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class BlankReading:
    """How a blank, or the answer that says the same, reads among the red flags."""

    blank_is: str
    leaves_open: frozenset[str]


class RaisedFlag(Protocol):
    """What a condition may ask of a flag that was judged before."""

    @property
    def level(self) -> Urgency: ...
    @property
    def kind(self) -> str: ...


@dataclass
class Case:
    """What is judged: the answer sheets by instrument, scores, age, and what was judged so far.

    ``in_flags`` turns on the reading of blanks among the red flags (knowledge section 11.1).
    """

    sheets: Mapping[str, AnswerSheet]
    scores: Mapping[str, Score]
    age: Age | None
    features: Mapping[str, "Feature"]
    in_flags: bool = False
    blanks: Mapping[str, BlankReading] = field(default_factory=dict)
    raised: Mapping[str, RaisedFlag] = field(default_factory=dict)
    unjudged: frozenset[str] = frozenset()
    reported: Mapping[str, object] = field(default_factory=dict)
    memo: dict[str, Truth] = field(default_factory=dict)


class Condition(Protocol):
    """Does it hold, why, and what leaves it unknown."""

    def judge(self, case: Case) -> Truth: ...
    def reasons(self, case: Case) -> Iterable[Reason]: ...
    def open_questions(self, case: Case) -> Iterable[str]: ...


@dataclass(frozen=True)
class Feature:
    """A named condition; ``in_flags`` replaces it among the red flags where that differs."""

    id: str
    when: Condition
    in_flags: Condition | None = None
    facts: tuple[str, ...] = ()

    def condition(self, case: Case) -> Condition:
        return self.in_flags if case.in_flags and self.in_flags is not None else self.when
