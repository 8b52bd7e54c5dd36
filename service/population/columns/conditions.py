"""The value of every condition of the rules, in each row: as `Condition.evaluate` gives it for one case."""

from collections.abc import Collection, Iterable
from functools import reduce
from operator import and_, or_

import numpy as np

from service.population.columns.case_columns import CannotCompile, CaseColumns
from service.population.columns.rows import Integers, SheetColumns
from service.population.columns.truth_column import Bools, TruthColumn
from service.screening.instruments.coded_answers import MOST_OPTIONS, OTHER, SHOWN, UNSURE, option_bits
from service.screening.rules import conditions as c
from service.screening.rules.case import BlankMeaning, Condition
from service.screening.rules.combinations import AllOf, AnyOf, Not

# The bits that say whether the question was shown.
ASKED = SHOWN | UNSURE


def truth_of(condition: Condition, case: CaseColumns) -> TruthColumn:
    """The value of a condition in each row. Raises CannotCompile for a condition that is not known here."""
    match condition:
        case AllOf(operands=operands):
            return reduce(and_, (truth_of(operand, case) for operand in operands))
        case AnyOf(operands=operands):
            return reduce(or_, (truth_of(operand, case) for operand in operands))
        case Not(operand=operand):
            value = ~truth_of(operand, case)
            return value.unless_false() if case.in_flags else value
        case c.FeatureHolds(id=id):
            return feature_truth(id, case)
    return leaf_truth(condition, case)


def leaf_truth(condition: Condition, case: CaseColumns) -> TruthColumn:
    """The value of a condition that contains no other. Raises CannotCompile if it is not known here."""
    match condition:
        case c.Always():
            return TruthColumn.constant(case.count, True)
        case c.PatternReported(id=id):
            return TruthColumn.two_valued(case.reported.get(id, case.nowhere()))
        case c.FlagRaised() | c.AnyFlagOf():
            return flag_truth(condition, case)
        case c.AgeIs() | c.ScoreIs():
            return number_truth(condition, case)
        case c.AnyChosen() | c.OnlyChosen() | c.Unanswered() | c.AnyAnswered():
            return answer_truth(condition, case)
    raise CannotCompile(f"{type(condition).__name__} has no operation on columns")


def feature_truth(id: str, case: CaseColumns) -> TruthColumn:
    """The value of a feature; evaluated once."""
    if id not in case.memo:
        case.memo[id] = truth_of(*case.definition(id))
    return case.memo[id]


def flag_truth(condition: c.FlagRaised | c.AnyFlagOf, case: CaseColumns) -> TruthColumn:
    """Whether red flags are raised."""
    if isinstance(condition, c.AnyFlagOf):
        kind, level = condition.kind, max(1, condition.level)
        found = (levels >= level for code, levels in case.raised.items() if kind in (None, case.kinds[code]))
        return TruthColumn.two_valued(in_any(found, case))
    levels, unjudged = case.raised.get(condition.code), case.unjudged.get(condition.code)
    true = case.nowhere() if levels is None else levels >= max(1, condition.level)
    unknown = case.nowhere() if unjudged is None else unjudged
    if levels is not None:
        unknown = unknown & (levels == 0)
    return TruthColumn.of(true, ~true & ~unknown)


def in_any(columns: Iterable[Bools], case: CaseColumns) -> Bools:
    """The rows where any of the columns is true."""
    return reduce(np.logical_or, columns, case.nowhere())


def number_truth(condition: c.AgeIs | c.ScoreIs, case: CaseColumns) -> TruthColumn:
    """Whether the age or a score is in a range."""
    if isinstance(condition, c.AgeIs):
        value = between(condition.limits, case.age.low, case.age.high, case.age.is_known)
        return value.unless_false() if condition.or_unknown else value
    score = case.scores.get(condition.score)
    if score is None:
        return TruthColumn.constant(case.count, None)
    known = score.exists if condition.answered else score.exists & score.is_total
    return between(condition.limits, score.low, score.high, known, 10**score.decimals)


def between(limits: c.Between, least: Integers, most: Integers, known: Bools, scale: int = 1) -> TruthColumn:
    """As `Between.evaluate`, of numbers in units of 1 / ``scale``; unknown where they are not known."""
    true, false = known.copy(), np.zeros(len(known), np.bool_)
    if limits.low is not None:
        true &= least >= limits.low * scale
        false |= known & (most < limits.low * scale)
    if limits.high is not None:
        true &= most <= limits.high * scale
        false |= known & (least > limits.high * scale)
    return TruthColumn.of(true, false)


AnswerCondition = c.AnyChosen | c.OnlyChosen | c.Unanswered | c.AnyAnswered


def answer_truth(condition: AnswerCondition, case: CaseColumns) -> TruthColumn:
    """Whether answers were given, or options chosen."""
    sheet = case.sheets.get(condition.instrument)
    if sheet is None:
        is_choice = isinstance(condition, c.AnyChosen | c.OnlyChosen)
        return TruthColumn.constant(case.count, None if is_choice else False)
    if isinstance(condition, c.AnyAnswered):
        return TruthColumn.two_valued(in_any((sheet.column(each) >= OTHER for each in condition.link_ids), case))
    column = sheet.column(condition.link_id)
    if isinstance(condition, c.Unanswered):
        return TruthColumn.two_valued(column == SHOWN)
    if isinstance(condition, c.OnlyChosen):
        return only_chosen(condition, sheet, column)
    if case.in_flags and condition.link_id in case.blanks:
        return chosen_or_unanswered(condition, sheet, column, case.blanks[condition.link_id])
    hit = has_bits(column, mask(condition.codes, sheet, condition.link_id))
    return TruthColumn.of(hit, ~hit & ~is_left_open(column))


def is_left_open(column: Integers) -> Bools:
    """The rows without an answer to a question that was shown, or may have been."""
    found: Bools = (column == SHOWN) | (column == UNSURE)
    return found


def has_bits(column: Integers, bits: int) -> Bools:
    """The rows with any of the bits."""
    found: Bools = (column & column.dtype.type(bits)) != 0
    return found


def mask(codes: Collection[str], sheet: SheetColumns, link_id: str) -> int:
    """The bits of the options with these codes; an option that no form of the rows has is never chosen.

    Raises CannotCompile if the question has more options than bits.
    """
    options = sheet.options(link_id)
    known = [code for code in codes if code in options]
    if len(known) < len(codes) and len(options) == MOST_OPTIONS:
        raise CannotCompile(f"{link_id} has more options than the rows have bits")
    return option_bits(known, options)


def only_chosen(condition: c.OnlyChosen, sheet: SheetColumns, column: Integers) -> TruthColumn:
    """As `OnlyChosen.evaluate`."""
    link_id = condition.link_id
    considered = column & column.dtype.type(~(mask(condition.ignoring, sheet, link_id) | ASKED) & full(column))
    others = ~(mask(condition.codes, sheet, link_id)) & full(column)
    true: Bools = (considered != 0) & ~has_bits(considered, others)
    return TruthColumn.of(true, ~true & ~is_left_open(column))


def full(column: Integers) -> int:
    """The integer with all bits that the column can have."""
    return int(np.iinfo(column.dtype).max)


def chosen_or_unanswered(
    condition: c.AnyChosen, sheet: SheetColumns, column: Integers, blank: BlankMeaning
) -> TruthColumn:
    """As `AnyChosen.evaluate_blank`."""
    link_id = condition.link_id
    hit = has_bits(column, mask(condition.codes, sheet, link_id))
    answered = column & column.dtype.type(full(column) & ~ASKED)
    blank_bit = mask((blank.blank_is,), sheet, link_id)
    is_blank: Bools = is_left_open(column)
    if blank_bit:
        is_blank = is_blank | (answered == blank_bit)
    if blank.blank_is in condition.codes:
        return TruthColumn.two_valued(hit | is_blank)
    if blank.leaves_open.isdisjoint(condition.codes):
        return TruthColumn.two_valued(hit & ~is_blank)
    true = hit & ~is_blank
    return TruthColumn.of(true, ~true & ~is_blank)
