"""Which single answer raises which flag in an otherwise empty form: knowledge 11.1 and 11.5, row by row."""

import pytest

from tests.support.building import FREQUENCY
from tests.support.generated.generating import Chosen, choice_items, from_answers
from tests.support.generated.strategies import assess_resources, options

# With weak-walk, no-weight and foot-sore a blank that decides between two levels takes the higher (EX-30).
ALARMS = {
    "bladder-bowel": {"bladder-bowel": "emergency"},
    "saddle-numb": {"saddle-numbness": "emergency"},
    "sudden-weak": {"sudden-weakness": "emergency"},
    "weak-walk": {"weakness-mobility": "emergency"},
    "fast-spread": {"rapid-progression": "emergency"},
    "no-weight": {"cannot-stand": "emergency"},
    "leg-swelling": {"clot-signs": "same-day"},
    "both-swelling": {"both-legs-swollen": "soon"},
    "red-skin": {"clot-signs": "same-day", "infection-signs": "same-day"},
    "foot-sore": {"numb-foot-wound": "same-day"},
    "cold-foot": {"cold-foot": "emergency"},
    "chest-breath": {"chest-or-breath": "emergency"},
    "fever": {"fever": "same-day"},
    "very-ill": {"very-ill": "emergency"},
    "none": {},
}
# A blank duration counts as new: a foot drop is same-day, and cancer without a place in the back is soon.
OTHERS = {
    "lp-muscle.weak": {"any-weakness": "soon"},
    "lp-muscle.foot-drop": {"new-foot-drop": "same-day"},
    "lp-muscle.trips": {"new-foot-drop": "same-day"},
    "lp-feel.numbness": {"any-numbness": "routine"},
    "lp-course.fast-worse": {"rapid-progression": "same-day"},
    "lp-course.slow-worse": {"long-lasting": "routine"},
    "lp-duration.3w-3m": {"long-lasting": "routine"},
    "lp-duration.gt-3m": {"long-lasting": "routine"},
    "lp-signs.blister-rash": {"infection-signs": "same-day"},
    "lp-signs.dark-urine": {"dark-urine": "same-day"},
    "lp-signs.weight-loss": {"weight-loss": "routine"},
    "lp-illness.skin-infection": {"infection-signs": "same-day"},
    "lp-illness.cancer": {"cancer-spine": "soon"},
    "lp-illness.chemo": {"cancer-spine": "soon"},
    "lp-illness.tumour": {"cancer-spine": "soon", "tumour-nerve": "soon"},
}
# safe-now belongs to our form: shown and left blank it counts as not sure, and `yes` lowers nothing (11.2).
ITEM_9 = {
    ("none", None): None,
    ("several", None): "emergency",
    ("more-than-half", None): "emergency",
    ("nearly-every", None): "emergency",
    ("several", "yes"): "same-day",
    ("more-than-half", "yes"): "same-day",
    ("nearly-every", "yes"): "emergency",
    ("several", "no"): "emergency",
    ("more-than-half", "no"): "emergency",
    ("nearly-every", "no"): "emergency",
    ("several", "unsure"): "emergency",
    ("more-than-half", "unsure"): "emergency",
    ("nearly-every", "unsure"): "emergency",
}
# A PHQ-9 from elsewhere has no safe-now: the value alone decides.
ITEM_9_ELSEWHERE = {"none": None, "several": "same-day", "more-than-half": "same-day", "nearly-every": "emergency"}
ELSEWHERE = "http://loinc.org/q/44249-1"
VALUES = dict(zip(("none", "several", "more-than-half", "nearly-every"), FREQUENCY, strict=True))
# Rows that ask for an answer which is missing; here nearly all are.
OPEN_QUESTION = "safety-incomplete"


def raised(name: str, answers: Chosen, **elements: str) -> dict[str, str]:
    """The flags of a stopped form with these answers and no other, and their levels."""
    flags = assess_resources([{**from_answers(name, answers, "stopped"), **elements}]).assessment.raised
    return {code: flag.level.code for code, flag in flags.items() if code != OPEN_QUESTION}


def self_harm(level: str | None) -> dict[str, str]:
    return {} if level is None else {"self-harm": level}


def test_the_table_holds_every_alarm_option() -> None:
    assert [f"lp-alarm.{code}" for code in ALARMS] == options("leg-pain", "lp-alarm")


@pytest.mark.parametrize(("code", "flags"), ALARMS.items())
def test_an_alarm_option_alone_raises_its_flag(code: str, flags: dict[str, str]) -> None:
    assert raised("leg-pain", {"lp-alarm": [code]}) == flags


@pytest.mark.parametrize("link_id", [link_id for link_id in choice_items("leg-pain") if link_id != "lp-alarm"])
def test_any_other_answer_alone_raises_the_flags_of_its_rows_and_no_other(link_id: str) -> None:
    found = {code: raised("leg-pain", {link_id: [code]}) for code in options("leg-pain", link_id)}
    assert found == {code: OTHERS.get(code, {}) for code in found}


@pytest.mark.parametrize(("answered", "level"), ITEM_9.items())
def test_item_9_alone_raises_self_harm_by_its_value_and_safe_now(
    answered: tuple[str, str | None], level: str | None
) -> None:
    value, safe = answered
    answers = {"/44260-8": [VALUES[value]], "safe-now": [] if safe is None else [safe]}
    assert raised("phq-9", answers) == self_harm(level)


@pytest.mark.parametrize(("value", "level"), ITEM_9_ELSEWHERE.items())
def test_item_9_of_a_form_without_safe_now_raises_self_harm_by_its_value(value: str, level: str | None) -> None:
    assert raised("phq-9", {"/44260-8": [VALUES[value]]}, questionnaire=ELSEWHERE) == self_harm(level)
