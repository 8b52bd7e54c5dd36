"""The level of every red flag in each row: as `evaluate_flags` gives it for one response."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from service.population.columns.case_columns import CannotCompile, CaseColumns, Levels
from service.population.columns.conditions import in_any, truth_of
from service.population.columns.reasons import has_open_question, has_safety_reason
from service.population.columns.truth_column import Bools, TruthColumn
from service.screening.rules import conditions as c
from service.screening.rules.assessment import InstrumentRules, RuleSet
from service.screening.rules.case import Condition, FlagKind
from service.screening.rules.condition_parser import operands_of
from service.screening.rules.patterns import Pattern
from service.screening.rules.red_flags import FlagRule


@dataclass(frozen=True)
class FlagColumns:
    """By flag code: the level in each row, 0 where it is not raised; and the rows where open questions decide."""

    levels: Mapping[str, Levels]
    unjudged: Mapping[str, Bools]


def flag_columns(rules: InstrumentRules, case: CaseColumns, is_finished: Bools, named: Collection[str]) -> FlagColumns:
    """The red flags of one instrument. Of an unfinished response only those that a safety item raises.

    ``named``: the flags whose open questions matter, because the conditions of patterns name them.
    """
    raised: dict[str, Levels] = {}
    unjudged: dict[str, Bools] = {}
    kept: dict[str, Levels] = {}
    case = replace(case, in_flags=True, blanks=rules.blanks, raised=raised, memo={})
    for rule in rules.flags:
        values = [truth_of(condition, case) for condition in rule.conditions]
        if rule.code in named:
            unjudged[rule.code] = is_unjudged(rule, values, case) & is_finished
        levels = level_column(rule, values)
        kept[rule.code] = levels if is_finished.all() else only_safety(rule, values, levels, case, rules, is_finished)
        raised[rule.code] = levels
    return FlagColumns(kept, unjudged)


def level_column(rule: FlagRule, values: list[TruthColumn]) -> Levels:
    """The first level that is true, or with ``open_questions_raise`` not false, where any is true."""
    levels = np.zeros(values[0].count, np.int8)
    for level, value in zip(reversed(rule.levels), reversed(values), strict=True):
        levels[raises(rule, value)] = level.urgency
    levels[~np.logical_or.reduce([value.is_true for value in values])] = 0
    return levels


def raises(rule: FlagRule, value: TruthColumn) -> Bools:
    """The rows where the condition of a level raises it, given that one is true."""
    return value.is_true | value.is_unknown if rule.open_questions_raise else value.is_true


def is_unjudged(rule: FlagRule, values: list[TruthColumn], case: CaseColumns) -> Bools:
    """The rows where no level is true and open questions decide each that is unknown."""
    found = in_any((value.is_unknown for value in values), case)
    for condition, value in zip(rule.conditions, values, strict=True):
        found &= ~value.is_true & (~value.is_unknown | has_open_question(condition, case))
    return found


def only_safety(
    rule: FlagRule,
    values: list[TruthColumn],
    levels: Levels,
    case: CaseColumns,
    rules: InstrumentRules,
    is_finished: Bools,
) -> Levels:
    """The levels without those of unfinished responses for which no answer to a safety item is a reason."""
    has_reason, reached = is_finished.copy(), np.zeros(case.count, np.bool_)
    for condition, value in zip(rule.conditions, values, strict=True):
        reached |= raises(rule, value)
        has_reason |= reached & value.is_true & has_safety_reason(condition, case, rules.safety_items)
    return np.where(has_reason, levels, 0).astype(np.int8)


def kinds_of(rules: RuleSet) -> dict[str, FlagKind]:
    """The kind of each red flag. Raises CannotCompile if a code has two kinds."""
    kinds: dict[str, FlagKind] = {}
    for own in rules.instruments.values():
        for flag in own.flags:
            if kinds.setdefault(flag.code, flag.kind) != flag.kind:
                raise CannotCompile(f"the red flag {flag.code} has two kinds")
    return kinds


def lonely_flags(rules: RuleSet) -> frozenset[str]:
    """The codes of the red flags that are raised only alone."""
    return frozenset(flag.code for own in rules.instruments.values() for flag in own.flags if flag.alone)


def flags_named_by_patterns(rules: RuleSet) -> frozenset[str]:
    """The codes in the conditions of patterns and features."""
    patterns = [condition for pattern in rules.patterns for condition in conditions_of_pattern(pattern)]
    features = [feature.when for feature in rules.features.values()]
    return frozenset(
        each.code for start in (*patterns, *features) for each in operands_of(start) if isinstance(each, c.FlagRaised)
    )


def conditions_of_pattern(pattern: Pattern) -> Iterator[Condition]:
    """Every condition of a pattern."""
    yield from pattern.gate
    yield from (line.when for line in pattern.lines)
    yield from (line.when for line in pattern.urgency)
    yield from (each.when for each in pattern.at_least)
    yield from (shift.when for shift in (pattern.raise_band, pattern.cap_band) if shift is not None)
