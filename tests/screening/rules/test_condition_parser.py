"""The notation of conditions: its meaning, and the faults with their locations."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from service.fhir.ids import BASE
from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.kleene import Truth
from service.screening.rules.age import Age
from service.screening.rules.case import BlankMeaning, Case, Feature, FlagKind
from service.screening.rules.condition_parser import KnownNames, parse_condition
from service.screening.rules.urgency import Urgency
from tests.support.building import catalogue


def names() -> KnownNames:
    instrument = catalogue().newest[f"{BASE}/Questionnaire/leg-pain"]
    return KnownNames({"leg-pain": instrument}, {"weak"}, {"fever"}, {"muscle"}, {"gad-7"})


def case(chosen: dict[str, str], age: Age | None = None, in_flags: bool = False) -> Case:
    """A case with these answers; an underscore means a hyphen, a space separates several options."""
    instrument = catalogue().newest[f"{BASE}/Questionnaire/leg-pain"]
    answers = {
        name.replace("_", "-"): frozenset(f"{name.replace('_', '-')}.{code}" for code in codes.split())
        for name, codes in chosen.items()
    }
    asked: dict[str, Truth] = dict.fromkeys(instrument.by_link_id, True)
    features = {"weak": Feature("weak", parse_condition({"lp-muscle": ["weak"]}, names(), ""))}
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
    assert parse_condition(node, names(), "").evaluate(case(chosen)) is expected


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
    assert parse_condition({"age": limits}, names(), "").evaluate(case({}, age)) is expected


@pytest.mark.parametrize(
    ("node", "chosen", "expected"),
    [
        ({"lp-feel": ["numbness", "cold"]}, {"lp_feel": "cold burning"}, [("lp-feel", ("lp-feel.cold",))]),
        (
            {"only": {"lp-where": ["calf"], "ignoring": ["low-back"]}},
            {"lp_where": "calf low-back"},
            [("lp-where", ("lp-where.calf",))],
        ),
        ({"not": {"lp-feel": ["cold"]}}, {"lp_feel": "burning"}, []),
        (
            {"all": ["weak", {"not": {"lp-feel": ["cold"]}}]},
            {"lp_muscle": "weak", "lp_feel": "burning"},
            [("lp-muscle", ("lp-muscle.weak",))],
        ),
        ({"any": ["weak", {"lp-side": ["left"]}]}, {"lp_side": "left"}, [("lp-side", ("lp-side.left",))]),
    ],
)
def test_the_reasons_are_the_answers_that_made_it_hold(node: Any, chosen: dict[str, str], expected: Any) -> None:
    condition = parse_condition(node, names(), "")
    assert condition.evaluate(case(chosen)) is True
    assert [(reason.subject, reason.values) for reason in condition.reasons(case(chosen))] == expected


def test_a_blank_that_reads_as_an_option_is_no_reason() -> None:
    blank = replace(case({}, in_flags=True), blanks={"lp-duration": BlankMeaning("lp-duration.unsure", frozenset())})
    condition = parse_condition({"lp-duration": ["lt-1w", "unsure"]}, names(), "")
    assert (condition.evaluate(blank), list(condition.reasons(blank))) == (True, [])


def test_among_the_red_flags_not_over_an_unknown_is_true() -> None:
    condition = parse_condition({"not": {"lp-spread": ["one-spot"]}}, names(), "")
    assert condition.evaluate(case({})) is None
    assert condition.evaluate(case({}, in_flags=True)) is True


@dataclass(frozen=True)
class Raised:
    """A red flag that was judged before."""

    level: Urgency
    kind: FlagKind = "bodily"


@pytest.mark.parametrize(
    ("node", "raised", "unjudged", "expected"),
    [
        ("fever", Urgency.SOON, False, True),
        ("fever", None, True, None),
        ("fever", None, False, False),
        ({"fever": "same-day"}, Urgency.EMERGENCY, False, True),
        ({"fever": "same-day"}, Urgency.SAME_DAY, False, True),
        ({"fever": "same-day"}, Urgency.SOON, False, False),
        ({"fever": "same-day"}, None, True, None),
        ({"fever": "same-day"}, None, False, False),
    ],
)
def test_a_red_flag_is_up_at_the_level_asked_for_or_a_higher_one(
    node: Any, raised: Urgency | None, unjudged: bool, expected: Truth
) -> None:
    judged = replace(
        case({}),
        raised={} if raised is None else {"fever": Raised(raised)},
        unjudged=frozenset({"fever"} if unjudged else ()),
    )
    assert parse_condition({"flag": node}, names(), "").evaluate(judged) is expected


@pytest.mark.parametrize(
    ("node", "complaint"),
    [
        ("weakness", "unknown feature 'weakness'"),
        ({"lp-pain": ["x"]}, "neither a linkId nor a key of the notation"),
        ({"lp-feel": ["numb"]}, "lp-feel has no option 'numb'"),
        ({"lp-feel": "numbness"}, "must be a list of options"),
        ({"lp-feel": []}, "must be a list of options"),
        ({"all": ["weak"]}, "at least two conditions"),
        ({"all": ["weak", "always"], "any": []}, "one key"),
        ({"score": {"phq-9": {"from": 10}}}, "unknown score 'phq-9'"),
        ({"score": {"gad-7": {"over": 10}}}, "limits are from, to, below"),
        ({"age": {}}, "limits are from, to, below"),
        ({"flag": "cold"}, "unknown red flag 'cold'"),
        ({"flag": {"cold": "soon"}}, "unknown red flag 'cold'"),
        ({"flag": {"fever": "now"}}, "cannot be parsed"),
        ({"flag": {"fever": "soon", "cold": "soon"}}, "one red flag with its level"),
        ({"pattern": "bone"}, "unknown pattern"),
        ({"raised": {"kind": "bodily", "from": "now"}}, "cannot be parsed"),
        ({"open": "lp-pain"}, "unknown linkId"),
        ({"not": {"not": 3}}, "the name of a feature or a mapping"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(node: Any, complaint: str) -> None:
    known = names()
    parse_condition(node, known, "file.yaml: here")
    assert len(known.faults) == 1
    assert known.faults[0].startswith("file.yaml: here")
    assert complaint in known.faults[0]
