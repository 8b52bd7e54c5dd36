"""The notation of conditions: what it means, and what it refuses with the place."""

from typing import Any

import pytest

from service.fhir.ids import BASE
from service.screening.age import Age
from service.screening.case import Case, Feature
from service.screening.logic import Truth
from service.screening.notation import Vocabulary, read
from service.screening.sheet import AnswerSheet
from tests.building import catalogue


def words() -> Vocabulary:
    instrument = catalogue().newest[f"{BASE}/Questionnaire/leg-pain"]
    return Vocabulary({"leg-pain": instrument}, {"weak"}, {"fever"}, {"muscle"}, {"gad-7"})


def case(chosen: dict[str, str], age: Age | None = None, in_flags: bool = False) -> Case:
    """Answers by question; an underscore stands for a hyphen, several options are parted by a space."""
    instrument = catalogue().newest[f"{BASE}/Questionnaire/leg-pain"]
    answers = {
        name.replace("_", "-"): frozenset(f"{name.replace('_', '-')}.{code}" for code in codes.split())
        for name, codes in chosen.items()
    }
    asked: dict[str, Truth] = dict.fromkeys(instrument.by_link_id, True)
    features = {"weak": Feature("weak", read({"lp-muscle": ["weak"]}, words(), ""))}
    return Case({"leg-pain": AnswerSheet(instrument, answers, asked, {})}, {}, age, features, in_flags)


@pytest.mark.parametrize(
    ("node", "chosen", "expected"),
    [
        ({"lp-feel": ["numbness", "cold"]}, {"lp_feel": "cold burning"}, True),
        ({"lp-feel": ["numbness"]}, {"lp_feel": "burning"}, False),
        ({"lp-feel": ["numbness"]}, {}, None),
        ("weak", {"lp_muscle": "weak"}, True),
        ({"not": "weak"}, {}, None),
        ({"all": ["weak", {"lp-side": ["left"]}]}, {"lp_side": "right"}, False),
        ({"any": ["weak", {"lp-side": ["left"]}]}, {"lp_side": "left"}, True),
        ({"only": {"lp-where": ["calf"], "ignoring": ["low-back"]}}, {"lp_where": "calf low-back"}, True),
        ({"only": {"lp-where": ["calf"], "ignoring": ["low-back"]}}, {"lp_where": "low-back"}, False),
        ({"only": {"lp-where": ["calf"]}}, {"lp_where": "calf foot"}, False),
        ({"only": {"lp-where": ["calf"]}}, {}, None),
        ({"open": "lp-alarm"}, {}, True),
        ({"open": "lp-alarm"}, {"lp_alarm": "none"}, False),
        ({"answered": ["lp-side", "lp-feel"]}, {"lp_feel": "cold"}, True),
        ({"answered": ["lp-side", "lp-feel"]}, {}, False),
        ({"age": {"from": 60}}, {}, None),
        ("always", {}, True),
    ],
)
def test_a_condition_is_true_false_or_unknown(node: Any, chosen: dict[str, str], expected: Truth) -> None:
    assert read(node, words(), "").judge(case(chosen)) is expected


@pytest.mark.parametrize(
    ("age", "limits", "expected"),
    [
        (Age(60, 60), {"from": 60}, True),
        (Age(59, 60), {"from": 60}, None),
        (Age(17, 17), {"below": 18}, True),
        (Age(18, 18), {"below": 18}, False),
        (Age(20, 21), {"from": 18, "to": 20}, None),
    ],
)
def test_an_age_that_is_not_exact_may_leave_a_limit_unknown(age: Age, limits: Any, expected: Truth) -> None:
    assert read({"age": limits}, words(), "").judge(case({}, age)) is expected


def test_among_the_red_flags_not_over_an_unknown_is_true() -> None:
    condition = read({"not": {"lp-spread": ["one-spot"]}}, words(), "")
    assert condition.judge(case({})) is None
    assert condition.judge(case({}, in_flags=True)) is True


@pytest.mark.parametrize(
    ("node", "complaint"),
    [
        ("weakness", "unknown feature 'weakness'"),
        ({"lp-pain": ["x"]}, "neither a linkId nor a word"),
        ({"lp-feel": ["numb"]}, "lp-feel has no option 'numb'"),
        ({"lp-feel": "numbness"}, "needs a list of options"),
        ({"lp-feel": []}, "needs a list of options"),
        ({"all": ["weak"]}, "at least two conditions"),
        ({"all": ["weak", "always"], "any": []}, "one key"),
        ({"score": {"phq-9": {"from": 10}}}, "unknown score 'phq-9'"),
        ({"score": {"gad-7": {"over": 10}}}, "limits are from, to, below"),
        ({"age": {}}, "limits are from, to, below"),
        ({"flag": "cold"}, "unknown red flag 'cold'"),
        ({"pattern": "bone"}, "unknown pattern"),
        ({"raised": {"kind": "bodily", "from": "now"}}, "cannot be read"),
        ({"open": "lp-pain"}, "unknown linkId"),
        ({"not": {"not": 3}}, "a feature's name or a mapping"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(node: Any, complaint: str) -> None:
    vocabulary = words()
    read(node, vocabulary, "file.yaml: here")
    assert len(vocabulary.faults) == 1
    assert vocabulary.faults[0].startswith("file.yaml: here")
    assert complaint in vocabulary.faults[0]
