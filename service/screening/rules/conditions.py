"""Conditions of rules that contain no other condition, built once from the mapping files.

Each has a value on a case (true, false, unknown), reasons why it is true, and open questions that leave it unknown.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.kleene import Truth, and_
from service.screening.rules.case import BlankMeaning, Case, FlagKind, Reason
from service.screening.rules.urgency import Urgency


@dataclass(frozen=True)
class Leaf:
    """A condition that has neither reasons nor open questions unless a subclass defines them."""

    def reasons(self, case: Case) -> Iterable[Reason]:
        return ()

    def open_questions(self, case: Case) -> Iterable[str]:
        return ()


@dataclass(frozen=True)
class Always(Leaf):
    """Always true."""

    def evaluate(self, case: Case) -> Truth:
        return True


@dataclass(frozen=True)
class AnyChosen:
    """True if any of these options was chosen; unknown if the item was not answered, false if it was not shown."""

    instrument: str
    link_id: str
    codes: frozenset[str]

    def evaluate(self, case: Case) -> Truth:
        sheet = case.sheets.get(self.instrument)
        if sheet is None:
            return None
        if case.in_flags and self.link_id in case.blanks:
            return self.evaluate_blank(sheet, case.blanks[self.link_id])
        chosen = sheet.chosen.get(self.link_id)
        if chosen is not None:
            return not chosen.isdisjoint(self.codes)
        return False if sheet.asked.get(self.link_id, False) is False else None

    def evaluate_blank(self, sheet: AnswerSheet, blank: BlankMeaning) -> Truth:
        """The value in red flags: no answer means ``blank_is``, and leaves the options in ``leaves_open`` unknown."""
        chosen = sheet.chosen.get(self.link_id)
        if chosen is None and sheet.asked.get(self.link_id, False) is False:
            return False
        if chosen is not None and chosen != {blank.blank_is}:
            return not chosen.isdisjoint(self.codes)
        if blank.blank_is in self.codes:
            return True
        return False if blank.leaves_open.isdisjoint(self.codes) else None

    def reasons(self, case: Case) -> Iterable[Reason]:
        chosen = case.sheets[self.instrument].chosen.get(self.link_id, frozenset())
        codes = chosen & self.codes
        if not codes:  # true by ``evaluate_blank``: a blank is no reason (EX-75)
            return ()
        return (Reason("answer", self.link_id, tuple(codes if len(codes) < 2 else sorted(codes)), self.instrument),)

    def open_questions(self, case: Case) -> Iterable[str]:
        return (self.link_id,) if self.evaluate(case) is None else ()


@dataclass(frozen=True)
class OnlyChosen:
    """True if any of these options was chosen and no other; the options in ``ignoring`` are not considered."""

    instrument: str
    link_id: str
    codes: frozenset[str]
    ignoring: frozenset[str]

    def evaluate(self, case: Case) -> Truth:
        sheet = case.sheets.get(self.instrument)
        chosen = None if sheet is None else sheet.chosen.get(self.link_id)
        if chosen is None:
            return None if sheet is None or sheet.asked.get(self.link_id, False) is not False else False
        considered = chosen - self.ignoring
        return bool(considered) and considered <= self.codes

    def reasons(self, case: Case) -> Iterable[Reason]:
        chosen = case.sheets[self.instrument].chosen[self.link_id] - self.ignoring
        yield Reason("answer", self.link_id, tuple(sorted(chosen)), self.instrument)

    def open_questions(self, case: Case) -> Iterable[str]:
        return (self.link_id,) if self.evaluate(case) is None else ()


@dataclass(frozen=True)
class Unanswered(Leaf):
    """True if the question was shown and not answered."""

    instrument: str
    link_id: str

    def evaluate(self, case: Case) -> Truth:
        sheet = case.sheets.get(self.instrument)
        return sheet is not None and sheet.is_open(self.link_id)

    def reasons(self, case: Case) -> Iterable[Reason]:
        yield Reason("open", self.link_id, (), self.instrument)


@dataclass(frozen=True)
class AnyAnswered(Leaf):
    """True if any of these questions was answered."""

    instrument: str
    link_ids: tuple[str, ...]

    def evaluate(self, case: Case) -> Truth:
        sheet = case.sheets.get(self.instrument)
        return sheet is not None and any(link_id in sheet.chosen for link_id in self.link_ids)


@dataclass(frozen=True)
class Between:
    """A range whose ends are whole numbers, both ends inclusive; either may be absent."""

    low: int | None = None
    high: int | None = None

    def evaluate(self, least: int | Decimal, most: int | Decimal) -> Truth:
        """Whether a number is in the range, given the least and the greatest value that it can have."""
        return and_((self.reaches_low(least, most), self.keeps_high(least, most)))

    def reaches_low(self, least: int | Decimal, most: int | Decimal) -> Truth:
        """Whether the number is not below the range."""
        if self.low is None or least >= self.low:
            return True
        return None if most >= self.low else False

    def keeps_high(self, least: int | Decimal, most: int | Decimal) -> Truth:
        """Whether the number is not above the range."""
        if self.high is None or most <= self.high:
            return True
        return None if least <= self.high else False


@dataclass(frozen=True)
class AgeIs(Leaf):
    """True if the age is in the range; unknown without a birth date, or true if ``or_unknown``.

    The age is no answer: if it is unknown, no question is open (knowledge section 11.1).
    """

    limits: Between
    or_unknown: bool = False

    def evaluate(self, case: Case) -> Truth:
        value = None if case.age is None else self.limits.evaluate(case.age.low, case.age.high)
        return True if value is None and self.or_unknown else value

    def reasons(self, case: Case) -> Iterable[Reason]:
        return () if case.age is None else (Reason("age", "age", (str(case.age.low),)),)


@dataclass(frozen=True)
class ScoreIs:
    """True if a total is in the range; unknown without a total.

    ``answered``: unanswered items leave the total open, but not this condition if every possible total is in the range.
    """

    score: str
    limits: Between
    answered: bool = False

    def evaluate(self, case: Case) -> Truth:
        score = case.scores.get(self.score)
        if score is None or (score.total is None and not self.answered):
            return None
        return self.limits.evaluate(score.low, score.high)

    def reasons(self, case: Case) -> Iterable[Reason]:
        score = case.scores[self.score]
        yield Reason("score", self.score, (str(score.low if score.total is None else score.total),))

    def open_questions(self, case: Case) -> Iterable[str]:
        if self.evaluate(case) is not None:
            return ()
        score = case.scores.get(self.score)
        return (self.score,) if score is None else score.left_open


@dataclass(frozen=True)
class FlagRaised:
    """True if a red flag is raised at ``level`` or a higher one; unknown if open questions leave the flag unknown."""

    code: str
    level: Urgency = Urgency.NONE

    def evaluate(self, case: Case) -> Truth:
        if self.code in case.raised:
            return case.raised[self.code].level >= self.level
        return None if self.code in case.unjudged else False

    def reasons(self, case: Case) -> Iterable[Reason]:
        yield Reason("flag", self.code)

    def open_questions(self, case: Case) -> Iterable[str]:
        return (self.code,) if self.evaluate(case) is None else ()


@dataclass(frozen=True)
class AnyFlagOf(Leaf):
    """True if a flag of this kind (None: of any kind) is raised at this level or above.

    Never unknown: a flag that open questions leave unknown is not raised.
    """

    kind: FlagKind | None
    level: Urgency

    def evaluate(self, case: Case) -> Truth:
        return any(self.kind in (None, flag.kind) and flag.level >= self.level for flag in case.raised.values())


@dataclass(frozen=True)
class PatternReported(Leaf):
    """True if a pattern evaluated earlier is reported. Never unknown."""

    id: str

    def evaluate(self, case: Case) -> Truth:
        return self.id in case.reported


@dataclass(frozen=True)
class FeatureHolds:
    """True if the condition of a named feature is true."""

    id: str

    def evaluate(self, case: Case) -> Truth:
        if self.id not in case.memo:
            feature = case.features[self.id]
            case.memo[self.id] = feature.condition(case).evaluate(feature.case_to_read(case))
        return case.memo[self.id]

    def reasons(self, case: Case) -> Iterable[Reason]:
        feature = case.features[self.id]
        return feature.condition(case).reasons(feature.case_to_read(case))

    def open_questions(self, case: Case) -> Iterable[str]:
        feature = case.features[self.id]
        return feature.condition(case).open_questions(feature.case_to_read(case))
