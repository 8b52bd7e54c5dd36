"""Conditions of rules without parts: structured data made once into small judging objects.

Each condition answers three questions about a case: does it hold (true, false, unknown), what in the case
makes it hold, and which open questions leave it unknown.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from service.screening.case import BlankReading, Case, Reason
from service.screening.logic import Truth, every
from service.screening.sheet import AnswerSheet
from service.screening.urgency import Urgency


@dataclass(frozen=True)
class Leaf:
    """A condition without parts: by itself it has no reason and no open question."""

    def reasons(self, case: Case) -> Iterable[Reason]:
        return ()

    def open_questions(self, case: Case) -> Iterable[str]:
        return ()


@dataclass(frozen=True)
class Always(Leaf):
    """Holds in every case."""

    def judge(self, case: Case) -> Truth:
        return True


@dataclass(frozen=True)
class Chosen:
    """Any of these options was chosen: unknown when the item was left open, false when it was not asked."""

    instrument: str
    link_id: str
    codes: frozenset[str]

    def judge(self, case: Case) -> Truth:
        sheet = case.sheets.get(self.instrument)
        if sheet is None:
            return None
        if case.in_flags and self.link_id in case.blanks:
            return self.judge_blank(sheet, case.blanks[self.link_id])
        given = sheet.chosen.get(self.link_id)
        if given is not None:
            return not given.isdisjoint(self.codes)
        return False if sheet.asked.get(self.link_id, False) is False else None

    def judge_blank(self, sheet: AnswerSheet, reading: BlankReading) -> Truth:
        """A blank reads as its stand-in; whether one of the options left open was meant stays unknown."""
        given = sheet.chosen.get(self.link_id)
        if given is None and sheet.asked.get(self.link_id, False) is False:
            return False
        if given is not None and given != {reading.blank_is}:
            return not given.isdisjoint(self.codes)
        if reading.blank_is in self.codes:
            return True
        return False if reading.leaves_open.isdisjoint(self.codes) else None

    def reasons(self, case: Case) -> Iterable[Reason]:
        given = case.sheets[self.instrument].chosen.get(self.link_id, frozenset())
        both = given & self.codes
        return (Reason("answer", self.link_id, tuple(both if len(both) < 2 else sorted(both)), self.instrument),)

    def open_questions(self, case: Case) -> Iterable[str]:
        return (self.link_id,) if self.judge(case) is None else ()


@dataclass(frozen=True)
class Only:
    """Something was chosen, and nothing but these options (some options are passed over)."""

    instrument: str
    link_id: str
    codes: frozenset[str]
    ignoring: frozenset[str]

    def judge(self, case: Case) -> Truth:
        sheet = case.sheets.get(self.instrument)
        given = None if sheet is None else sheet.chosen.get(self.link_id)
        if given is None:
            return None if sheet is None or sheet.asked.get(self.link_id, False) is not False else False
        rest = given - self.ignoring
        return bool(rest) and rest <= self.codes

    def reasons(self, case: Case) -> Iterable[Reason]:
        given = case.sheets[self.instrument].chosen[self.link_id]
        yield Reason("answer", self.link_id, tuple(sorted(given)), self.instrument)

    def open_questions(self, case: Case) -> Iterable[str]:
        return (self.link_id,) if self.judge(case) is None else ()


@dataclass(frozen=True)
class LeftOpen(Leaf):
    """The question was asked and left without an answer."""

    instrument: str
    link_id: str

    def judge(self, case: Case) -> Truth:
        sheet = case.sheets.get(self.instrument)
        return sheet is not None and sheet.is_open(self.link_id)

    def reasons(self, case: Case) -> Iterable[Reason]:
        yield Reason("open", self.link_id, (), self.instrument)


@dataclass(frozen=True)
class AnyAnswered(Leaf):
    """At least one of these questions was answered."""

    instrument: str
    link_ids: tuple[str, ...]

    def judge(self, case: Case) -> Truth:
        sheet = case.sheets.get(self.instrument)
        return sheet is not None and any(link_id in sheet.chosen for link_id in self.link_ids)


@dataclass(frozen=True)
class Between:
    """Limits in whole numbers, both included; either may be absent."""

    low: int | None = None
    high: int | None = None

    def judge(self, least: int, most: int) -> Truth:
        """Judges a number of which only the least and greatest possible value are known."""
        return every((self.reaches(least, most), self.stays_below(least, most)))

    def reaches(self, least: int, most: int) -> Truth:
        if self.low is None or least >= self.low:
            return True
        return None if most >= self.low else False

    def stays_below(self, least: int, most: int) -> Truth:
        if self.high is None or most <= self.high:
            return True
        return None if least <= self.high else False


@dataclass(frozen=True)
class AgeIs:
    """The age lies within limits; unknown without a birth date."""

    limits: Between

    def judge(self, case: Case) -> Truth:
        return None if case.age is None else self.limits.judge(case.age.low, case.age.high)

    def reasons(self, case: Case) -> Iterable[Reason]:
        yield Reason("age", "age", () if case.age is None else (str(case.age.low),))

    def open_questions(self, case: Case) -> Iterable[str]:
        return ("age",) if self.judge(case) is None else ()


@dataclass(frozen=True)
class ScoreIs:
    """A total lies within limits; unknown without a total. ``answered`` takes the answered items alone as a floor."""

    score: str
    limits: Between
    answered: bool = False

    def judge(self, case: Case) -> Truth:
        score = case.scores.get(self.score)
        if score is None or (score.total is None and not self.answered):
            return None
        return self.limits.judge(score.low, score.high)

    def reasons(self, case: Case) -> Iterable[Reason]:
        score = case.scores[self.score]
        yield Reason("score", self.score, (str(score.low if score.total is None else score.total),))

    def open_questions(self, case: Case) -> Iterable[str]:
        if self.judge(case) is not None:
            return ()
        score = case.scores.get(self.score)
        return (self.score,) if score is None else score.missing


@dataclass(frozen=True)
class FlagUp:
    """A red flag is up; unknown when it could not be judged."""

    code: str

    def judge(self, case: Case) -> Truth:
        if self.code in case.raised:
            return True
        return None if self.code in case.unjudged else False

    def reasons(self, case: Case) -> Iterable[Reason]:
        yield Reason("flag", self.code)

    def open_questions(self, case: Case) -> Iterable[str]:
        return (self.code,) if self.judge(case) is None else ()


@dataclass(frozen=True)
class AnyFlagOf(Leaf):
    """A flag of this kind (of any, when None) and of at least this level is up.

    Never unknown: what could not be judged is not up.
    """

    kind: str | None
    level: Urgency

    def judge(self, case: Case) -> Truth:
        return any(self.kind in (None, flag.kind) and flag.level >= self.level for flag in case.raised.values())


@dataclass(frozen=True)
class PatternReported(Leaf):
    """A pattern judged before was reported. Never unknown."""

    id: str

    def judge(self, case: Case) -> Truth:
        return self.id in case.reported


@dataclass(frozen=True)
class FeatureHolds:
    """A named feature holds."""

    id: str

    def judge(self, case: Case) -> Truth:
        if self.id not in case.memo:
            case.memo[self.id] = case.features[self.id].condition(case).judge(case)
        return case.memo[self.id]

    def reasons(self, case: Case) -> Iterable[Reason]:
        return case.features[self.id].condition(case).reasons(case)

    def open_questions(self, case: Case) -> Iterable[str]:
        return case.features[self.id].condition(case).open_questions(case)
