"""Red flags: evaluated on each response alone, before everything else. No other rule lowers them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from service.screening.kleene import Truth
from service.screening.rules.case import Case, Condition, FlagKind, Reason, distinct_reasons, open_questions_of
from service.screening.rules.cited_facts import OnlyWith, cited_facts
from service.screening.rules.urgency import Urgency


@dataclass(frozen=True)
class Level:
    """One level of a red flag, and the condition under which the flag has it."""

    urgency: Urgency
    when: Condition


@dataclass(frozen=True)
class FlagRule:
    """The rule of one red flag. ``levels`` are ordered from the highest; the first that is true applies.

    ``open_questions_raise``: if an open question decides between two levels, the flag has the higher one (EX-30);
    otherwise it has the lower one. ``alone``: the flag is raised only if no other flag of the assessment is.
    ``only_with``: the facts that are cited only with certain answers.
    """

    code: str
    instrument: str
    kind: FlagKind
    levels: tuple[Level, ...]
    facts: tuple[str, ...]
    open_questions_raise: bool = False
    alone: bool = False
    only_with: OnlyWith = field(default_factory=dict)

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of the levels."""
        return tuple(level.when for level in self.levels)


@dataclass(frozen=True)
class Flag:
    """A raised red flag, with the reasons in the response, the open questions that could raise its level, and the facts
    that apply to the answers given. ``possible``: the highest level that the open questions leave possible."""

    rule: FlagRule
    level: Urgency
    reasons: tuple[Reason, ...]
    open_questions: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    possible: Urgency = Urgency.NONE

    @property
    def kind(self) -> FlagKind:
        """The kind of the rule."""
        return self.rule.kind


@dataclass(frozen=True)
class UnjudgedFlag:
    """A red flag that is unknown, with the open questions that decide; without any, the age decides.

    ``possible``: the highest level that they leave possible.
    """

    rule: FlagRule
    open_questions: tuple[str, ...]
    possible: Urgency = Urgency.NONE


@dataclass(frozen=True)
class FlagResults:
    """The results of all red flags of one response; ``denied`` are the rules whose levels are all false."""

    raised: tuple[Flag, ...] = ()
    unjudged: tuple[UnjudgedFlag, ...] = ()
    denied: tuple[FlagRule, ...] = ()


def evaluate_flags(rules: Sequence[FlagRule], case: Case) -> FlagResults:
    """Evaluates the rules in their order: conditions may name flags that come earlier.

    A flag that is unknown because of the age alone is in none of the results: no question was left open.
    """
    raised: dict[str, Flag] = {}
    unjudged: list[UnjudgedFlag] = []
    denied: list[FlagRule] = []
    case = replace(case, in_flags=True, raised=raised, memo={})
    for rule in rules:
        flag = evaluate_flag(rule, case)
        if isinstance(flag, Flag):
            raised[rule.code] = flag
        elif flag is None:
            denied.append(rule)
        elif flag.open_questions:
            unjudged.append(flag)
    return FlagResults(tuple(raised.values()), tuple(unjudged), tuple(denied))


def evaluate_flag(rule: FlagRule, case: Case) -> Flag | UnjudgedFlag | None:
    """The result of one rule; None if all its levels are false."""
    conditions = rule.conditions
    values = [condition.evaluate(case) for condition in conditions]
    if True not in values:
        if None not in values:
            return None
        return UnjudgedFlag(rule, deciding_questions(conditions, values, case), possible_level(rule, values))
    raising = (True, None) if rule.open_questions_raise else (True,)
    index = next(index for index, value in enumerate(values) if value in raising)
    reasons = distinct_reasons(
        reason
        for condition, value in zip(conditions[index:], values[index:], strict=True)
        if value is True
        for reason in condition.reasons(case)
    )
    higher = values if rule.open_questions_raise else values[:index]
    facts = cited_facts(rule.facts, rule.only_with, reasons, case)
    level, questions = rule.levels[index].urgency, open_questions_of(conditions, higher, case)
    return Flag(rule, level, reasons, questions, facts, max(level, possible_level(rule, higher)))


def possible_level(rule: FlagRule, values: Sequence[Truth]) -> Urgency:
    """The highest level whose condition is unknown. ``values`` are those of the first levels."""
    unknown = (level.urgency for level, value in zip(rule.levels, values, strict=False) if value is None)
    return next(unknown, Urgency.NONE)


def deciding_questions(conditions: Sequence[Condition], values: Sequence[Truth], case: Case) -> tuple[str, ...]:
    """The open questions that decide whether any of the conditions is true; none if the age alone leaves one unknown,
    because the answers cannot decide then."""
    unknown = [condition for condition, value in zip(conditions, values, strict=True) if value is None]
    if not all(any(condition.open_questions(case)) for condition in unknown):
        return ()
    return open_questions_of(conditions, values, case)


def without_company(results: FlagResults, others: Collection[str]) -> FlagResults:
    """The results without the flags that are raised only alone, if any of the ``others`` (flag codes) is raised."""
    if not others:
        return results
    dropped = tuple(flag.rule for flag in results.raised if flag.rule.alone)
    raised = tuple(flag for flag in results.raised if not flag.rule.alone)
    return replace(results, raised=raised, denied=(*results.denied, *dropped))


def without_retired(results: FlagResults, safety_items: Collection[str], retired: Collection[str]) -> FlagResults:
    """The results without the raised flags whose reasons are safety items that are all ``retired``."""
    if not retired:
        return results
    raised = tuple(flag for flag in results.raised if not is_retired(flag, safety_items, retired))
    return replace(results, raised=raised)


def is_retired(flag: Flag, safety_items: Collection[str], retired: Collection[str]) -> bool:
    """True if the answers to safety items that raise the flag are all ``retired``.

    For a flag without such answers: if the safety items that raise it because they were left open are.
    """
    for kind in ("answer", "open"):
        subjects = {reason.subject for reason in flag.reasons if reason.kind == kind} & set(safety_items)
        if subjects:
            return subjects.issubset(retired)
    return False


def urgent_flags(
    raised: Mapping[str, Flag], task_from: Urgency, before: Mapping[str, Flag] | None = None
) -> dict[str, Flag]:
    """Returns the flags that call a person: those raised at the level ``task_from`` or higher, by code.

    If ``before`` is given (the flags of an earlier version), only those that are new or of a higher level now.
    """
    levels = {code: flag.level for code, flag in (before or {}).items()}
    return {
        code: flag
        for code, flag in raised.items()
        if flag.level >= task_from and flag.level > levels.get(code, Urgency.NONE)
    }
