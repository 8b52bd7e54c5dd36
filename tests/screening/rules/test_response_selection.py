"""The responses that an assessment uses, and the time as of which it is made."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from service.screening.rules import response_selection
from service.screening.rules.assessment import InstrumentRules
from service.screening.rules.response_selection import Acceptance, AnswerState, Dated, Selection, lead_of

LOOK_BACK = {"gad-7": timedelta(days=14), "phq-9": timedelta(days=14), "leg-pain": timedelta(days=28)}
SAFETY = {"gad-7": frozenset[str](), "phq-9": frozenset({"item-9"}), "leg-pain": frozenset({"alarm"})}
RULES = {name: InstrumentRules(name, (), (), SAFETY[name], {}, LOOK_BACK[name]) for name in LOOK_BACK}
START = datetime(2026, 11, 1, tzinfo=UTC)
ANSWERED, BLANK = AnswerState(True, frozenset({"item-9", "alarm"})), AnswerState(False, frozenset())


def dated(id: str, instrument: str, day: float, status: str = "completed", accepted: float = math.inf) -> Dated:
    return Dated(id, instrument, START + timedelta(days=day), status, Acceptance(accepted))


def select(
    submission: Sequence[Dated],
    stored: Sequence[Dated],
    states: Mapping[str, AnswerState] = {},
    as_of: datetime | None = None,
) -> Selection:
    """The selection; a response whose state is not given answers everything."""
    return response_selection.select(submission, stored, RULES, lambda id: states.get(id, ANSWERED), as_of)


def test_the_newest_of_each_instrument_within_its_look_back_counts() -> None:
    act = [dated("legs", "leg-pain", 20)]
    stored = [dated("old", "phq-9", 5), dated("phq", "phq-9", 6), dated("gad", "gad-7", 5.9)]
    chosen = select(act, stored)
    assert chosen.as_of == act[0].authored
    assert chosen.newest == {"leg-pain": "legs", "phq-9": "phq"}


def test_the_look_back_includes_its_last_moment() -> None:
    chosen = select([dated("legs", "leg-pain", 20)], [dated("gad", "gad-7", 6)])
    assert chosen.newest == {"leg-pain": "legs", "gad-7": "gad"}


def test_an_older_act_that_still_counts_is_assessed_as_of_the_newest_response() -> None:
    chosen = select([dated("legs", "leg-pain", 1)], [dated("phq", "phq-9", 20)])
    assert chosen.as_of == START + timedelta(days=20)
    assert chosen.newest == {"leg-pain": "legs", "phq-9": "phq"}


def test_an_act_behind_its_look_back_is_assessed_as_of_its_own_time_without_later_responses() -> None:
    chosen = select([dated("phq", "phq-9", 1)], [dated("legs", "leg-pain", 20)])
    assert chosen.as_of == START + timedelta(days=1)
    assert chosen.newest == {"phq-9": "phq"}


def test_an_act_overtaken_by_a_newer_response_of_its_instrument_is_assessed_as_of_its_own_time() -> None:
    stored = [dated("newer", "phq-9", 5), dated("legs", "leg-pain", 0.5)]
    chosen = select([dated("late", "phq-9", 1)], stored)
    assert chosen.as_of == START + timedelta(days=1)
    assert chosen.newest == {"phq-9": "late", "leg-pain": "legs"}


def test_two_of_one_instrument_in_one_act_both_count_for_flags_and_the_newer_for_scores() -> None:
    act = [dated("b", "phq-9", 3), dated("a", "phq-9", 2)]
    chosen = select(act, [])
    assert chosen.used == ("a", "b")
    assert chosen.newest == {"phq-9": "b"}


def test_of_equal_times_the_later_accepted_is_newer_whatever_the_ids() -> None:
    stored = [dated("b", "phq-9", 3, accepted=1), dated("c", "phq-9", 3, accepted=2)]
    assert select([dated("legs", "leg-pain", 4)], stored).newest["phq-9"] == "c"
    assert select([dated("a", "phq-9", 3)], stored).newest == {"phq-9": "a"}


def test_of_equal_times_in_one_submission_the_last_is_newer() -> None:
    assert select([dated("b", "phq-9", 3), dated("a", "phq-9", 3)], []).newest == {"phq-9": "a"}


def test_a_submission_uses_its_own_response_though_one_of_the_same_time_was_accepted_later() -> None:
    own, later = dated("own", "phq-9", 3, accepted=1), dated("later", "phq-9", 3, accepted=2)
    assert select([own], [own, later]).newest == {"phq-9": "own"}


class TestRetiredAnswers:
    def test_a_newer_response_that_leaves_the_safety_item_open_does_not_retire_an_older_one(self) -> None:
        chosen = select([dated("new", "leg-pain", 5)], [dated("old", "leg-pain", 0)], {"new": BLANK})
        assert chosen.used == ("old", "new")
        assert chosen.newest == {"leg-pain": "old"}
        assert chosen.retired == {"old": frozenset()}

    def test_a_newer_answer_retires_it(self) -> None:
        chosen = select([dated("new", "leg-pain", 5)], [dated("old", "leg-pain", 0)])
        assert chosen.used == ("new",)

    def test_an_answer_of_before_the_look_back_is_not_used(self) -> None:
        chosen = select([dated("new", "phq-9", 14.1)], [dated("old", "phq-9", 0)], {"new": BLANK})
        assert chosen.used == ("new",)

    def test_responses_are_used_back_to_the_newest_answer(self) -> None:
        stored = [dated(id, "leg-pain", day) for day, id in enumerate(("older", "old", "blank"))]
        chosen = select([dated("new", "leg-pain", 5)], stored, {"new": BLANK, "blank": BLANK})
        assert chosen.used == ("old", "blank", "new")

    def test_a_blank_response_does_not_displace_the_score(self) -> None:
        blank = AnswerState(False, frozenset({"item-9"}))
        chosen = select([dated("new", "phq-9", 5)], [dated("old", "phq-9", 0)], {"new": blank})
        assert chosen.newest == {"phq-9": "old"}
        assert chosen.used == ("old", "new")
        assert chosen.retired == {"old": frozenset({"item-9"})}

    def test_without_any_score_the_newest_is_named(self) -> None:
        chosen = select([dated("new", "gad-7", 5)], [dated("old", "gad-7", 0)], {"new": BLANK, "old": BLANK})
        assert chosen.newest == {"gad-7": "new"}

    def test_all_flags_of_the_responses_of_one_submission_are_used(self) -> None:
        chosen = select([dated("old", "phq-9", 0), dated("new", "phq-9", 5)], [])
        assert chosen.used == ("old", "new")
        assert chosen.retired == {}

    def test_an_older_response_is_not_read_unless_it_is_needed(self) -> None:
        read = list[str]()

        def state_of(id: str) -> AnswerState:
            read.append(id)
            return ANSWERED

        stored = [dated("old", "phq-9", 0), dated("older", "leg-pain", 0)]
        response_selection.select([dated("new", "phq-9", 5)], stored, RULES, state_of)
        assert set(read) == {"new"}


def test_the_time_of_an_earlier_assessment_does_not_change() -> None:
    chosen = select([dated("new", "phq-9", 5)], [dated("legs", "leg-pain", 8)], as_of=START + timedelta(days=6))
    assert chosen.as_of == START + timedelta(days=6)
    assert chosen.used == ("new",)


def test_unfinished_and_withdrawn_responses_do_not_count() -> None:
    stored = [dated("open", "phq-9", 4, "in-progress"), dated("wrong", "gad-7", 4, "entered-in-error")]
    assert select([dated("legs", "leg-pain", 5)], stored).used == ("legs",)


def test_the_lead_is_the_greatest_by_time_then_instrument_then_place_in_the_submission() -> None:
    assert lead_of([dated("z", "gad-7", 1), dated("a", "phq-9", 1), dated("y", "gad-7", 1)]).id == "a"
    assert lead_of([dated("z", "phq-9", 1), dated("a", "phq-9", 1)]).id == "a"
    assert lead_of([dated("a", "phq-9", 1), dated("z", "phq-9", 1)]).id == "z"


STATES = st.sampled_from([ANSWERED, BLANK, AnswerState(True, frozenset()), AnswerState(False, ANSWERED.settled)])
INSTRUMENTS = st.sampled_from(sorted(LOOK_BACK))


@st.composite
def histories(draw: st.DrawFn) -> tuple[Dated, list[Dated], dict[str, AnswerState]]:
    """A response to assess as of some day, stored ones in order of acceptance, and what each answers."""
    stored = [
        dated(str(number), draw(INSTRUMENTS), draw(st.integers(0, 60)), accepted=number)
        for number in range(draw(st.integers(0, 8)))
    ]
    act = dated("act", draw(INSTRUMENTS), draw(st.integers(0, 60)))
    return act, stored, {response.id: draw(STATES) for response in (act, *stored)}


@given(histories())
def test_the_act_always_uses_itself_and_nothing_of_later_or_too_long_before(
    given: tuple[Dated, list[Dated], dict[str, AnswerState]],
) -> None:
    act, stored, states = given
    chosen = select([act], stored, states)
    by_id = {response.id: response for response in (act, *stored)}
    assert "act" in chosen.used
    assert chosen.newest[act.instrument] == "act" or not states["act"].has_scores
    for id in {*chosen.used, *chosen.newest.values()}:
        assert chosen.as_of - LOOK_BACK[by_id[id].instrument] <= by_id[id].authored <= chosen.as_of


@given(histories(), st.randoms(use_true_random=False))
def test_neither_the_order_of_reading_nor_the_ids_matter(
    given: tuple[Dated, list[Dated], dict[str, AnswerState]], random: Random
) -> None:
    act, stored, states = given
    ids = [response.id for response in (act, *stored)]
    other = dict(zip(ids, random.sample(ids, len(ids)), strict=True))
    renamed = [replace(response, id=other[response.id]) for response in stored]
    chosen = select([act], stored, states)
    again = select(
        [replace(act, id=other["act"])],
        random.sample(renamed, len(renamed)),
        {other[id]: state for id, state in states.items()},
    )
    assert again.as_of == chosen.as_of
    assert again.used == tuple(other[id] for id in chosen.used)
    assert again.newest == {name: other[id] for name, id in chosen.newest.items()}
    assert again.retired == {other[id]: items for id, items in chosen.retired.items()}


@given(histories())
def test_one_more_response_without_a_total_never_removes_a_score(
    given: tuple[Dated, list[Dated], dict[str, AnswerState]],
) -> None:
    act, stored, states = given
    before = select([act], stored, states)
    newer = dated("newer", act.instrument, 0)
    newer = replace(newer, authored=before.as_of)
    after = select([newer], [*stored, replace(act, accepted=Acceptance(99))], {**states, "newer": BLANK})
    had = {name for name, id in before.newest.items() if states[id].has_scores}
    assert had <= {name for name, id in after.newest.items() if states.get(id, BLANK).has_scores}
