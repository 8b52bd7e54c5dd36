"""Counterfactuals: the smallest sets of answers whose change would lower or remove a red flag or a pattern.

The search is exact within its limits: it tries every other answer to the questions that the rule reads (see
answer_changes.py), evaluates the rule again, and keeps the sets of questions of which no smaller part is enough.
All other answers and the age are as they were. A pattern that reads red flags by kind and level sees those that the
changed answers raise; for a red flag that reads others so, these are as they were.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, product
from typing import Literal

from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.rules import conditions as c
from service.screening.rules.analysis.answer_changes import (
    ChangeableQuestion,
    Chosen,
    changeable_questions,
    conditions_read,
)
from service.screening.rules.assessment import Assessment, RuleSet, highest_flags
from service.screening.rules.case import Case, Condition
from service.screening.rules.patterns import Confidence, Pattern, ReportedPattern, evaluate_pattern
from service.screening.rules.red_flags import Flag, FlagRule, evaluate_flag, evaluate_flags
from service.screening.rules.scores import ScoreRule, compute_score
from service.screening.rules.urgency import Urgency

# The lower level of a flag, the lower confidence of a pattern; None if it is removed.
Fallen = Urgency | Confidence | None
# The result of a change by which the finding does not fall.
STAYS: Literal["stays"] = "stays"
FallTo = Callable[[Mapping[str, Chosen]], Fallen | Literal["stays"]]


@dataclass(frozen=True)
class SearchLimits:
    """The greatest number of questions in a set, and the number of sets after which the search ends."""

    questions: int
    sets: int


FLAG_LIMITS = SearchLimits(questions=3, sets=10)
# A pattern reads up to thirty questions: three of them at once are too many to try while a person waits.
PATTERN_LIMITS = SearchLimits(questions=2, sets=6)


@dataclass(frozen=True)
class AnswerChange:
    """Other answers to one question: any of ``alternatives`` in place of ``given`` (no option: it was left open)."""

    link_id: str
    given: Chosen
    alternatives: tuple[Chosen, ...]


@dataclass(frozen=True)
class Counterfactual:
    """Changes of answers that together make a finding fall to ``result``, whichever alternative each takes."""

    result: Fallen
    changes: tuple[AnswerChange, ...]

    @property
    def link_ids(self) -> frozenset[str]:
        """The questions that are changed."""
        return frozenset(change.link_id for change in self.changes)


@dataclass(frozen=True)
class Counterfactuals:
    """The sets found, the smallest first. ``cut``: the search ended at the limit of sets, there may be more."""

    limits: SearchLimits
    found: tuple[Counterfactual, ...] = ()
    cut: bool = False


def flag_counterfactuals(flag: Flag, sheet: AnswerSheet, assessment: Assessment, rules: RuleSet) -> Counterfactuals:
    """The changes of the answers of one response that would lower or remove a red flag which the response raised."""
    again = Reevaluation(rules, assessment, {sheet.instrument.name: sheet})
    read = [each for level in flag.rule.levels for each in conditions_read(level.when, rules, in_flags=True)]

    def fall_to(answers: Mapping[str, Chosen]) -> Fallen | Literal["stays"]:
        after = again.flag_after(flag.rule, again.changed_sheets(answers))
        if after is None:
            return None
        return after.level if after.level < flag.level else STAYS

    return smallest_sets(changeable_questions(read, again.sheets, again.score_rules), fall_to, FLAG_LIMITS)


def pattern_counterfactuals(reported: ReportedPattern, assessment: Assessment, rules: RuleSet) -> Counterfactuals:
    """The changes of answers that would lower the confidence of a reported pattern, or remove it."""
    again = Reevaluation(rules, assessment, assessment.case.sheets)
    read = list(again.read_by_pattern(reported.pattern))
    seen = again.read_by_flags() if reads_flags_by_kind(read) else ()

    def fall_to(answers: Mapping[str, Chosen]) -> Fallen | Literal["stays"]:
        after = again.pattern_after(reported.pattern, again.changed_sheets(answers), read)
        if after is None:
            return None
        return after.confidence if after.confidence < reported.confidence else STAYS

    return smallest_sets(changeable_questions(read, again.sheets, again.score_rules, seen), fall_to, PATTERN_LIMITS)


def reads_flags_by_kind(conditions: Iterable[Condition]) -> bool:
    """Whether any red flag can decide on one of the conditions."""
    return any(isinstance(condition, c.AnyFlagOf) for condition in conditions)


@dataclass
class Reevaluation:
    """Evaluates single rules of an assessment again, on its ``sheets`` after changes."""

    rules: RuleSet
    assessment: Assessment
    sheets: Mapping[str, AnswerSheet]

    @cached_property
    def score_rules(self) -> dict[str, ScoreRule]:
        """The scores of the instruments of the sheets, by id."""
        return {score.id: score for name in self.sheets for score in self.rules.instruments[name].scores}

    @cached_property
    def flag_rules(self) -> dict[str, list[FlagRule]]:
        """The rules of red flags of the instruments of the sheets, by code."""
        rules: dict[str, list[FlagRule]] = {}
        for name in self.sheets:
            for rule in self.rules.instruments[name].flags:
                rules.setdefault(rule.code, []).append(rule)
        return rules

    @cached_property
    def raised_by_others(self) -> dict[str, Flag]:
        """The red flags of the responses that are not the newest of their instrument."""
        newest = set(self.assessment.newest.values())
        return highest_flags(own for id, own in self.assessment.responses.items() if id not in newest)

    def changed_sheets(self, answers: Mapping[str, Chosen]) -> dict[str, AnswerSheet]:
        """The sheets with other answers to some questions, by linkId."""
        return {name: with_answers(sheet, answers) for name, sheet in self.sheets.items()}

    def changed_case(self, sheets: Mapping[str, AnswerSheet]) -> Case:
        """The case of the assessment with other sheets, and the scores of these."""
        scores = {
            score.id: compute_score(score, sheet)
            for name, sheet in sheets.items()
            for score in self.rules.instruments[name].scores
        }
        return replace(self.assessment.case, sheets=sheets, scores=scores, memo={})

    def flag_after(self, rule: FlagRule, sheets: Mapping[str, AnswerSheet]) -> Flag | None:
        """The red flag on the changed answers; None if it is not raised."""
        name = rule.instrument
        others = {code: flag for code, flag in self.assessment.case.raised.items() if code != rule.code}
        case = self.changed_case({name: sheets[name]})
        blanks = self.rules.instruments[name].blanks
        after = evaluate_flag(rule, replace(case, in_flags=True, blanks=blanks, raised=others))
        return after if isinstance(after, Flag) else None

    def read_by_pattern(self, pattern: Pattern) -> Iterator[Condition]:
        """Every condition that decides on a pattern, also through the red flags and patterns that it names."""
        shifts = [shift.when for shift in (pattern.raise_band, pattern.cap_band) if shift is not None]
        own = [*pattern.gate, *(line.when for line in pattern.lines), *shifts]
        names = [c.PatternReported(pattern.band_of)] if pattern.band_of is not None else []
        for each in (*names, *(inner for when in own for inner in conditions_read(when, self.rules, in_flags=False))):
            yield each
            if isinstance(each, c.PatternReported):
                yield from self.read_by_pattern(self.pattern_of(each.id))
            elif isinstance(each, c.FlagRaised):
                for rule in self.flag_rules.get(each.code, ()):
                    for level in rule.levels:
                        yield from conditions_read(level.when, self.rules, in_flags=True)

    def read_by_flags(self) -> Iterator[Condition]:
        """Every condition that decides on a red flag."""
        for rules in self.flag_rules.values():
            for level in (level for rule in rules for level in rule.levels):
                yield from conditions_read(level.when, self.rules, in_flags=True)

    def pattern_of(self, id: str) -> Pattern:
        """The pattern with an id."""
        return next(pattern for pattern in self.rules.patterns if pattern.id == id)

    def pattern_after(
        self, pattern: Pattern, sheets: Mapping[str, AnswerSheet], read: Iterable[Condition]
    ) -> ReportedPattern | None:
        """The pattern on the changed answers; None if it is not reported."""
        read = list(read)
        codes = {each.code for each in read if isinstance(each, c.FlagRaised)}
        raised = self.all_raised_after(sheets) if reads_flags_by_kind(read) else self.raised_after(codes, sheets)
        ids = {each.id for each in read if isinstance(each, c.PatternReported)} | {pattern.id}
        reported: dict[str, ReportedPattern] = {}
        case = replace(self.changed_case(sheets), raised=raised, reported=reported)
        for each in self.rules.patterns:
            after = evaluate_pattern(each, case, reported) if each.id in ids else None
            if isinstance(after, ReportedPattern):
                reported[each.id] = after
        return reported.get(pattern.id)

    def raised_after(self, codes: Iterable[str], sheets: Mapping[str, AnswerSheet]) -> dict[str, Flag]:
        """The red flags of the assessment, those with these codes evaluated again."""
        raised = {code: flag for code, flag in self.assessment.raised.items() if code not in codes}
        for code in codes:
            flags = [self.flag_after(rule, sheets) for rule in self.flag_rules.get(code, ())]
            flags.append(self.raised_by_others.get(code))
            if up := [flag for flag in flags if flag is not None]:
                raised[code] = max(up, key=lambda flag: flag.level)
        return raised

    def all_raised_after(self, sheets: Mapping[str, AnswerSheet]) -> dict[str, Flag]:
        """All red flags on the changed answers."""
        raised = {code: flag for code, flag in self.raised_by_newest(sheets).items() if code not in self.silenced}
        for code, flag in self.raised_by_others.items():
            if code not in raised or flag.level > raised[code].level:
                raised[code] = flag
        return raised

    def raised_by_newest(self, sheets: Mapping[str, AnswerSheet]) -> dict[str, Flag]:
        """The red flags that the newest responses raise with these sheets, each evaluated after those before it."""
        raised: dict[str, Flag] = {}
        for name, sheet in sheets.items():
            case = replace(self.changed_case({name: sheet}), blanks=self.rules.instruments[name].blanks)
            raised |= {f.rule.code: f for f in evaluate_flags(self.rules.instruments[name].flags, case).raised}
        return raised

    @cached_property
    def silenced(self) -> frozenset[str]:
        """The red flags of the newest responses that newer answers, or other flags, silence."""
        return frozenset(self.raised_by_newest(self.sheets)) - self.assessment.raised.keys()


def with_answers(sheet: AnswerSheet, answers: Mapping[str, Chosen]) -> AnswerSheet:
    """The sheet with other answers to those of the questions that its instrument has."""
    own = {link_id: chosen for link_id, chosen in answers.items() if link_id in sheet.instrument.by_link_id}
    return replace(sheet, chosen={**sheet.chosen, **own}) if own else sheet


def smallest_sets(questions: Sequence[ChangeableQuestion], fall_to: FallTo, limits: SearchLimits) -> Counterfactuals:
    """The sets of questions whose change is enough, and of which no part is, up to the limits."""
    found: list[Counterfactual] = []
    for size in range(1, limits.questions + 1):
        for group in combinations(questions, size):
            link_ids = {question.item.link_id for question in group}
            if any(known.link_ids <= link_ids for known in found):
                continue
            if len(found) >= limits.sets:
                return Counterfactuals(limits, tuple(found), cut=True)
            found += counterfactuals_of(group, fall_to)
    return Counterfactuals(limits, tuple(found))


def counterfactuals_of(group: Sequence[ChangeableQuestion], fall_to: FallTo) -> Iterator[Counterfactual]:
    """One counterfactual for each result that changes of all questions of the group lead to."""
    link_ids = [question.item.link_id for question in group]
    by_result: dict[Fallen, list[tuple[Chosen, ...]]] = {}
    for answers in product(*(question.changes for question in group)):
        result = fall_to(dict(zip(link_ids, answers, strict=True)))
        if not isinstance(result, str):
            by_result.setdefault(result, []).append(answers)
    for result, working in by_result.items():
        block = independent_block(working)
        changes = (answer_change_of(question, kept) for question, kept in zip(group, block, strict=True))
        yield Counterfactual(result, tuple(changes))


def independent_block(working: Sequence[tuple[Chosen, ...]]) -> list[list[Chosen]]:
    """Answers to each question of which every combination is in ``working``; grown from its first combination."""
    known = set(working)
    block = [[answer] for answer in working[0]]
    for combination in working[1:]:
        for place, answer in enumerate(combination):
            tried = [[answer] if index == place else kept for index, kept in enumerate(block)]
            if answer not in block[place] and known.issuperset(product(*tried)):
                block[place].append(answer)
    return block


def answer_change_of(question: ChangeableQuestion, kept: Iterable[Chosen]) -> AnswerChange:
    """The change of one question, without the answers that are further from the one given than another of them."""
    alternatives = [answer for view in kept for answer in question.changes[view]]
    moved = {answer: answer ^ question.given for answer in alternatives}
    nearest = [a for a in alternatives if not any(moved[b] < moved[a] for b in alternatives)]
    exclusive = [a for a in nearest if a <= question.item.exclusive]
    others = [a for a in nearest if a & question.given] if exclusive else nearest
    order = list(question.item.option_of)
    kept_answers = [*exclusive, *others]
    kept_answers.sort(key=lambda answer: [order.index(code) for code in sorted(answer, key=order.index)])
    return AnswerChange(question.item.link_id, question.given, tuple(kept_answers))
