"""More alarm, or a higher answer, never makes it less urgent."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from service.screening.urgency import Urgency
from tests.building import FREQUENCY
from tests.properties.strategies import Given, givens, judged, options, summands, weight

ALARMS = [code for code in options("leg-pain", "lp-alarm") if code != "lp-alarm.none"]
# An answer closes a question that was left open, and with it this flag.
OPEN_QUESTION = "safety-incomplete"
Pair = tuple[Given, Given]


@st.composite
def one_more_alarm(draw: DrawFn) -> Pair:
    """Answers with some alarm options, or `none`, and the same with one option more in its place."""
    given = draw(givens("leg-pain"))
    ticked = draw(st.just(["lp-alarm.none"]) | st.lists(st.sampled_from(ALARMS), min_size=1, max_size=4, unique=True))
    more = draw(st.sampled_from(ALARMS).filter(lambda code: code not in ticked))
    kept = [code for code in ticked if code != "lp-alarm.none" or draw(st.booleans())]
    return given.with_answer("leg-pain", "lp-alarm", ticked), given.with_answer("leg-pain", "lp-alarm", [*kept, more])


@st.composite
def one_higher_answer(draw: DrawFn, name: str) -> Pair:
    """Answers with one item of the GAD-7 or PHQ-9 answered, and the same with a higher answer to it."""
    given = draw(givens(name))
    link_id = draw(st.sampled_from(summands(name)))
    low, high = sorted(draw(st.lists(st.sampled_from(FREQUENCY), min_size=2, max_size=2, unique=True)), key=weight)
    return given.with_answer(name, link_id, [low]), given.with_answer(name, link_id, [high])


@given(one_more_alarm())
def test_one_more_alarm_never_lowers_the_urgency(pair: Pair) -> None:
    before, after = pair
    assert judged(after).assessment.urgency >= judged(before).assessment.urgency


@given(one_higher_answer("phq-9"))
def test_a_higher_answer_in_the_phq_9_never_lowers_the_urgency(pair: Pair) -> None:
    before, after = pair
    assert judged(after).assessment.urgency >= judged(before).assessment.urgency


@given(one_higher_answer("gad-7"))
def test_a_higher_answer_in_the_gad_7_never_lowers_the_urgency(pair: Pair) -> None:
    before, after = pair
    assert judged(after).assessment.urgency >= judged(before).assessment.urgency


def urgency_of_answers(given: Given) -> Urgency:
    """The urgency without what only asks for an answer that is missing."""
    assessment = judged(given).assessment
    flags = [flag.level for code, flag in assessment.raised.items() if code != OPEN_QUESTION]
    return max([*flags, *(item.urgency for item in assessment.patterns.reported)], default=Urgency.NONE)


@given(givens("leg-pain"), st.sampled_from(ALARMS))
def test_an_alarm_where_none_was_answered_lowers_nothing_but_the_open_question(given: Given, code: str) -> None:
    blank, after = (given.with_answer("leg-pain", "lp-alarm", codes) for codes in ([], [code]))
    assert judged(after).assessment.urgency >= urgency_of_answers(blank)


@given(st.data(), st.sampled_from(["gad-7", "phq-9"]))
def test_an_item_answered_late_lowers_nothing_but_the_open_question(data: st.DataObject, name: str) -> None:
    given = data.draw(givens(name))
    link_id, code = data.draw(st.sampled_from(summands(name))), data.draw(st.sampled_from(FREQUENCY))
    blank, after = (given.with_answer(name, link_id, codes) for codes in ([], [code]))
    assert judged(after).assessment.urgency >= urgency_of_answers(blank)


@given(givens("leg-pain"), st.sampled_from(ALARMS))
def test_an_alarm_stands_whether_or_not_none_is_ticked_beside_it(given: Given, code: str) -> None:
    alone, beside = (given.with_answer("leg-pain", "lp-alarm", codes) for codes in ([code], ["lp-alarm.none", code]))
    first, second = judged(alone).assessment, judged(beside).assessment
    assert (first.raised, first.patterns, first.urgency) == (second.raised, second.patterns, second.urgency)
