"""More alarm, or a higher answer, never makes it less urgent."""

from collections.abc import Iterator
from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from service.screening.rules.urgency import Urgency
from tests.support.building import FREQUENCY, response
from tests.support.generated.generating import answers_in
from tests.support.generated.strategies import (
    FINISHED,
    UNFINISHED,
    PatientAnswers,
    ages,
    assess_answers,
    changed,
    leg_pain,
    options,
    patient_answers,
    summands,
)

NONE = "lp-alarm.none"
ALARMS = [code for code in options("leg-pain", "lp-alarm") if code != NONE]
# An answer closes a question that was left open, and with it this flag.
OPEN_QUESTION = "safety-incomplete"


def urgency(given: PatientAnswers) -> Urgency:
    return assess_answers(given).assessment.urgency


def urgency_of_answers(given: PatientAnswers) -> Urgency:
    """The urgency without the red flag that asks for a missing answer."""
    assessment = assess_answers(given).assessment
    flags = [flag.level for code, flag in assessment.raised.items() if code != OPEN_QUESTION]
    return max([*flags, *(item.urgency for item in assessment.patterns.reported)], default=Urgency.NONE)


def with_alarms(given: PatientAnswers, *codes: str) -> PatientAnswers:
    return given.with_answer("leg-pain", "lp-alarm", codes)


@st.composite
def legs(draw: st.DrawFn) -> PatientAnswers:
    """Answers about the legs alone, judged quickly: near a case, or near nothing, so that one alarm decides."""
    nothing = st.just(answers_in(response("leg-pain", rest="none")["item"]))
    status = draw(st.sampled_from((*FINISHED, UNFINISHED)))
    return PatientAnswers({"leg-pain": draw(changed(nothing) | leg_pain())}, {"leg-pain": status}, draw(ages()))


@settings(max_examples=12)
@given(legs(), st.lists(st.sampled_from(ALARMS), max_size=1))
def test_one_more_alarm_never_lowers_the_urgency(given: PatientAnswers, ticked: list[str]) -> None:
    others = [code for code in ALARMS if code not in ticked]
    before = urgency(with_alarms(given, *(ticked or [NONE])))
    one_more = {code: urgency(with_alarms(given, *ticked, code)) for code in others}
    assert min(one_more.values()) >= before
    for first, second in combinations(others, 2):
        assert urgency(with_alarms(given, *ticked, first, second)) >= max(one_more[first], one_more[second])


@settings(max_examples=20)
@given(patient_answers("leg-pain"))
def test_an_alarm_instead_of_none_or_of_a_blank_lowers_nothing_but_the_open_question(given: PatientAnswers) -> None:
    # A blank lp-alarm beside weakness or numbness is same-day (11.5, safety-incomplete); a foot sore can be soon.
    blank, nothing = urgency_of_answers(with_alarms(given)), urgency(with_alarms(given, NONE))
    for code in ALARMS:
        assert urgency(with_alarms(given, code)) >= max(blank, nothing)


@settings(max_examples=25)
@given(patient_answers("leg-pain"), st.sampled_from(ALARMS))
def test_an_alarm_stands_whether_or_not_none_is_ticked_beside_it(given: PatientAnswers, code: str) -> None:
    alone, beside = (assess_answers(with_alarms(given, *codes)).assessment for codes in ([code], [NONE, code]))
    assert (alone.raised, alone.patterns, alone.urgency) == (beside.raised, beside.patterns, beside.urgency)


def climb(given: PatientAnswers, name: str, order: list[str]) -> Iterator[PatientAnswers]:
    """The same answers with one item after the other answered higher, step by step, up to the highest."""
    for link_id in order:
        held = given.answers[name].get(link_id)
        for code in FREQUENCY[FREQUENCY.index(held[0]) + 1 :] if held else ():
            given = given.with_answer(name, link_id, [code])
            yield given


@settings(max_examples=20)
@given(st.data(), st.sampled_from(["gad-7", "phq-9"]))
def test_a_higher_answer_about_mood_never_lowers_the_urgency(data: st.DataObject, name: str) -> None:
    given = data.draw(patient_answers(name))
    # Item 9 last: as soon as it is above zero it hides what the total brings.
    *others, last = summands(name)
    order = [*data.draw(st.permutations(others)), last]
    levels = [urgency(step) for step in (given, *climb(given, name, order))]
    assert all(after >= before for before, after in pairwise(levels))


@settings(max_examples=25)
@given(st.data(), st.sampled_from(["gad-7", "phq-9"]))
def test_an_item_answered_late_lowers_nothing_but_the_open_question(data: st.DataObject, name: str) -> None:
    given = data.draw(patient_answers(name))
    for link_id in summands(name):
        before = urgency_of_answers(given.with_answer(name, link_id, []))
        assert urgency(given.with_answer(name, link_id, [FREQUENCY[0]])) >= before
