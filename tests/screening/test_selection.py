"""Which responses an act draws on, and from which moment it looks."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.screening.selection import Dated, lead_of, select

LOOK_BACK = {"gad-7": timedelta(days=14), "phq-9": timedelta(days=14), "leg-pain": timedelta(days=28)}
START = datetime(2026, 11, 1, tzinfo=UTC)


def dated(id: str, instrument: str, day: float, status: str = "completed") -> Dated:
    return Dated(id, instrument, START + timedelta(days=day), status)


def test_the_newest_of_each_instrument_within_its_look_back_counts() -> None:
    act = [dated("legs", "leg-pain", 20)]
    stored = [dated("old", "phq-9", 5), dated("phq", "phq-9", 6), dated("gad", "gad-7", 5.9)]
    chosen = select(act, stored, LOOK_BACK)
    assert chosen.as_of == act[0].authored
    assert chosen.newest == {"leg-pain": "legs", "phq-9": "phq"}


def test_the_look_back_includes_its_last_moment() -> None:
    chosen = select([dated("legs", "leg-pain", 20)], [dated("gad", "gad-7", 6)], LOOK_BACK)
    assert chosen.newest == {"leg-pain": "legs", "gad-7": "gad"}


def test_an_older_act_that_still_counts_is_assessed_as_of_the_newest_response() -> None:
    chosen = select([dated("legs", "leg-pain", 1)], [dated("phq", "phq-9", 20)], LOOK_BACK)
    assert chosen.as_of == START + timedelta(days=20)
    assert chosen.newest == {"leg-pain": "legs", "phq-9": "phq"}


def test_an_act_behind_its_look_back_is_assessed_as_of_its_own_time_without_later_responses() -> None:
    chosen = select([dated("phq", "phq-9", 1)], [dated("legs", "leg-pain", 20)], LOOK_BACK)
    assert chosen.as_of == START + timedelta(days=1)
    assert chosen.newest == {"phq-9": "phq"}


def test_an_act_overtaken_by_a_newer_response_of_its_instrument_is_assessed_as_of_its_own_time() -> None:
    stored = [dated("newer", "phq-9", 5), dated("legs", "leg-pain", 0.5)]
    chosen = select([dated("late", "phq-9", 1)], stored, LOOK_BACK)
    assert chosen.as_of == START + timedelta(days=1)
    assert chosen.newest == {"phq-9": "late", "leg-pain": "legs"}


def test_two_of_one_instrument_in_one_act_both_count_for_flags_and_the_newer_for_scores() -> None:
    act = [dated("b", "phq-9", 3), dated("a", "phq-9", 2)]
    chosen = select(act, [], LOOK_BACK)
    assert chosen.used == ("a", "b")
    assert chosen.newest == {"phq-9": "b"}


def test_of_equal_times_the_greater_id_is_newer() -> None:
    chosen = select([dated("a", "phq-9", 3), dated("b", "phq-9", 3)], [], LOOK_BACK)
    assert chosen.newest == {"phq-9": "b"}


def test_unfinished_and_withdrawn_responses_do_not_count() -> None:
    stored = [dated("open", "phq-9", 4, "in-progress"), dated("wrong", "gad-7", 4, "entered-in-error")]
    assert select([dated("legs", "leg-pain", 5)], stored, LOOK_BACK).used == ("legs",)


def test_the_lead_is_the_greatest_by_time_then_instrument_then_id() -> None:
    assert lead_of([dated("z", "gad-7", 1), dated("a", "phq-9", 1), dated("y", "gad-7", 1)]).id == "a"


RESPONSES = st.lists(
    st.builds(dated, st.uuids().map(str), st.sampled_from(sorted(LOOK_BACK)), st.integers(0, 60)), max_size=8
)


@given(st.builds(dated, st.just("act"), st.sampled_from(sorted(LOOK_BACK)), st.integers(0, 60)), RESPONSES)
def test_the_act_always_counts_itself_and_nothing_of_later_or_too_long_before(act: Dated, stored: list[Dated]) -> None:
    chosen = select([act], stored, LOOK_BACK)
    by_id = {response.id: response for response in (act, *stored)}
    assert "act" in chosen.used
    twins = [r for r in stored if (r.instrument, r.authored) == (act.instrument, act.authored)]
    assert twins or chosen.newest[act.instrument] == "act"
    for name, id in chosen.newest.items():
        assert chosen.as_of - LOOK_BACK[name] <= by_id[id].authored <= chosen.as_of


@given(st.builds(dated, st.just("act"), st.sampled_from(sorted(LOOK_BACK)), st.integers(0, 60)), RESPONSES)
def test_the_order_of_what_is_stored_does_not_matter(act: Dated, stored: list[Dated]) -> None:
    assert select([act], stored, LOOK_BACK) == select([act], stored[::-1], LOOK_BACK)
