"""Proofs about the red flags of a rule set: what each can reach, what lowers it, what more severe answers do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import z3

from service.screening.instruments.instrument import Instrument, Item
from service.screening.rules.assessment import RuleSet
from service.screening.rules.urgency import Urgency
from tests.support.proofs.rules_in_z3 import FlagsInZ3, FormInZ3, Formula, answers_in_model


def lowering_options(rules: RuleSet, instrument: Instrument, code: str) -> set[str]:
    """The options that lower a red flag for some other answers, when they are chosen too."""
    form = FormInZ3(instrument, all_answered=True)
    flags = FlagsInZ3(rules, form, free=True)
    flag = flags.flag(next(rule for rule in rules.instruments[instrument.name].flags if rule.code == code))
    found = set()
    for reached in map(flag.at_least, flag.reached):
        named = {str(each) for each in variables(reached)}
        for item in form.questions:
            for option, variable in form.options(item.link_id).items():
                if str(variable) in named and option not in found:
                    without = z3.substitute(reached, (variable, z3.BoolVal(False)))
                    chosen = z3.substitute(reached, (variable, z3.BoolVal(True)))
                    if solve(without, z3.Not(chosen)) is not None:
                        found.add(option)
    return found


def variables(formula: Formula) -> Iterator[Formula]:
    """The variables of a formula."""
    seen, pending = set(), [formula]
    while pending:
        each = pending.pop()
        if each.get_id() in seen:
            continue
        seen.add(each.get_id())
        pending += each.children()
        if z3.is_const(each) and each.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            yield each


def solve(*formulas: Formula) -> Formula | None:
    """A model of the formulas; None if there is none."""
    solver = z3.Solver()
    solver.add(*formulas)
    result = solver.check()
    assert result != z3.unknown
    return solver.model() if result == z3.sat else None


@dataclass(frozen=True)
class Step:
    """A more severe answer to a question: ``more`` in place of ``less``, or one option more if that is None."""

    question: str
    less: str | None
    more: str

    def __str__(self) -> str:
        return self.more if self.less is None else f"{self.less} to {self.more}"


class LevelsOfForm:
    """Where the response has each level, for all answers to a form.

    Answers to questions that the form hides are included: the rules use them as they stand.
    """

    def __init__(self, rules: RuleSet, instrument: Instrument) -> None:
        self.form = FormInZ3(instrument, all_answered=True)
        self.flags = FlagsInZ3(rules, self.form)
        self.flags.all_flags()
        self.reached = {urgency: self.flags.any_from(urgency) for urgency in Urgency if urgency > Urgency.NONE}

    def lowering(self, step: Step) -> str | None:
        """Answers of which a more severe one lowers the level of the response; None if there are none."""
        item = self.form.instrument.by_link_id[step.question]
        options = self.form.options(step.question)
        others = [] if step.less is None else [options[step.less]]
        gone = [options[code] for code in item.exclusive] + others
        change = [(each, z3.BoolVal(False)) for each in gone] + [(options[step.more], z3.BoolVal(True))]
        solver = z3.Solver()
        solver.add(*self.form.limits(), z3.Not(options[step.more]), *others)
        for urgency, reached in self.reached.items():
            solver.push()
            solver.add(reached, z3.Not(z3.substitute(reached, *change)))
            if solver.check() != z3.unsat:
                answers = answers_in_model(self.form, solver.model())
                return f"{urgency.code}: { ({link_id: sorted(codes) for link_id, codes in answers.items()}) }"
            solver.pop()
        return None


def severity_steps(instrument: Instrument, entry: Mapping[str, Any]) -> Iterator[Step]:
    """The steps of an entry of proofs.yaml; one for each option if it names none."""
    item = instrument.by_link_id[entry["question"]]
    less = full_code(item, entry["from"]) if "from" in entry else None
    targets = (
        [full_code(item, entry["to"])] if "to" in entry else [c for c in item.option_of if c not in item.exclusive]
    )
    for more in targets:
        yield Step(item.link_id, less, more)


def full_code(item: Item, code: str) -> str:
    """The code of an option that is written without its question."""
    return code if code in item.option_of else f"{item.link_id}.{code}"
