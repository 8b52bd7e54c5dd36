"""The smallest sets of answers whose change lowers a finding: each does, no smaller one does, and none is missing."""

from collections.abc import Iterator, Mapping
from itertools import combinations, islice, product
from typing import Any

import pytest

from service.fhir.results.submission import Submission
from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.instruments.instrument import Item
from service.screening.rules.analysis.answer_changes import Chosen, other_answers
from service.screening.rules.analysis.counterfactuals import (
    FLAG_LIMITS,
    PATTERN_LIMITS,
    Counterfactual,
    Counterfactuals,
    flag_counterfactuals,
    pattern_counterfactuals,
    with_answers,
)
from service.screening.rules.assessment import Assessment, assess, evaluate_response
from service.screening.rules.patterns import Confidence
from service.screening.rules.red_flags import Flag
from service.screening.rules.urgency import Urgency
from tests.support.building import catalogue
from tests.test_cases import cases, judge

RULES = catalogue().rules
ITEMS: Mapping[str, Item] = {
    link_id: item for name in RULES.instruments for link_id, item in catalogue().instrument(name).by_link_id.items()
}
EVERY = 8
# Changes of a pattern that are assessed anew, per set.
MOST_TRIED = 60
# Every so many cases in `make test`, all others in `make test-slow`.
ALL_CASES = [
    pytest.param(*case.values, id=case.id, marks=[] if index % EVERY == 0 else [pytest.mark.slow])
    for index, case in enumerate(cases())
]


def leg_case(**answers: list[str]) -> Submission:
    given = {f"lp-{name.replace('_', '-')}": codes for name, codes in answers.items()}
    return judge({"responses": [{"instrument": "leg-pain", "answers": given}], "age": 40})


def flags_of(submission: Submission) -> Iterator[tuple[str, Flag, Counterfactuals]]:
    """Every flag of every response, with its response id and its counterfactuals."""
    for id, own in submission.assessment.responses.items():
        for flag in own.flags.raised:
            sheet = submission.sources[id].sheet
            yield id, flag, flag_counterfactuals(flag, sheet, submission.assessment, RULES)


def found_for(submission: Submission, code: str) -> dict[tuple[str, ...], str]:
    """The questions of each set found for a flag, with the level that results."""
    found = next(result.found for _, flag, result in flags_of(submission) if flag.rule.code == code)
    return {
        tuple(change.link_id for change in each.changes): each.result.code if isinstance(each.result, Urgency) else ""
        for each in found
    }


def level_after(code: str, sheet: AnswerSheet, answers: Mapping[str, Chosen], assessment: Assessment) -> Urgency:
    """The level of a flag after a change, when all red flags of the response are evaluated again."""
    results = evaluate_response(RULES, with_answers(sheet, answers), assessment.case.age)
    return next((flag.level for flag in results.flags.raised if flag.rule.code == code), Urgency.NONE)


def combined(found: Counterfactual) -> Iterator[dict[str, Chosen]]:
    """Every combination of the alternatives of a set."""
    for answers in product(*(change.alternatives for change in found.changes)):
        yield dict(zip((change.link_id for change in found.changes), answers, strict=True))


def smaller(found: Counterfactual) -> Iterator[dict[str, Chosen]]:
    """Every change, to whatever other answer, of a part of the questions of a set."""
    for size in range(len(found.changes)):
        for part in combinations(found.changes, size):
            for answers in product(*(other_answers(ITEMS[change.link_id], change.given) for change in part)):
                yield dict(zip((change.link_id for change in part), answers, strict=True))


# Expected from the rows of table 11.5: each conjunct of the condition, or the whole of each disjunction.
@pytest.mark.parametrize(
    ("answers", "code", "expected"),
    [
        ({"alarm": ["bladder-bowel"]}, "bladder-bowel", {("lp-alarm",): ""}),
        (
            {"alarm": ["fever"], "start": ["low-back"], "muscle": ["weak"]},
            "fever",
            {("lp-alarm",): "", ("lp-start",): "same-day", ("lp-muscle",): "same-day"},
        ),
        (
            {"alarm": ["fever"], "start": ["low-back"], "feel": ["numbness"], "muscle": ["weak"]},
            "fever",
            {("lp-alarm",): "", ("lp-start",): "same-day", ("lp-feel", "lp-muscle"): "same-day"},
        ),
        (
            {"hands": ["yes"], "muscle": ["clumsy"], "course": ["slow-worse"]},
            "hands-and-legs",
            {("lp-hands",): "", ("lp-muscle",): "", ("lp-course",): "soon"},
        ),
        (
            {"side": ["left"], "where": ["calf"], "duration": ["1-3w"]},
            "calf-unexplained",
            {
                ("lp-side",): "",
                ("lp-where",): "",
                ("lp-duration",): "",
                ("lp-spread",): "",
                ("lp-feel",): "",
                ("lp-touch",): "",
                ("lp-injury",): "",
            },
        ),
    ],
)
def test_the_sets_are_those_of_the_rule_table(
    answers: dict[str, list[str]], code: str, expected: dict[tuple[str, ...], str]
) -> None:
    assert found_for(leg_case(**answers), code) == expected


def test_an_answer_is_left_out_of_several_and_the_others_stay() -> None:
    submission = leg_case(alarm=["fever", "red-skin"], duration=["1-3w"])
    result = next(result for _, flag, result in flags_of(submission) if flag.rule.code == "fever")
    (change,) = result.found[0].changes
    assert change.given == {"lp-alarm.fever", "lp-alarm.red-skin"}
    assert change.alternatives == (frozenset({"lp-alarm.red-skin"}),)


@pytest.mark.parametrize("case", ALL_CASES)
def test_each_set_lowers_its_flag_and_no_smaller_one_does(case: dict[str, Any]) -> None:
    submission = judge(case)
    for id, flag, result in flags_of(submission):
        code, sheet = flag.rule.code, submission.sources[id].sheet
        for found in result.found:
            expected = found.result or Urgency.NONE
            assert expected < flag.level
            for answers in combined(found):
                assert level_after(code, sheet, answers, submission.assessment) == expected, (code, answers)
            for answers in smaller(found):
                assert level_after(code, sheet, answers, submission.assessment) >= flag.level, (code, answers)
            assert len(found.changes) <= FLAG_LIMITS.questions


@pytest.mark.parametrize("case", ALL_CASES)
def test_no_single_answer_that_lowers_a_flag_is_missing(case: dict[str, Any]) -> None:
    submission = judge(case)
    for id, flag, result in flags_of(submission):
        sheet = submission.sources[id].sheet
        alone = {found.changes[0].link_id for found in result.found if len(found.changes) == 1}
        for link_id, given in sheet.chosen.items():
            lowers = any(
                level_after(flag.rule.code, sheet, {link_id: other}, submission.assessment) < flag.level
                for other in other_answers(ITEMS[link_id], given)
            )
            assert lowers == (link_id in alone) or result.cut or reads_flags(flag), (flag.rule.code, link_id)


def reads_flags(flag: Flag) -> bool:
    """Whether the flag also depends on other flags, which a search leaves as they are."""
    return flag.rule.code in {"tumour-nerve", "any-weakness", "any-numbness"}


def confidence_after(pattern: str, submission: Submission, answers: Mapping[str, Chosen]) -> Confidence | None:
    """The confidence of a pattern after a change, when everything is evaluated again; None if it is not reported."""
    before = submission.assessment
    changed = {id: with_answers(source.sheet, answers) for id, source in submission.sources.items()}
    after = assess(RULES, changed, before.newest, before.case.age)
    return next((each.confidence for each in after.patterns.reported if each.pattern.id == pattern), None)


@pytest.mark.parametrize("case", ALL_CASES)
def test_each_set_lowers_its_pattern_and_no_smaller_one_does(case: dict[str, Any]) -> None:
    submission = judge(case)
    for reported in submission.assessment.patterns.reported:
        id = reported.pattern.id
        result = pattern_counterfactuals(reported, submission.assessment, RULES)
        assert all(len(found.changes) <= PATTERN_LIMITS.questions for found in result.found)
        for found in result.found:
            for answers in islice(combined(found), MOST_TRIED):
                assert confidence_after(id, submission, answers) == found.result, (id, answers)
            for answers in islice(smaller(found), 1, MOST_TRIED):
                after = confidence_after(id, submission, answers)
                assert (after or 0) >= reported.confidence, (id, answers)


def test_a_danger_sign_removes_a_pattern_that_is_not_reported_beside_one() -> None:
    """``not urgent-flag`` in the gate of anxiety-linked (EX-47); swollen legs are soon and no such sign."""
    answers = {"side": ["changes"], "feel": ["burning"], "course": ["comes-goes"], "stress": ["often"]}
    given = {f"lp-{name}": codes for name, codes in answers.items()} | {"lp-calm": ["sometimes"]}
    responses = [{"instrument": "leg-pain", "answers": given}, {"instrument": "gad-7", "total": 11}]
    submission = judge({"responses": responses, "age": 37})
    reported = next(r for r in submission.assessment.patterns.reported if r.pattern.id == "anxiety-linked")
    found = pattern_counterfactuals(reported, submission.assessment, RULES).found
    alarm = {each.result: each.changes[0].alternatives for each in found if each.link_ids == {"lp-alarm"}}
    assert frozenset({"lp-alarm.sudden-weak"}) in alarm[None]
    assert frozenset({"lp-alarm.both-swelling"}) not in alarm[None]


def test_a_search_that_ends_early_says_so() -> None:
    answers = {"side": ["both-equal"], "start": ["feet-toes"], "spread": ["from-feet-up"], "course": ["slow-worse"]}
    submission = leg_case(**answers, feel=["numbness", "burning"], duration=["gt-3m"], illness=["diabetes"])
    reported = next(each for each in submission.assessment.patterns.reported if each.pattern.id == "neuropathy")
    result = pattern_counterfactuals(reported, submission.assessment, RULES)
    assert result.cut
    assert len(result.found) >= PATTERN_LIMITS.sets
