"""Red flags: judged per response, before and apart from everything else; nothing lowers them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.screening.case import Case, Condition, Reason
from service.screening.logic import Truth
from service.screening.urgency import Urgency


@dataclass(frozen=True)
class Level:
    """One level of a flag and the condition that brings it."""

    urgency: Urgency
    when: Condition


@dataclass(frozen=True)
class FlagRule:
    """A red flag of one instrument: its levels from the highest down; the first that holds counts.

    ``open_questions_raise``: when it is up at all, a question left open that decides between two
    levels takes the higher one (EX-30); otherwise it leaves the lower one.
    """

    code: str
    instrument: str
    kind: str
    levels: tuple[Level, ...]
    facts: tuple[str, ...]
    open_questions_raise: bool = False


@dataclass(frozen=True)
class Flag:
    """A flag that is up, with the reasons in the response that raised it."""

    rule: FlagRule
    level: Urgency
    reasons: tuple[Reason, ...]
    open_questions: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return self.rule.kind


@dataclass(frozen=True)
class UnjudgedFlag:
    """A flag that may be up: the questions left open decide."""

    rule: FlagRule
    open_questions: tuple[str, ...]


@dataclass(frozen=True)
class JudgedFlags:
    """What the flags of one response came to; ``denied`` are the rules that the answers speak against."""

    raised: tuple[Flag, ...] = ()
    unjudged: tuple[UnjudgedFlag, ...] = ()
    denied: tuple[FlagRule, ...] = ()


def judge_flags(rules: Sequence[FlagRule], case: Case) -> JudgedFlags:
    """Judges in the given order: a rule may look at the flags raised before it."""
    raised: dict[str, Flag] = {}
    unjudged: list[UnjudgedFlag] = []
    denied: list[FlagRule] = []
    case = replace(case, in_flags=True, raised=raised, memo={})
    for rule in rules:
        flag = judge_flag(rule, case)
        if isinstance(flag, Flag):
            raised[rule.code] = flag
        elif flag is None:
            denied.append(rule)
        else:
            unjudged.append(flag)
    return JudgedFlags(tuple(raised.values()), tuple(unjudged), tuple(denied))


def judge_flag(rule: FlagRule, case: Case) -> Flag | UnjudgedFlag | None:
    """The flag at its level, or unjudged while open questions decide whether it is up, or nothing."""
    values = [level.when.judge(case) for level in rule.levels]
    if True not in values:
        return None if None not in values else UnjudgedFlag(rule, questions(rule, values, case))
    counted = [True if value is None and rule.open_questions_raise else value for value in values]
    index = counted.index(True)
    reasons = dict.fromkeys(
        reason
        for level, value in zip(rule.levels[index:], values[index:], strict=True)
        if value is True
        for reason in level.when.reasons(case)
    )
    higher = values if rule.open_questions_raise else values[:index]
    return Flag(rule, rule.levels[index].urgency, tuple(reasons), questions(rule, higher, case))


def questions(rule: FlagRule, values: Sequence[Truth], case: Case) -> tuple[str, ...]:
    """The open questions that leave some of the rule's levels unknown, each once."""
    return tuple(
        dict.fromkeys(
            question
            for level, value in zip(rule.levels, values, strict=False)
            if value is None
            for question in level.when.open_questions(case)
        )
    )
