"""Red flags: each alarm answer alone, age, item 9, levels, and which flags call a person."""

import pytest

from service.fhir.ids import BASE
from service.fhir.r4.types import Resource
from service.fhir.results.submission import Submission
from service.screening.rules.red_flags import Flag, FlagRule, urgent_flags
from service.screening.rules.urgency import Urgency
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import check_submission
from tests.support.building import NOW, catalogue, context, response, scored


def judged(*resources: Resource, birth: str | None = "1980-01-01") -> Submission:
    return assess_submission(
        [check_submission(resource, context(), NOW)[0] for resource in resources], context(), NOW, birth_date=birth
    )


def flags(*resources: Resource, birth: str | None = "1980-01-01") -> dict[str, str]:
    """The flags raised, with their levels."""
    return {code: flag.level.code for code, flag in judged(*resources, birth=birth).assessment.raised.items()}


def unjudged(resource: Resource) -> dict[str, tuple[str, ...]]:
    (response,) = judged(resource).assessment.responses.values()
    return {item.rule.code: item.open_questions for item in response.flags.unjudged}


def legs(rest: str = "none", **answers: list[str]) -> Resource:
    """A leg-pain response; an underscore in a name means a hyphen."""
    return response("leg-pain", {name.replace("_", "-"): codes for name, codes in answers.items()}, rest)


ALARMS = {
    "bladder-bowel": ("bladder-bowel", "emergency"),
    "saddle-numb": ("saddle-numbness", "emergency"),
    "sudden-weak": ("sudden-weakness", "emergency"),
    "weak-walk": ("weakness-mobility", "emergency"),
    "fast-spread": ("rapid-progression", "emergency"),
    "no-weight": ("cannot-stand", "emergency"),
    "leg-swelling": ("clot-signs", "same-day"),
    "both-swelling": ("both-legs-swollen", "soon"),
    "red-skin": ("clot-signs", "same-day"),
    "foot-sore": ("numb-foot-wound", "same-day"),
    "cold-foot": ("cold-foot", "emergency"),
    "chest-breath": ("chest-or-breath", "emergency"),
    "fever": ("fever", "same-day"),
    "very-ill": ("very-ill", "emergency"),
}


def test_every_alarm_option_is_in_the_table_below() -> None:
    offered = catalogue().newest[f"{BASE}/Questionnaire/leg-pain"].by_link_id["lp-alarm"].option_of
    assert offered.keys() == {f"lp-alarm.{code}" for code in (*ALARMS, "none")}


@pytest.mark.parametrize(("alarm", "flag", "level"), [(alarm, *expected) for alarm, expected in ALARMS.items()])
def test_an_alarm_alone_in_an_otherwise_empty_form_raises_its_flag(alarm: str, flag: str, level: str) -> None:
    found = flags(response("leg-pain", {"lp-any": ["no"], "lp-alarm": [alarm]}, rest="blank"))
    assert found[flag] == level


@pytest.mark.parametrize("alarm", [alarm for alarm in ALARMS if alarm not in ("foot-sore", "both-swelling")])
def test_an_alarm_is_at_least_same_day_when_everything_else_is_answered_no(alarm: str) -> None:
    found = flags(legs(lp_alarm=[alarm], lp_duration=["gt-3m"], lp_course=["steady"], lp_side=["left"]))
    assert {"same-day", "emergency"} & set(found.values())


def test_a_foot_sore_without_anything_else_is_soon() -> None:
    assert flags(legs(lp_alarm=["foot-sore"], lp_side=["left"]))["numb-foot-wound"] == "soon"


def test_two_swollen_legs_without_anything_else_are_soon() -> None:
    assert flags(legs(lp_alarm=["both-swelling"], lp_side=["both-equal"])) == {"both-legs-swollen": "soon"}


class TestAge:
    def test_over_rest_the_age_is_not_known_and_cannot_stand_takes_the_higher_level(self) -> None:
        sore = legs(lp_alarm=["no-weight"])
        assert flags(sore, birth=None)["cannot-stand"] == "emergency"
        assert flags(sore, birth="1980-01-01")["cannot-stand"] == "same-day"
        assert flags(sore, birth="1950-01-01")["cannot-stand"] == "emergency"

    def test_someone_under_18_gets_no_pattern_and_a_person(self) -> None:
        act = judged(legs(lp_feel=["dull-ache"], lp_injury=["overuse"]), birth="2012-01-01")
        assert act.assessment.raised["under-18"].level.code == "soon"
        assert not act.assessment.patterns.reported
        assert act.assessment.minor

    def test_under_18_holds_for_the_mood_instruments_alone_too(self) -> None:
        assert flags(scored("gad-7", [0] * 7), birth="2012-01-01") == {"under-18": "soon"}

    def test_an_unknown_age_is_no_open_question_and_raises_nothing(self) -> None:
        act = judged(legs(lp_feel=["dull-ache"]), birth=None)
        (response,) = act.assessment.responses.values()
        assert "under-18" not in {item.rule.code for item in response.flags.unjudged}
        assert "age" not in {question for item in response.flags.unjudged for question in item.open_questions}
        assert "under-18" not in act.assessment.raised

    def test_an_unknown_age_is_met_where_the_row_says_so(self) -> None:
        back = legs(lp_start=["low-back"], lp_onset=["sudden"], lp_duration=["lt-1w"], lp_impact=["a-lot"])
        assert flags(back, birth=None)["sudden-back"] == "same-day"
        assert "sudden-back" not in flags(back, birth="1980-01-01")
        sore = legs(lp_alarm=["foot-sore"])
        assert flags(sore, birth=None)["numb-foot-wound"] == "same-day"

    def test_a_birth_year_on_both_sides_of_a_limit_is_an_unknown_age(self) -> None:
        sore = legs(lp_alarm=["foot-sore"])
        assert flags(sore, birth="1976")["numb-foot-wound"] == "same-day"
        assert flags(sore, birth="1977")["numb-foot-wound"] == "soon"


class TestItem9:
    """Section 11.2: judged by itself, whatever the total."""

    @pytest.mark.parametrize(
        ("weight", "safe", "level"),
        [
            (0, None, None),
            (1, "yes", "same-day"),
            (2, "yes", "same-day"),
            (3, "yes", "emergency"),
            (1, "no", "emergency"),
            (2, "unsure", "emergency"),
            (1, None, "emergency"),
        ],
    )
    def test_value_and_follow_up_give_the_level(self, weight: int, safe: str | None, level: str | None) -> None:
        answers = {"safe-now": [safe]} if safe else {}
        assert flags(scored("phq-9", [0] * 8 + [weight], answers=answers)).get("self-harm") == level

    def test_on_a_form_without_the_follow_up_the_value_alone_decides(self) -> None:
        theirs = scored("phq-9", [0] * 8 + [1], questionnaire="http://loinc.org/q/44249-1")
        assert flags(theirs) == {"self-harm": "same-day"}

    def test_in_a_partial_form_it_is_judged_all_the_same(self) -> None:
        assert flags(scored("phq-9", [None] * 8 + [3]))["self-harm"] == "emergency"

    def test_left_open_beside_other_answers_it_is_a_safety_question_left_open(self) -> None:
        assert flags(scored("phq-9", [1] + [0] * 7 + [None])) == {"safety-incomplete": "soon"}

    def test_left_open_with_ten_points_answered_it_is_same_day(self) -> None:
        found = flags(scored("phq-9", [3, 3, 3, 1, 0, 0, 0, 0, None]))
        assert found == {"safety-incomplete": "same-day", "mood-positive": "routine"}

    def test_in_an_empty_form_nothing_is_said(self) -> None:
        assert flags(scored("phq-9", [None] * 9)) == {}

    def test_self_harm_stands_before_a_leg_flag_of_the_same_level(self) -> None:
        found = flags(legs(lp_alarm=["very-ill"]), scored("phq-9", [0] * 8 + [3], answers={"safe-now": ["yes"]}))
        assert list(found)[:2] == ["self-harm", "very-ill"]


def test_a_growth_is_an_emergency_with_a_loss_and_another_bodily_emergency_flag() -> None:
    assert flags(legs(lp_illness=["tumour"]))["tumour-nerve"] == "soon"
    assert flags(legs(lp_illness=["tumour"], lp_feel=["burning"]))["tumour-nerve"] == "same-day"
    assert flags(legs(lp_illness=["tumour"], lp_alarm=["very-ill"]))["tumour-nerve"] == "soon"
    lost = legs(lp_illness=["tumour"], lp_alarm=["very-ill"], lp_feel=["numbness"])
    assert flags(lost)["tumour-nerve"] == "emergency"


def test_the_general_flags_stand_back_behind_the_particular_ones() -> None:
    numb = legs(lp_feel=["numbness"], lp_duration=["1-3w"], lp_course=["steady"])
    assert flags(numb) == {"any-numbness": "routine"}
    lasting = legs(lp_feel=["numbness"], lp_duration=["gt-3m"], lp_course=["steady"])
    assert "any-numbness" not in flags(lasting)


def raised_at(**levels: Urgency) -> dict[str, Flag]:
    """Flags by code at these levels."""
    return {code: Flag(FlagRule(code, "phq-9", "bodily", (), ()), level, ()) for code, level in levels.items()}


class TestUrgentFlags:
    """Who is called: flags from a level up, and of a new version only those that are new or higher."""

    RAISED = raised_at(fever=Urgency.SAME_DAY, collapse=Urgency.EMERGENCY, sore=Urgency.SOON)

    @pytest.mark.parametrize(
        ("task_from", "called"),
        [
            (Urgency.EMERGENCY, ["collapse"]),
            (Urgency.SAME_DAY, ["fever", "collapse"]),
            (Urgency.SOON, ["fever", "collapse", "sore"]),
        ],
    )
    def test_flags_from_the_level_up_call_a_person(self, task_from: Urgency, called: list[str]) -> None:
        assert list(urgent_flags(self.RAISED, task_from)) == called

    @pytest.mark.parametrize(
        ("before", "called"),
        [
            (raised_at(fever=Urgency.SAME_DAY), ["collapse"]),
            (raised_at(fever=Urgency.SOON, collapse=Urgency.EMERGENCY), ["fever"]),
            (raised_at(fever=Urgency.EMERGENCY, collapse=Urgency.EMERGENCY), []),
            ({}, ["fever", "collapse"]),
        ],
    )
    def test_of_a_new_version_those_that_are_new_or_higher(self, before: dict[str, Flag], called: list[str]) -> None:
        assert list(urgent_flags(self.RAISED, Urgency.SAME_DAY, before)) == called
