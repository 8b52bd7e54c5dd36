"""Red flags as formulas of the solver z3 over the options of a form, so that a property is proved for all answers.

A condition has two formulas, one for true and one for false; it is unknown where neither is. A form may have open
questions; a complete one has none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import z3

from service.screening.instruments.instrument import Instrument, Item
from service.screening.rules import combinations
from service.screening.rules import conditions as c
from service.screening.rules.assessment import InstrumentRules, RuleSet
from service.screening.rules.case import Condition
from service.screening.rules.red_flags import FlagRule
from service.screening.rules.urgency import Urgency

# The types of z3 are unknown to mypy.
Formula = Any


class Kleene(NamedTuple):
    """Where a condition is true, and where it is false."""

    true: Formula
    false: Formula


def any_of(formulas: Iterable[Formula]) -> Formula:
    return z3.Or([z3.BoolVal(False), *formulas])


def all_of(formulas: Iterable[Formula]) -> Formula:
    return z3.And([z3.BoolVal(True), *formulas])


@dataclass
class FormInZ3:
    """The answers to a form as variables, whose names begin with ``prefix``.

    ``all_answered``: no question is open, whichever options are chosen.
    """

    instrument: Instrument
    prefix: str = ""
    all_answered: bool = False
    parents: dict[str, Kleene] = field(init=False)

    def __post_init__(self) -> None:
        self.parents = {}
        self.settle(self.instrument.items, Kleene(z3.BoolVal(True), z3.BoolVal(False)))

    def settle(self, items: Iterable[Item], parent: Kleene) -> None:
        """Where each item is shown."""
        for item in items:
            met = [(self.chosen(e.question, e.answer_code), self.answered(e.question)) for e in item.enable_when]
            join, split = (all_of, any_of) if item.enable_all else (any_of, all_of)
            true = join(yes for yes, _ in met) if met else z3.BoolVal(True)
            false = split(z3.And(given, z3.Not(yes)) for yes, given in met) if met else z3.BoolVal(False)
            self.parents[item.link_id] = Kleene(z3.And(parent.true, true), z3.Or(parent.false, false))
            self.settle(item.items, self.parents[item.link_id])

    def chosen(self, link_id: str, code: str | None) -> Formula:
        return z3.Bool(f"{self.prefix}{link_id}|{code}")

    def options(self, link_id: str) -> dict[str, Formula]:
        return {code: self.chosen(link_id, code) for code in self.instrument.by_link_id[link_id].option_of}

    def answered(self, link_id: str) -> Formula:
        return z3.BoolVal(True) if self.all_answered else any_of(self.options(link_id).values())

    @cached_property
    def questions(self) -> list[Item]:
        return [item for item in self.instrument.by_link_id.values() if item.options]

    @cached_property
    def age(self) -> Formula:
        return z3.Int(f"{self.prefix}age")

    @cached_property
    def age_known(self) -> Formula:
        return z3.Bool(f"{self.prefix}age-known")

    def limits(self) -> list[Formula]:
        """What a question allows: options that exclude others, one answer where one is allowed."""
        made = [self.age >= 0, self.age <= 120]
        for item in self.questions:
            options = self.options(item.link_id)
            if item.repeats:
                others = any_of(var for code, var in options.items() if code not in item.exclusive)
                made += [z3.Implies(options[code], z3.Not(others)) for code in item.exclusive]
            else:
                made.append(z3.AtMost(*options.values(), 1))
        return made

    def constraints(self, complete: bool) -> list[Formula]:
        """What a form allows: the limits of its questions, and no answer to a hidden one."""
        made = self.limits()
        for item in self.questions:
            given, shown = self.answered(item.link_id), self.parents[item.link_id]
            made.append(given == shown.true if complete else z3.Implies(given, z3.Not(shown.false)))
        return made


@dataclass(frozen=True)
class FlagInZ3:
    """A red flag: where it is raised, and where the condition of each of its levels is met."""

    rule: FlagRule
    raised: Formula
    reached: Mapping[Urgency, Formula]

    def at_least(self, urgency: Urgency) -> Formula:
        """Where the flag is raised at the level or above. Its levels are ordered from the highest."""
        return z3.And(self.raised, any_of(reached for level, reached in self.reached.items() if level >= urgency))

    def exactly(self, urgency: Urgency) -> Formula:
        """Where the flag is raised at the level."""
        above = [level for level in Urgency if level > urgency]
        return z3.And(self.at_least(urgency), *(z3.Not(self.at_least(level)) for level in above[:1]))


@dataclass
class FlagsInZ3:
    """The red flags of an instrument on a form. ``free``: whether other flags are up is not derived but left free."""

    rules: RuleSet
    form: FormInZ3
    free: bool = False
    flags: dict[str, "FlagInZ3"] = field(default_factory=dict)
    known: dict[tuple[str, bool], Kleene] = field(default_factory=dict)

    @cached_property
    def own(self) -> InstrumentRules:
        return self.rules.instruments[self.form.instrument.name]

    def all_flags(self) -> Mapping[str, "FlagInZ3"]:
        """Every red flag by code, in the order of the rules: conditions may name flags that come earlier."""
        for rule in self.own.flags:
            if rule.code not in self.flags:
                self.flags[rule.code] = self.flag(rule)
        return self.flags

    def flag(self, rule: FlagRule) -> "FlagInZ3":
        values = [self.condition(level.when, True) for level in rule.levels]
        raised = any_of(value.true for value in values)
        if rule.alone:
            raised = z3.And(raised, z3.Not(self.any_from(Urgency.ROUTINE)))
        reached = [z3.Not(value.false) if rule.open_questions_raise else value.true for value in values]
        levels = [level.urgency for level in rule.levels]
        return FlagInZ3(rule, raised, dict(zip(levels, reached, strict=True)))

    def any_from(self, urgency: Urgency, kind: str | None = None) -> Formula:
        """Where a red flag of the kind is raised at the level or above."""
        return any_of(flag.at_least(urgency) for flag in self.flags.values() if kind in (None, flag.rule.kind))

    def condition(self, condition: Condition, in_flags: bool) -> Kleene:
        match condition:
            case combinations.AllOf(operands=operands):
                values = [self.condition(operand, in_flags) for operand in operands]
                return Kleene(all_of(v.true for v in values), any_of(v.false for v in values))
            case combinations.AnyOf(operands=operands):
                values = [self.condition(operand, in_flags) for operand in operands]
                return Kleene(any_of(v.true for v in values), all_of(v.false for v in values))
            case combinations.Not(operand=operand):
                value = self.condition(operand, in_flags)
                return Kleene(z3.Not(value.true) if in_flags else value.false, value.true)
            case c.FeatureHolds(id=id):
                return self.feature(id, in_flags)
            case c.AnyChosen(link_id=link_id, codes=codes):
                return self.any_chosen(link_id, codes, in_flags)
        return self.other_condition(condition)

    def other_condition(self, condition: Condition) -> Kleene:
        form = self.form
        match condition:
            case c.Always():
                true = z3.BoolVal(True)
            case c.Unanswered(link_id=link_id):
                true = z3.And(form.parents[link_id].true, z3.Not(form.answered(link_id)))
            case c.AnyAnswered(link_ids=link_ids):
                true = any_of(form.answered(link_id) for link_id in link_ids)
            case c.AnyFlagOf(kind=kind, level=level):
                true = z3.Bool(f"flags-from-{level.code}") if self.free else self.any_from(level, kind)
            case c.OnlyChosen():
                return self.only_chosen(condition)
            case c.AgeIs(limits=limits, or_unknown=or_unknown):
                inside = self.inside(limits, form.age, form.age)
                true = z3.Or(z3.And(form.age_known, inside.true), z3.And(z3.Not(form.age_known), or_unknown))
                return Kleene(true, z3.And(form.age_known, inside.false))
            case c.ScoreIs(score=id, limits=limits, answered=answered):
                low, high = self.totals(id)
                inside, total = self.inside(limits, low, high), low == high
                return inside if answered else Kleene(z3.And(total, inside.true), z3.And(total, inside.false))
            case _:
                raise AssertionError(f"no translation of {condition}")
        return Kleene(true, z3.Not(true))

    def feature(self, id: str, in_flags: bool) -> Kleene:
        if (id, in_flags) not in self.known:
            feature = self.rules.features[id]
            when = feature.in_flags if in_flags and feature.in_flags is not None else feature.when
            self.known[id, in_flags] = self.condition(when, in_flags and not feature.blanks_stay_unknown)
        return self.known[id, in_flags]

    def hidden(self, link_id: str) -> Formula:
        return z3.And(z3.Not(self.form.answered(link_id)), self.form.parents[link_id].false)

    def any_chosen(self, link_id: str, codes: Iterable[str], in_flags: bool) -> Kleene:
        true = any_of(self.form.chosen(link_id, code) for code in codes)
        given, hidden = self.form.answered(link_id), self.hidden(link_id)
        blank = self.own.blanks.get(link_id) if in_flags else None
        if blank is None:
            return Kleene(true, z3.Or(z3.And(given, z3.Not(true)), hidden))
        as_blank = z3.Or(self.form.chosen(link_id, blank.blank_is), z3.And(z3.Not(given), z3.Not(hidden)))
        if blank.blank_is in codes:
            true = z3.Or(true, as_blank)
        left_open = z3.And(as_blank, not blank.leaves_open.isdisjoint(codes))
        return Kleene(true, z3.And(z3.Not(true), z3.Not(left_open)))

    def only_chosen(self, condition: c.OnlyChosen) -> Kleene:
        options = self.form.options(condition.link_id)
        wrong = any_of(var for code, var in options.items() if code not in condition.codes | condition.ignoring)
        considered = any_of(var for code, var in options.items() if code not in condition.ignoring)
        true, given = z3.And(considered, z3.Not(wrong)), self.form.answered(condition.link_id)
        return Kleene(true, z3.Or(z3.And(given, z3.Not(true)), self.hidden(condition.link_id)))

    def totals(self, id: str) -> tuple[Formula, Formula]:
        """The least and the greatest total that the answers leave possible."""
        rule = next(score for score in self.own.scores if score.id == id)
        low = high = z3.IntVal(0)
        for link_id in rule.summands:
            weights = rule.weights[link_id]
            given = z3.Sum([z3.If(self.form.chosen(link_id, code), weight, 0) for code, weight in weights.items()])
            low = low + given
            high = high + z3.If(self.form.answered(link_id), given, max(weights.values()))
        return low, high

    @staticmethod
    def inside(limits: c.Between, low: Formula, high: Formula) -> Kleene:
        least, most = limits.low, limits.high
        true = all_of([*([] if least is None else [low >= least]), *([] if most is None else [high <= most])])
        false = any_of([*([] if least is None else [high < least]), *([] if most is None else [low > most])])
        return Kleene(true, false)


def answers_in_model(form: FormInZ3, model: Formula) -> dict[str, frozenset[str]]:
    """The answers of a model of the solver, without open questions."""
    made = {}
    for item in form.questions:
        codes = frozenset(code for code, var in form.options(item.link_id).items() if z3.is_true(model.eval(var)))
        if codes:
            made[item.link_id] = codes
    return made
