"""Red flags of a response that leaves questions open, is not finished, or is on an earlier form."""

from collections.abc import Iterable

import pytest

from service.fhir.r4.types import Resource
from tests.screening.rules.test_red_flags import flags, judged, legs, unjudged
from tests.support.building import response, scored


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
