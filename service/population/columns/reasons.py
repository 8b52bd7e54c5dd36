"""In which rows a condition has an open question, and in which an answer to a safety item is a reason of it."""

from collections.abc import Collection

import numpy as np

from service.population.columns.case_columns import CaseColumns
from service.population.columns.conditions import has_bits, in_any, mask, truth_of
from service.population.columns.truth_column import Bools
from service.screening.rules import conditions as c
from service.screening.rules.case import Condition
from service.screening.rules.combinations import AllOf, AnyOf, Not


def has_open_question(condition: Condition, case: CaseColumns) -> Bools:
    """The rows where `Condition.open_questions` names a question, a score or a red flag."""
    match condition:
        case AllOf(operands=operands) | AnyOf(operands=operands):
            parts = ((truth_of(each, case).is_unknown, each) for each in operands)
            return in_any((unknown & has_open_question(each, case) for unknown, each in parts if unknown.any()), case)
        case Not(operand=operand):
            return has_open_question(operand, case)
        case c.FeatureHolds(id=id):
            return has_open_question(*case.definition(id))
        case c.ScoreIs(score=score):
            unknown = truth_of(condition, case).is_unknown
            found = case.scores.get(score)
            return unknown if found is None else unknown & (~found.exists | found.left_open)
        case c.AnyChosen() | c.OnlyChosen() | c.FlagRaised():
            return truth_of(condition, case).is_unknown
    return case.nowhere()


def has_safety_reason(condition: Condition, case: CaseColumns, safety_items: Collection[str]) -> Bools:
    """The rows where `Condition.reasons` of a true condition names an answer to one of the items."""
    match condition:
        case AllOf(operands=operands):
            return in_any((has_safety_reason(each, case, safety_items) for each in operands), case)
        case AnyOf(operands=operands):
            return in_any(
                (truth_of(each, case).is_true & has_safety_reason(each, case, safety_items) for each in operands), case
            )
        case c.FeatureHolds(id=id):
            return has_safety_reason(*case.definition(id), safety_items)
        case c.AnyChosen(instrument=name, link_id=link_id) if link_id in safety_items and name in case.sheets:
            sheet = case.sheets[name]
            return has_bits(sheet.column(link_id), mask(condition.codes, sheet, link_id))
        case c.OnlyChosen(link_id=link_id) if link_id in safety_items:
            return np.ones(case.count, np.bool_)
    return case.nowhere()
