"""Conditions that combine other conditions: all, any, not."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.screening.kleene import Truth, not_
from service.screening.rules.case import Case, Condition, Reason


@dataclass(frozen=True)
class AllOf:
    """True if every operand is true."""

    operands: tuple[Condition, ...]

    def evaluate(self, case: Case) -> Truth:
        # The loop of kleene.and_, inlined here and in AnyOf: calling it makes `assess` in the line
        # "leg pain, full: assess and compose" of `make bench` a sixth slower.
        result: Truth = True
        for operand in self.operands:
            value = operand.evaluate(case)
            if value is False:
                return False
            if value is None:
                result = None
        return result

    def reasons(self, case: Case) -> Iterable[Reason]:
        for operand in self.operands:
            yield from operand.reasons(case)

    def open_questions(self, case: Case) -> Iterable[str]:
        for operand in self.operands:
            if operand.evaluate(case) is None:
                yield from operand.open_questions(case)


@dataclass(frozen=True)
class AnyOf:
    """True if any operand is true."""

    operands: tuple[Condition, ...]

    def evaluate(self, case: Case) -> Truth:
        # The loop of kleene.or_, inlined as in AllOf.
        result: Truth = False
        for operand in self.operands:
            value = operand.evaluate(case)
            if value is True:
                return True
            if value is None:
                result = None
        return result

    def reasons(self, case: Case) -> Iterable[Reason]:
        for operand in self.operands:
            if operand.evaluate(case) is True:
                yield from operand.reasons(case)

    def open_questions(self, case: Case) -> Iterable[str]:
        for operand in self.operands:
            if operand.evaluate(case) is None:
                yield from operand.open_questions(case)


@dataclass(frozen=True)
class Not:
    """True if the operand is false. In red flags also if it is unknown: an unanswered question never removes a flag.

    It has no reasons: an option that was not chosen is none (EX-75).
    """

    operand: Condition

    def evaluate(self, case: Case) -> Truth:
        value = self.operand.evaluate(case)
        return True if value is None and case.in_flags else not_(value)

    def reasons(self, case: Case) -> Iterable[Reason]:
        return ()

    def open_questions(self, case: Case) -> Iterable[str]:
        return self.operand.open_questions(case)
