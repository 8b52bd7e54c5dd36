"""Red flags: each alarm answer alone, unanswered questions, levels, item 9."""

from collections.abc import Iterable

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


class TestBlanks:
    """Section 11.1: how red flags interpret an unanswered question."""

    def test_a_blank_that_decides_between_two_levels_leaves_the_lower_one(self) -> None:
        answers = {"lp-any": ["yes"], "lp-alarm": ["fever"], "lp-start": ["low-back"]}
        assert flags(response("leg-pain", answers, rest="blank"))["fever"] == "same-day"

    def test_with_weak_walk_a_blank_that_decides_takes_the_higher_level(self) -> None:
        known = {
            "lp-any": ["yes"],
            "lp-alarm": ["weak-walk"],
            "lp-side": ["left"],
            "lp-course": ["steady"],
            "lp-duration": ["1-3w"],
        }
        weak = {**known, "lp-weak-start": ["gradual"], "lp-muscle": ["none"]}
        assert flags(response("leg-pain", weak, rest="blank"))["weakness-mobility"] == "same-day"
        assert flags(response("leg-pain", known, rest="blank"))["weakness-mobility"] == "emergency"

    @pytest.mark.parametrize("duration", [None, "unsure"])
    def test_a_duration_that_is_not_known_counts_as_new(self, duration: str | None) -> None:
        answers = {"lp-spread": ["from-back-down"], "lp-side": ["both-equal"], "lp-feel": ["burning"]}
        answers |= {"lp-duration": [duration]} if duration else {}
        assert flags(response("leg-pain", answers))["both-sided-sciatica"] == "same-day"

    @pytest.mark.parametrize("duration", [None, "unsure"])
    def test_a_duration_that_is_not_known_is_never_under_one_week(self, duration: str | None) -> None:
        answers = {"lp-muscle": ["foot-drop"], "lp-weak-start": ["gradual"], "lp-course": ["steady"]}
        answers |= {"lp-duration": [duration]} if duration else {}
        assert flags(response("leg-pain", answers))["new-foot-drop"] == "same-day"

    def test_a_duration_that_is_not_known_is_not_lasting(self) -> None:
        assert "long-lasting" not in flags(legs(lp_feel=["tingling"], lp_course=["steady"]))

    def test_not_over_a_blank_counts_as_true(self) -> None:
        answers = {
            "lp-any": ["yes"],
            "lp-alarm": ["none"],
            "lp-side": ["right"],
            "lp-where": ["calf"],
            "lp-duration": ["1-3w"],
        }
        assert flags(response("leg-pain", answers, rest="blank"))["calf-unexplained"] == "soon"

    def test_a_flag_whose_trigger_hangs_on_an_open_question_is_listed_with_it(self) -> None:
        answers = {"lp-any": ["yes"], "lp-alarm": ["none"], "lp-illness": ["diabetes"], "lp-where": ["foot"]}
        found = unjudged(response("leg-pain", answers, rest="blank"))
        assert "lp-signs" in found["diabetes-hot-foot"]

    def test_a_question_that_was_switched_off_is_not_open(self) -> None:
        assert unjudged(response("leg-pain", {"lp-any": ["no"], "lp-alarm": ["none"]}, rest="blank")) == {}


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


class TestSafetyIncomplete:
    def test_weakness_without_its_start_is_a_safety_question_left_open(self) -> None:
        weak = {"lp-muscle": ["weak"], "lp-duration": ["gt-3m"], "lp-course": ["steady"], "lp-side": ["left"]}
        assert flags(response("leg-pain", weak))["safety-incomplete"] == "soon"

    def test_a_stopped_form_without_the_alarm_question_is_soon_and_with_numbness_same_day(self) -> None:
        stopped = {"lp-any": ["yes"], "lp-feel": ["burning"]}
        assert flags(response("leg-pain", stopped, rest="blank", status="stopped"))["safety-incomplete"] == "soon"
        numb = {"lp-any": ["yes"], "lp-feel": ["numbness"]}
        assert flags(response("leg-pain", numb, rest="blank", status="stopped"))["safety-incomplete"] == "same-day"


class TestFloors:
    """EX-45: the answered items are a floor, so that an open item hides no high score."""

    def test_answered_items_that_reach_the_limit_raise_the_flag_without_a_total(self) -> None:
        assert flags(scored("gad-7", [3, 3, 3, 3, 3, None, None])) == {
            "mood-severe": "soon",
            "mood-positive": "routine",
        }

    def test_a_limit_that_the_open_items_could_still_reach_is_not_judged(self) -> None:
        assert unjudged(scored("gad-7", [3, 3, 3, None, None, 0, 0]))["mood-positive"] == ("/69734-2", "/69735-9")

    def test_a_limit_out_of_reach_is_judged(self) -> None:
        assert unjudged(scored("gad-7", [0, 0, 0, 0, 0, 0, None])) == {}


class TestUnfinished:
    """Of an unfinished response only lp-alarm and item 9 are judged, at once."""

    def test_an_alarm_is_judged_and_everything_else_waits(self) -> None:
        early = legs(lp_alarm=["bladder-bowel"], lp_feel=["numbness"], lp_duration=["gt-3m"])
        act = judged({**early, "status": "in-progress"})
        assert {code: flag.level.code for code, flag in act.assessment.raised.items()} == {"bladder-bowel": "emergency"}
        assert act.is_partial
        assert not act.assessment.patterns.reported

    def test_item_9_is_judged_and_no_total_is_made(self) -> None:
        act = judged(scored("phq-9", [3] * 9, answers={"safe-now": ["yes"]}, status="in-progress"))
        assert {code: flag.level.code for code, flag in act.assessment.raised.items()} == {"self-harm": "emergency"}
        (response,) = act.assessment.responses.values()
        assert response.scores == ()

    def test_without_an_alarm_nothing_is_judged(self) -> None:
        act = judged({**legs(lp_feel=["numbness"], lp_duration=["gt-3m"]), "status": "in-progress"})
        assert act.assessment.raised == {}


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


class TestOpenForm:
    """EX-95: raised only if no other flag is, in this response or in another one."""

    def test_it_is_raised_alone(self) -> None:
        assert flags(legs("blank", lp_any=["yes"], lp_alarm=["none"])) == {"open-form": "routine"}

    def test_a_flag_of_another_response_takes_it_away(self) -> None:
        legs_open = legs("blank", lp_any=["yes"], lp_alarm=["none"])
        assert flags(legs_open, scored("gad-7", [2] * 7)) == {"mood-positive": "routine"}
        assert flags(legs_open, scored("gad-7", [0] * 7)) == {"open-form": "routine"}


class TestEarlierForm:
    """Section 9: a question that the answered edition does not have is not chosen, and it is no open question."""

    FIRST = "https://w3id.org/sural/Questionnaire/leg-pain|1.0.0"

    def of_1_0_0(self, rest: str = "none", **answers: list[str]) -> Resource:
        """A response on form 1.0.0."""
        without: dict[str, list[str]] = {link_id: [] for link_id in ("lp-onset", "lp-medicine", "lp-pregnancy")}
        named = {name.replace("_", "-"): codes for name, codes in answers.items()}
        made = response("leg-pain", {**named, **without}, rest)
        return {**without_items(made, without), "questionnaire": self.FIRST}

    def test_it_is_accepted_and_judged(self) -> None:
        act = judged(self.of_1_0_0(lp_alarm=["fever"], lp_feel=["burning"], lp_start=["feet-toes"]))
        assert act.assessment.raised["fever"].level.code == "same-day"
        assert act.assessment.patterns_evaluated

    def test_what_it_lacks_is_not_open(self) -> None:
        blank = self.of_1_0_0("blank", lp_any=["yes"], lp_alarm=["foot-sore"], lp_duration=["lt-1w"], lp_feel=["none"])
        open_questions = {question for found in unjudged(blank).values() for question in found}
        assert "lp-worse" in open_questions
        assert not open_questions & {"lp-onset", "lp-medicine", "lp-pregnancy"}

    def test_what_it_lacks_decides_no_level(self) -> None:
        known = {
            "lp_alarm": ["foot-sore"],
            "lp_feel": ["dull-ache"],
            "lp_signs": ["none"],
            "lp_illness": ["none"],
            "lp_side": ["left"],
        }
        assert flags(self.of_1_0_0("blank", lp_any=["yes"], **known))["numb-foot-wound"] == "soon"
        assert flags(legs("blank", lp_any=["yes"], **known))["numb-foot-wound"] == "same-day"


def without_items(resource: Resource, link_ids: Iterable[str]) -> Resource:
    """The resource without its items of these linkIds."""
    items = [without_items(item, link_ids) for item in resource.get("item", ()) if item["linkId"] not in link_ids]
    return {**resource, "item": items} if items else resource
