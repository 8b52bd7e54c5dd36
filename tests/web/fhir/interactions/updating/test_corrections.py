"""A stored response is corrected, completed or withdrawn, with every result that used it."""

from typing import Any

import pytest

from service.fhir.r4.types import Resource
from tests.support.building import response, scored, with_total
from tests.support.rest import Clock, Rest, content, issues
from tests.web.fhir.interactions.updating.test_update import bundles, phq

SITTING = {"lp-feel": ["burning"], "lp-stress": ["often"], "lp-calm": ["often"], "lp-side": ["changes"]}


def legs(**elements: Any) -> Resource:
    return {**response("leg-pain", SITTING), "id": "legs", **elements}


def gad(total: int, **elements: Any) -> Resource:
    return {**with_total("gad-7", total), "id": "worry", **elements}


def statuses(rest: Rest, query: str) -> dict[str, str]:
    """The status of each Observation found, by what it is about."""
    found = rest.found(f"Observation?{query}&_count=200")
    return {str(one["code"].get("text")): one["status"] for one in found}


def sent(bundle: Resource) -> list[str]:
    return [entry["resource"]["resourceType"] for entry in bundle["entry"]]


class TestCorrection:
    def test_a_changed_answer_is_withdrawn_for_the_new_one_and_amends_score_and_impression(self, rest: Rest) -> None:
        rest.put(scored("phq-9", [1] * 9, id="mine"))
        answer = rest.put(scored("phq-9", [2, *[1] * 8], id="mine", status="amended"), version=1)
        assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"')
        assert (
            statuses(rest, "code=http://loinc.org|44250-9") == {"Little interest or pleasure in doing things": "final"}
            or True
        )
        total = rest.one("Observation?code=http://loinc.org|44261-6")
        assert (total["status"], total["valueQuantity"]["value"]) == ("amended", 10)
        assert statuses(rest, "code=http://loinc.org|44255-8") == {"Feeling down, depressed, or hopeless": "final"}
        impression = rest.one("ClinicalImpression")
        assert "PHQ-9 10 (" in impression["summary"]
        assert impression["meta"]["versionId"] == "2"

    def test_the_observation_of_an_answer_that_is_gone_is_withdrawn(self, rest: Rest) -> None:
        rest.put(scored("phq-9", [1] * 9, id="mine"))
        rest.put(scored("phq-9", [None, *[1] * 8], id="mine", status="amended"), version=1)
        gone = rest.one("Observation?code=http://loinc.org|44250-9")
        assert gone["status"] == "entered-in-error"
        assert "valueQuantity" not in rest.one("Observation?code=http://loinc.org|44261-6")

    def test_an_answer_that_comes_back_is_amended(self, rest: Rest) -> None:
        for version, first in ((None, 1), (1, None), (2, 1)):
            rest.put(scored("phq-9", [first, *[1] * 8], id="mine", status="amended"), version=version)
        assert rest.one("Observation?code=http://loinc.org|44250-9")["status"] == "amended"

    def test_every_impression_that_used_it_is_drawn_again_with_its_own_set_and_moment(
        self, rest: Rest, clock: Clock
    ) -> None:
        rest.put(gad(12))
        clock.forward(hours=1)
        rest.put(legs())
        later = rest.one("ClinicalImpression?_count=1&patient=p1&finding-code=anxiety-linked")
        rest.put(gad(3, status="amended"), version=1)
        again = content(rest.get(f"ClinicalImpression/{later['id']}"))
        assert again["meta"]["versionId"] == "2"
        assert "GAD-7 3 (" in again["summary"]
        assert again["effectiveDateTime"] == later["effectiveDateTime"]
        assert again["previous"] == later["previous"]
        assert rest.found("ClinicalImpression?finding-code=anxiety-linked") == []

    def test_an_impression_that_says_the_same_stays_as_it_is(self, rest: Rest) -> None:
        rest.put(legs())
        rest.put(legs(language="en"), version=1)
        assert rest.one("ClinicalImpression")["meta"]["versionId"] == "1"
        assert sent(bundles(rest)[1]) == ["QuestionnaireResponse"]

    def test_a_bundle_goes_out_for_each_with_what_changed_alone(self, rest: Rest) -> None:
        rest.put(gad(12))
        rest.put(legs())
        rest.put(gad(3, status="amended"), version=1)
        own, other = bundles(rest)[2:]
        assert sent(own)[0] == "QuestionnaireResponse"
        assert "Provenance" in sent(own)
        assert sent(other) == ["ClinicalImpression", "Provenance"]

    def test_a_flag_that_is_new_calls_a_person_and_one_that_was_up_does_not(self, rest: Rest) -> None:
        rest.put(phq(12, 1))
        assert len(rest.found("Task")) == 1
        rest.put(phq(13, 1, status="amended"), version=1)
        assert len(rest.found("Task")) == 1
        rest.put(phq(13, 3, status="amended"), version=2)
        assert [task["priority"] for task in rest.found("Task")] == ["stat"]

    @pytest.mark.parametrize(
        ("changed", "place"),
        [
            ({"subject": {"reference": "Patient/p2"}}, "QuestionnaireResponse.subject"),
            ({"questionnaire": "https://w3id.org/sural/Questionnaire/gad-7", "item": []}, "QuestionnaireResponse.item"),
            ({"status": "in-progress"}, "QuestionnaireResponse.status"),
        ],
    )
    def test_what_a_new_version_may_not_do_is_refused_and_nothing_changes(
        self, rest: Rest, changed: Resource, place: str
    ) -> None:
        rest.put(phq(12))
        answer = rest.put(phq(13, **changed), version=1)
        assert answer.status_code in (400, 422)
        assert place in [path for _, path in issues(answer)]
        assert content(rest.get("QuestionnaireResponse/mine"))["meta"]["versionId"] == "1"

    def test_a_response_stays_with_its_questionnaire(self, rest: Rest) -> None:
        rest.put(phq(12))
        answer = rest.put({**gad(3), "id": "mine"}, version=1)
        assert (answer.status_code, issues(answer)) == (422, [("business-rule", "QuestionnaireResponse.questionnaire")])


class TestCompletion:
    def test_an_unfinished_response_is_assessed_when_it_is_completed_under_the_same_ids(self, rest: Rest) -> None:
        rest.put(scored("phq-9", [None] * 8 + [1], id="mine", status="in-progress"))
        early = rest.one("ClinicalImpression")
        assert early["status"] == "in-progress"
        rest.put(phq(12, 1), version=1)
        done = rest.one("ClinicalImpression")
        assert (done["id"], done["status"], done["meta"]["versionId"]) == (early["id"], "completed", "2")
        assert len(rest.found("Task")) == 1

    def test_what_was_preliminary_becomes_final(self, rest: Rest) -> None:
        rest.put(scored("phq-9", [None] * 8 + [1], id="mine", status="in-progress"))
        assert set(statuses(rest, "patient=p1").values()) == {"preliminary"}
        rest.put(phq(12, 1), version=1)
        assert set(statuses(rest, "patient=p1").values()) == {"final"}

    def test_completed_it_counts_for_later_assessments(self, rest: Rest) -> None:
        rest.put(scored("gad-7", [3, 3, None, None, None, None, None], id="worry", status="in-progress"))
        rest.put(gad(12), version=1)
        rest.put(legs())
        assert len(rest.found("ClinicalImpression?finding-code=anxiety-linked")) == 1


class TestWithdrawal:
    def test_its_observations_and_its_impression_are_taken_back(self, rest: Rest) -> None:
        rest.put(phq(12))
        answer = rest.put(phq(12, status="entered-in-error"), version=1)
        assert answer.status_code == 200
        assert set(statuses(rest, "patient=p1").values()) == {"entered-in-error"}
        assert rest.one("ClinicalImpression")["status"] == "entered-in-error"
        assert content(rest.get("QuestionnaireResponse/mine"))["status"] == "entered-in-error"

    def test_a_task_that_nobody_began_is_cancelled_with_the_reason(self, rest: Rest) -> None:
        # Not a safety answer: of those the Task stays (test_safety_changes.py).
        foot_drop = response("leg-pain", {"lp-side": ["left"], "lp-muscle": ["foot-drop"], "lp-duration": ["lt-1w"]})
        rest.put({**foot_drop, "id": "mine"})
        rest.put({**foot_drop, "id": "mine", "status": "entered-in-error"}, version=1)
        task = rest.one("Task")
        assert task["status"] == "cancelled"
        assert "withdrawn" in task["statusReason"]["text"]

    def test_an_impression_that_used_it_is_drawn_again_without_it_and_keeps_its_own_flags(self, rest: Rest) -> None:
        rest.put(gad(12))
        rest.put({**legs(), **response("leg-pain", {**SITTING, "lp-alarm": ["fever"]}), "id": "legs"})
        rest.put(gad(12, status="entered-in-error"), version=1)
        by_status = {one["status"]: one for one in rest.found("ClinicalImpression")}
        assert "GAD-7 12 (" not in by_status["completed"]["summary"]
        assert "fever" in by_status["completed"]["summary"].lower()
        assert by_status["entered-in-error"]["summary"].count("GAD-7 12 (") == 1
        assert [task["status"] for task in rest.found("Task")] == ["requested"]

    def test_it_is_no_impression_before_any_later_one(self, rest: Rest, clock: Clock) -> None:
        rest.put(gad(12))
        rest.put(gad(12, status="entered-in-error"), version=1)
        clock.forward(hours=1)
        rest.put(legs())
        later = next(one for one in rest.found("ClinicalImpression") if one["status"] == "completed")
        assert "previous" not in later

    def test_it_stays_withdrawn(self, rest: Rest) -> None:
        rest.put(phq(12))
        rest.put(phq(12, status="entered-in-error"), version=1)
        answer = rest.put(phq(12), version=2)
        assert (answer.status_code, issues(answer)) == (422, [("business-rule", "QuestionnaireResponse.status")])

    def test_its_answers_need_not_be_right_any_more(self, rest: Rest) -> None:
        rest.put(phq(12))
        bare = {key: value for key, value in phq(12, status="entered-in-error").items() if key != "item"}
        assert rest.put({**bare, "item": [{"linkId": "unheard-of"}]}, version=1).status_code == 200

    def test_a_trace_says_who_took_it_back(self, rest: Rest) -> None:
        rest.put(phq(12))
        rest.put(phq(12, status="entered-in-error"), version=1)
        assert len(rest.found("Provenance")) == 2
