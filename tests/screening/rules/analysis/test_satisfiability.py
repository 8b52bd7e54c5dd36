"""Whether rules can be true: conditions that contradict each other are found, and no others."""

from typing import Any

import pytest

from service.screening.rules.analysis.satisfiability import SatisfiabilitySearch
from service.screening.rules.condition_parser import KnownNames, parse_condition
from tests.support.building import catalogue

RULES = catalogue().rules
INSTRUMENTS = {name: catalogue().instrument(name) for name in RULES.instruments}
NAMES = KnownNames(
    INSTRUMENTS,
    features=set(RULES.features),
    flags={flag.code for own in RULES.instruments.values() for flag in own.flags},
    patterns={pattern.id for pattern in RULES.patterns},
    scores={"phq-9", "gad-7"},
)


def possible(*wanted: Any, unless: Any = None, among_flags_of: str | None = None) -> bool:
    made = [parse_condition(node, NAMES, "") for node in wanted]
    unwanted = [] if unless is None else [parse_condition(unless, NAMES, "")]
    assert NAMES.faults == []
    return SatisfiabilitySearch(RULES, INSTRUMENTS, among_flags_of).is_possible(made, unwanted)


@pytest.mark.parametrize(
    "wanted",
    [
        [{"lp-side": ["left"]}],
        [{"lp-feel": ["burning"]}, {"lp-feel": ["tingling"]}],
        [{"lp-feel": ["burning"]}, {"not": {"lp-feel": ["tingling"]}}],
        [{"lp-alarm": ["none"]}],
        [{"only": {"lp-where": ["calf"]}}, {"lp-where": ["calf", "foot"]}],
        [{"lp-illness": ["diabetes"]}, {"lp-sugar": ["no"]}],
        [{"age": {"from": 60}}, {"not": {"age": {"below": 60}}}],
        [{"score": {"phq-9": {"from": 10, "to": 14}}}],
        [{"any": [{"all": [{"lp-side": ["left"]}, {"lp-side": ["right"]}]}, {"lp-side": ["right"]}]}],
        [{"not": {"all": [{"lp-side": ["left"]}, {"lp-side": ["right"]}]}}],
    ],
)
def test_what_can_be_is_possible(wanted: list[Any]) -> None:
    assert possible(*wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        [{"lp-side": ["left"]}, {"lp-side": ["right"]}],
        [{"lp-alarm": ["none"]}, {"lp-alarm": ["fever"]}],
        [{"lp-feel": ["burning"]}, {"not": {"lp-feel": ["burning", "tingling"]}}],
        [{"only": {"lp-where": ["calf"]}}, {"lp-where": ["foot"]}],
        [{"lp-sugar": ["no"]}, {"not": {"lp-illness": ["diabetes"]}}],
        [{"lp-side": ["left"]}, {"lp-any": ["no"]}, {"lp-alarm": ["none"]}],
        [{"age": {"from": 60}}, {"age": {"below": 18}}],
        [{"score": {"phq-9": {"from": 28}}}],
        [{"score": {"phq-9": {"from": 20}}}, {"score": {"phq-9": {"from": 10, "to": 14}}}],
        ["thigh-only", {"lp-where": ["calf"]}],
        [{"flag": "fever"}, {"not": {"flag": "fever"}}],
        [{"pattern": "restless-legs"}, {"lp-urge": ["none"]}],
        [{"not": "always"}],
        [{"all": [{"any": [{"lp-side": ["left"]}, {"lp-side": ["right"]}]}, {"lp-side": ["changes"]}]}],
    ],
)
def test_what_contradicts_itself_is_not(wanted: list[Any]) -> None:
    assert not possible(*wanted)


def test_what_an_earlier_level_takes_is_not_left_for_a_later_one() -> None:
    assert not possible({"lp-course": ["slow-worse"]}, unless={"lp-course": ["slow-worse", "fast-worse"]})
    assert possible({"lp-course": ["slow-worse", "steady"]}, unless={"lp-course": ["slow-worse", "fast-worse"]})


def test_the_flags_of_one_instrument_cannot_look_at_another() -> None:
    assert possible({"lp-side": ["left"]}, among_flags_of="leg-pain")
    assert not possible({"lp-side": ["left"]}, among_flags_of="phq-9")
    assert not possible({"score": {"phq-9": {"from": 1}}}, among_flags_of="leg-pain")


def test_a_feature_reads_among_the_flags_as_it_is_written_for_them() -> None:
    unsure: dict[str, Any] = {"lp-duration": ["unsure"]}
    assert possible("new", unsure, among_flags_of="leg-pain")
    assert not possible("new", unsure)
