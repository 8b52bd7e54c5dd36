"""Conditions made of conditions: all, any, not; and the answers that a condition looks at."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from service.screening.case import Case, Condition, Reason
from service.screening.conditions import Chosen, FeatureHolds, Only
from service.screening.logic import Truth, negated


@dataclass(frozen=True)
class All:
    """Every part holds."""

    parts: tuple[Condition, ...]

    def judge(self, case: Case) -> Truth:
        # The loop of logic.every, written out: this is where most of the time of judging goes.
        result: Truth = True
        for part in self.parts:
            value = part.judge(case)
            if value is False:
                return False
            if value is None:
                result = None
        return result

    def reasons(self, case: Case) -> Iterable[Reason]:
        for part in self.parts:
            yield from part.reasons(case)

    def open_questions(self, case: Case) -> Iterable[str]:
        for part in self.parts:
            if part.judge(case) is None:
                yield from part.open_questions(case)


@dataclass(frozen=True)
class Any:
    """At least one part holds."""

    parts: tuple[Condition, ...]

    def judge(self, case: Case) -> Truth:
        # The loop of logic.some, written out.
        result: Truth = False
        for part in self.parts:
            value = part.judge(case)
            if value is True:
                return True
            if value is None:
                result = None
        return result

    def reasons(self, case: Case) -> Iterable[Reason]:
        for part in self.parts:
            if part.judge(case) is True:
                yield from part.reasons(case)

    def open_questions(self, case: Case) -> Iterable[str]:
        for part in self.parts:
            if part.judge(case) is None:
                yield from part.open_questions(case)


@dataclass(frozen=True)
class Not:
    """The part does not hold. Among the red flags a blank never takes a warning away: there, not unknown is true."""

    part: Condition

    def judge(self, case: Case) -> Truth:
        value = self.part.judge(case)
        return True if value is None and case.in_flags else negated(value)

    def reasons(self, case: Case) -> Iterable[Reason]:
        return looked_at(self.part, case)

    def open_questions(self, case: Case) -> Iterable[str]:
        return self.part.open_questions(case)


def looked_at(condition: Condition, case: Case) -> Iterator[Reason]:
    """The answers that a condition looks at, whatever they say: the reasons why it does not hold."""
    match condition:
        case Chosen(instrument=instrument, link_id=link_id) | Only(instrument=instrument, link_id=link_id):
            sheet = case.sheets.get(instrument)
            if sheet is not None and link_id in sheet.chosen:
                yield Reason("answer", link_id, tuple(sorted(sheet.chosen[link_id])), instrument)
        case All(parts=parts) | Any(parts=parts):
            for part in parts:
                yield from looked_at(part, case)
        case Not(part=part):
            yield from looked_at(part, case)
        case FeatureHolds(id=feature):
            yield from looked_at(case.features[feature].condition(case), case)
