"""An unanswered question is never a "no": it never removes a red flag silently, and leaves no total."""

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.rules.red_flags import Flag, FlagResults
from service.screening.rules.urgency import Urgency
from tests.support.generated.strategies import (
    PatientAnswers,
    ages,
    answers,
    assess_answers,
    cases,
    near_mood,
    scored,
    summands,
    weight,
)

# Documented at the head of 11.1: a blank duration counts as new, so not persistent and not chronic.
READ_AS_NEW = {"lp-duration": {"lp-duration.3w-3m", "lp-duration.gt-3m"}}
# Rows that a flag of this level silences (11.1), also one that is up because of the blank.
SILENCED_FROM = {"any-weakness": Urgency.SAME_DAY, "any-numbness": Urgency.SOON}
# These look at flags that are up, so no question stands open for them.
ON_OTHER_FLAGS = {"tumour-nerve", *SILENCED_FROM}


@st.composite
def one_form(draw: st.DrawFn) -> tuple[str, PatientAnswers]:
    """Answers to one form, with its name."""
    name = draw(st.sampled_from(("leg-pain", "leg-pain", "gad-7", "phq-9")))
    return name, PatientAnswers({name: draw(answers(name))}, age=draw(ages()))


def sheet_and_flags(given: PatientAnswers) -> tuple[AnswerSheet, FlagResults]:
    act = assess_answers(given)
    (part,) = act.sources.values()
    return part.sheet, act.results_of(part.id).flags


def with_each_blank(name: str, given: PatientAnswers) -> Iterator[tuple[str, FlagResults]]:
    """For each answer that can be removed, the red flags without it; only if the form still shows the question."""
    for link_id, codes in given.answers[name].items():
        sheet, flags = sheet_and_flags(given.with_answer(name, link_id, []))
        if sheet.asked[link_id] is not False and READ_AS_NEW.get(link_id, set()).isdisjoint(codes):
            yield link_id, flags


def dangers(flags: FlagResults) -> dict[str, Flag]:
    """The raised red flags, without the two that ask for missing answers."""
    return {flag.rule.code: flag for flag in flags.raised if flag.kind != "safety" and not flag.rule.alone}


def silenced(flags: FlagResults) -> set[str]:
    """The rows that say themselves that a higher flag silences them."""
    highest = max((flag.level for flag in flags.raised if flag.kind == "bodily"), default=Urgency.NONE)
    return {code for code, level in SILENCED_FROM.items() if highest >= level}


def left_open(flags: FlagResults, before: dict[str, Flag]) -> dict[str, tuple[str, ...]]:
    """The open questions of each danger that was up before and is now unjudged, or up at a lower level."""
    found = {item.rule.code: item.open_questions for item in flags.unjudged if item.rule.code in before}
    lower = {code: flag for code, flag in dangers(flags).items() if code in before and flag.level < before[code].level}
    return found | {code: flag.open_questions for code, flag in lower.items()}


def check_each_blank(name: str, given: PatientAnswers) -> None:
    """No flag that was raised is denied, and each that now depends on the question names it."""
    before = dangers(sheet_and_flags(given)[1])
    for link_id, flags in with_each_blank(name, given):
        denied = {rule.code for rule in flags.denied} - silenced(flags)
        assert not denied & before.keys(), link_id
        for code, questions in left_open(flags, before).items():
            assert link_id in questions or code in ON_OTHER_FLAGS, code


@settings(max_examples=15)
@given(one_form())
def test_an_answer_taken_away_denies_no_danger_and_is_named_where_one_now_hangs_on_it(
    form: tuple[str, PatientAnswers],
) -> None:
    check_each_blank(*form)


def test_an_answer_taken_away_from_a_case_of_each_flag_denies_no_danger() -> None:
    for known in cases():
        check_each_blank("leg-pain", PatientAnswers({"leg-pain": min(known, key=len)}))


@given(st.data(), st.sampled_from(["gad-7", "phq-9"]))
def test_a_total_is_the_sum_of_all_items_and_without_all_there_is_none(data: st.DataObject, name: str) -> None:
    given = PatientAnswers({name: data.draw(scored(name))})
    (own,) = assess_answers(given).assessment.responses.values()
    (score,) = own.scores
    chosen = given.answers[name]
    weights = {link_id: weight(chosen[link_id][0]) for link_id in summands(name) if link_id in chosen}
    assert set(score.missing) == set(summands(name)) - weights.keys()
    assert score.total == (None if score.missing else sum(weights.values()))
    assert (score.band is None) is bool(score.missing)


@given(near_mood(), st.sampled_from([("gad-7", "anxiety-linked"), ("phq-9", "depression-linked")]), st.data())
def test_a_mood_pattern_is_never_reported_without_a_total(
    given: PatientAnswers, pair: tuple[str, str], data: st.DataObject
) -> None:
    name, pattern = pair
    left_out = data.draw(st.sampled_from(summands(name)))
    reported = assess_answers(given.with_answer(name, left_out, [])).assessment.patterns.reported
    assert pattern not in {item.pattern.id for item in reported}
