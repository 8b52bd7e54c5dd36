"""The questions that a rule reads, and the other answers to each that can make a difference to it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations as choices

from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.instruments.instrument import Item
from service.screening.rules import conditions as c
from service.screening.rules.assessment import RuleSet
from service.screening.rules.case import Condition
from service.screening.rules.condition_parser import operands_of
from service.screening.rules.scores import ScoreRule

# The options chosen for one question.
Chosen = frozenset[str]
# Up to this many options chosen for a question, any part of them may be left out at once; of more, only one option.
MOST_LEFT_OUT = 4


@dataclass(frozen=True)
class ChangeableQuestion:
    """An answered question, or one left open, with the other answers that can make a difference to a rule.

    ``changes``: answers between which the rule sees a difference, each with all answers that are the same to it.
    """

    item: Item
    given: Chosen
    changes: Mapping[Chosen, tuple[Chosen, ...]]


def conditions_read(condition: Condition, rules: RuleSet, in_flags: bool) -> Iterator[Condition]:
    """The condition and every condition below it, also through features, as they apply among red flags or not."""
    for operand in operands_of(condition):
        yield operand
        if isinstance(operand, c.FeatureHolds):
            feature = rules.features[operand.id]
            own = feature.in_flags if in_flags and feature.in_flags is not None else feature.when
            yield from conditions_read(own, rules, in_flags and not feature.blanks_stay_unknown)


def changeable_questions(
    conditions: Iterable[Condition],
    sheets: Mapping[str, AnswerSheet],
    scores: Mapping[str, ScoreRule],
    seen: Iterable[Condition] = (),
) -> list[ChangeableQuestion]:
    """The questions that the conditions read and that the form showed, in the order of the questionnaires.

    ``seen``: more conditions that see a difference between answers to these questions.
    """
    tests: dict[tuple[str, str], list[Condition]] = {}
    for condition in conditions:
        for key in questions_of(condition, sheets, scores):
            tests.setdefault(key, []).append(condition)
    for condition in seen:
        for key in questions_of(condition, sheets, scores):
            if key in tests:
                tests[key].append(condition)
    ordered = sorted(tests, key=lambda key: (key[0], sheets[key[0]].instrument.order[key[1]]))
    made = (changeable_question(sheets[name], link_id, tests[name, link_id]) for name, link_id in ordered)
    return [question for question in made if question.changes]


def questions_of(
    condition: Condition, sheets: Mapping[str, AnswerSheet], scores: Mapping[str, ScoreRule]
) -> Iterator[tuple[str, str]]:
    """Instrument and linkId of each question that a condition without operands reads."""
    match condition:
        case c.AnyChosen(instrument=name, link_id=link_id) | c.OnlyChosen(instrument=name, link_id=link_id):
            keys: Iterable[tuple[str, str]] = [(name, link_id)]
        case c.Unanswered(instrument=name, link_id=link_id):
            keys = [(name, link_id)]
        case c.ScoreIs(score=id) if id in scores:
            keys = [(name, link_id) for name in sheets for link_id in scores[id].summands]
        case _:
            keys = []
    yield from ((name, link_id) for name, link_id in keys if name in sheets and was_shown(sheets[name], link_id))


def was_shown(sheet: AnswerSheet, link_id: str) -> bool:
    """Whether the question was answered, or shown and left open."""
    return link_id in sheet.chosen or sheet.is_open(link_id)


def changeable_question(sheet: AnswerSheet, link_id: str, tests: Iterable[Condition]) -> ChangeableQuestion:
    """The question with its other answers; those between which no test sees a difference are put together."""
    item, given = sheet.instrument.by_link_id[link_id], sheet.chosen.get(link_id, frozenset())
    tests = tuple(tests)
    by_view: dict[object, list[Chosen]] = {}
    for other in other_answers(item, given):
        by_view.setdefault(view_of(item, other, tests), []).append(other)
    if given:
        by_view.pop(view_of(item, given, tests), None)
    return ChangeableQuestion(item, given, {same[0]: tuple(same) for same in by_view.values()})


def view_of(item: Item, chosen: Chosen, tests: Iterable[Condition]) -> object:
    """All that conditions can see of an answer. If a question takes one answer only, they see that answer."""
    if not item.repeats:
        return chosen
    return tuple(sees(condition, chosen) for condition in tests)


def sees(condition: Condition, chosen: Chosen) -> object:
    """The value of a condition on an answer; the answer itself if the condition is a total."""
    match condition:
        case c.AnyChosen(codes=codes):
            return not chosen.isdisjoint(codes)
        case c.OnlyChosen(codes=codes, ignoring=ignoring):
            return bool(chosen - ignoring) and chosen - ignoring <= codes
        case c.Unanswered():
            return False
    return chosen


def other_answers(item: Item, given: Chosen) -> Iterator[Chosen]:
    """Other valid answers to a question, the nearest first.

    To a question that takes several: without some of the options, with one more, or one other option alone.
    """
    options = list(item.option_of)
    if item.repeats:
        yield from parts(given)
        if given and given.isdisjoint(item.exclusive):
            yield from (given | {code} for code in options if code not in given | item.exclusive)
    alone = sorted(options, key=lambda code: code not in item.exclusive)
    yield from (frozenset({code}) for code in alone if given != {code} and not (item.repeats and code in given))


def parts(given: Chosen) -> Iterator[Chosen]:
    """The answers without some of the options given, but at least one, the largest first."""
    sizes = range(len(given) - 1, 0, -1)
    if len(given) > MOST_LEFT_OUT:
        sizes = range(len(given) - 1, len(given) - 2, -1)
    yield from (frozenset(part) for size in sizes for part in choices(sorted(given), size))
