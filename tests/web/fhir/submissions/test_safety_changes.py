"""A safety answer that is lowered or taken back is named, and its Task stays (knowledge 11.2, EX-46)."""

from typing import Any

import pytest

from service.fhir.ids import extension_url
from service.fhir.r4.types import Resource
from tests.support.building import response, scored, with_total
from tests.support.rest import Clock, Rest, content

CHANGED = extension_url("safety-answer-changed")
LOWERED = "PHQ-9 item 9 was 2 on 2026-11-01, changed to 0 on 2026-11-23."
TAKEN_BACK = "PHQ-9 item 9 was 2 on 2026-11-01, taken back as entered in error on 2026-11-23."


def phq(last: int, **elements: Any) -> Resource:
    safe = {"safe-now": ["yes"]} if last else {}
    made = with_total("phq-9", 8, last, answers=safe, authored="2026-11-01T09:00:00Z")
    return {**made, "id": "mood", **elements}


def legs(*alarms: str, **elements: Any) -> Resource:
    made = response("leg-pain", {"lp-alarm": list(alarms)}, authored="2026-11-01T10:00:00Z")
    return {**made, "id": "legs", **elements}


def put_all(rest: Rest, clock: Clock, *versions: Resource) -> None:
    """Puts each version of a response a day after the one before; the first on 2026-11-22."""
    for number, resource in enumerate(versions):
        clock.forward(days=1)
        assert rest.put(resource, version=number or None).status_code in (200, 201)


def changes(impression: Resource) -> list[dict[str, Any]]:
    """The parts of each extension by name; a Coding as its code."""
    found = []
    for extension in impression.get("extension", ()):
        if extension["url"] == CHANGED:
            parts = {part["url"]: next(v for k, v in part.items() if k != "url") for part in extension["extension"]}
            found.append({k: v["code"] if isinstance(v, dict) and "code" in v else v for k, v in parts.items()})
    return found


def notes(impression: Resource) -> list[str]:
    return [note["text"] for note in impression["note"]]


def with_absent_item_9(reason: str) -> Resource:
    """A PHQ-9 with every item at 1 but item 9, which has no answer for this reason."""
    made = scored("phq-9", [1] * 8 + [None], authored="2026-11-01T09:00:00Z")
    url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    made["item"].append({"linkId": "/44260-8", "extension": [{"url": url, "valueCode": reason}]})
    return made


def the_task(rest: Rest) -> Resource:
    return rest.one("Task?patient=p1")


class TestAmendment:
    def test_item_9_that_is_lowered_is_in_summary_note_and_extension(self, rest: Rest, clock: Clock) -> None:
        put_all(rest, clock, phq(2), phq(0, status="amended"))
        impression = rest.one("ClinicalImpression")
        assert LOWERED in impression["summary"]
        assert LOWERED in notes(impression)
        assert changes(impression) == [
            {
                "response": {"reference": "QuestionnaireResponse/mood"},
                "linkId": "/44260-8",
                "was": "LA6570-1",
                "answered": "2026-11-01",
                "now": "LA6568-5",
                "changed": "2026-11-23",
                "withdrawn": False,
                "text": LOWERED,
            }
        ]

    def test_the_task_stays_and_its_focus_is_an_impression_that_is_valid(self, rest: Rest, clock: Clock) -> None:
        put_all(rest, clock, phq(2), phq(0, status="amended"))
        task = the_task(rest)
        assert task["status"] == "requested"
        focus = content(rest.get(task["focus"]["reference"]))
        assert (focus["status"], LOWERED in focus["summary"]) == ("completed", True)

    def test_it_stays_told_after_another_change(self, rest: Rest, clock: Clock) -> None:
        put_all(rest, clock, phq(2), phq(0, status="amended"), phq(0, status="amended", language="en"))
        assert LOWERED in rest.one("ClinicalImpression")["summary"]

    def test_an_answer_that_is_as_high_again_is_not_told(self, rest: Rest, clock: Clock) -> None:
        put_all(rest, clock, phq(2), phq(0, status="amended"), phq(2, status="amended"))
        assert changes(rest.one("ClinicalImpression")) == []

    def test_a_higher_answer_is_a_flag_and_no_change(self, rest: Rest, clock: Clock) -> None:
        put_all(rest, clock, phq(1), phq(3, status="amended"))
        assert changes(rest.one("ClinicalImpression")) == []

    def test_an_answer_that_is_left_open_now_is_told(self, rest: Rest, clock: Clock) -> None:
        blank = scored("phq-9", [1] * 8 + [None], authored="2026-11-01T09:00:00Z")
        put_all(rest, clock, phq(2), {**blank, "id": "mood", "status": "amended"})
        text = "PHQ-9 item 9 was 2 on 2026-11-01, changed to left open on 2026-11-23."
        assert text in rest.one("ClinicalImpression")["summary"]

    @pytest.mark.parametrize("reason", ["asked-declined", "masked"])
    def test_an_answer_that_is_declined_now_is_not_called_left_open(
        self, rest: Rest, clock: Clock, reason: str
    ) -> None:
        declined = with_absent_item_9(reason)
        put_all(rest, clock, phq(2), {**declined, "id": "mood", "status": "amended"})
        summary = rest.one("ClinicalImpression")["summary"]
        assert "PHQ-9 item 9 was 2 on 2026-11-01, changed to declined on 2026-11-23." in summary
        assert "left open" not in summary

    def test_an_answer_to_a_question_that_was_not_asked_any_more_is_not_called_left_open(
        self, rest: Rest, clock: Clock
    ) -> None:
        loinc = {"questionnaire": "http://loinc.org/q/44249-1", "authored": "2026-11-01T09:00:00Z"}
        first, second = scored("phq-9", [1] * 8 + [2], **loinc), scored("phq-9", [1, 1] + [None] * 7, **loinc)
        put_all(rest, clock, {**first, "id": "mood"}, {**second, "id": "mood", "status": "amended"})
        text = "PHQ-9 item 9 was 2 on 2026-11-01, changed to not asked on 2026-11-23."
        assert text in rest.one("ClinicalImpression")["summary"]

    def test_an_alarm_sign_that_is_gone_is_told_and_one_that_stays_is_not(self, rest: Rest, clock: Clock) -> None:
        put_all(rest, clock, legs("fever", "foot-sore"), legs("foot-sore", status="amended"))
        (change,) = changes(rest.one("ClinicalImpression"))
        assert (change["linkId"], change["was"], change["now"]) == ("lp-alarm", "lp-alarm.fever", "lp-alarm.foot-sore")
        # One Task per red flag.
        assert [task["status"] for task in rest.found("Task?patient=p1")] == ["requested"] * 2

    def test_a_later_impression_that_uses_the_response_tells_it_too(self, rest: Rest, clock: Clock) -> None:
        put_all(rest, clock, phq(2), phq(0, status="amended"))
        rest.post({**legs("none"), "id": "x"})
        assert [LOWERED in one["summary"] for one in rest.found("ClinicalImpression")] == [True, True]


class TestCompletion:
    def early(self, last: int) -> Resource:
        made = scored("phq-9", [None] * 8 + [last], authored="2026-11-01T09:00:00Z")
        return {**made, "id": "mood", "status": "in-progress"}

    def test_a_completion_that_lowers_item_9_is_told(self, rest: Rest, clock: Clock) -> None:
        put_all(rest, clock, self.early(2), phq(0))
        impression = rest.one("ClinicalImpression")
        assert (impression["status"], LOWERED in impression["summary"]) == ("completed", True)

    def test_an_unfinished_response_that_lowers_it_keeps_its_impression(self, rest: Rest, clock: Clock) -> None:
        put_all(rest, clock, self.early(2), self.early(0))
        impression = rest.one("ClinicalImpression")
        assert (impression["status"], LOWERED in impression["summary"]) == ("in-progress", True)
        assert the_task(rest)["status"] == "requested"


class TestWithdrawal:
    def test_the_task_stays_and_its_impression_says_what_was_answered(self, rest: Rest, clock: Clock) -> None:
        put_all(rest, clock, phq(2), phq(2, status="entered-in-error"))
        task = the_task(rest)
        assert task["status"] == "requested"
        focus = content(rest.get(task["focus"]["reference"]))
        assert focus["status"] == "completed"
        assert focus["summary"].startswith(TAKEN_BACK)
        assert TAKEN_BACK in notes(focus)
        assert "finding" not in focus
        assert [(change["was"], change["withdrawn"]) for change in changes(focus)] == [("LA6570-1", True)]
        assert {one["status"] for one in rest.found("Observation?_count=200")} == {"entered-in-error"}

    def test_an_answer_lowered_before_is_still_told(self, rest: Rest, clock: Clock) -> None:
        put_all(rest, clock, phq(2), phq(0, status="amended"), phq(0, status="entered-in-error"))
        assert rest.one("ClinicalImpression")["status"] == "completed"
        assert the_task(rest)["status"] == "requested"

    def test_without_a_safety_answer_impression_and_task_are_taken_back(self, rest: Rest, clock: Clock) -> None:
        foot_drop = {"lp-side": ["left"], "lp-muscle": ["foot-drop"], "lp-duration": ["lt-1w"]}
        made = {**response("leg-pain", foot_drop), "id": "legs"}
        put_all(rest, clock, made, {**made, "status": "entered-in-error"})
        assert rest.one("ClinicalImpression")["status"] == "entered-in-error"
        assert the_task(rest)["status"] == "cancelled"

    def test_another_impression_that_used_it_tells_it_and_goes_on_telling_it(self, rest: Rest, clock: Clock) -> None:
        clock.forward(days=1)
        rest.put(phq(2))
        rest.put(legs("none"))
        clock.forward(days=1)
        rest.put(phq(2, status="entered-in-error"), version=1)
        rest.put(legs("both-swelling", status="amended"), version=1)
        about_legs = rest.one("ClinicalImpression?finding-code=both-legs-swollen")
        assert TAKEN_BACK in about_legs["summary"]
        assert [change["withdrawn"] for change in changes(about_legs)] == [True]

    def test_of_two_responses_of_a_submission_the_impression_stays_whichever_is_taken_back_last(
        self, rest: Rest, clock: Clock
    ) -> None:
        clock.forward(days=1)
        entries = [
            {"resource": each, "request": {"method": "PUT", "url": f"QuestionnaireResponse/{each['id']}"}}
            for each in (phq(2), legs("none"))
        ]
        assert rest.post({"resourceType": "Bundle", "type": "transaction", "entry": entries}, "").status_code == 200
        clock.forward(days=1)
        for withdrawn in (phq(2, status="entered-in-error"), legs("none", status="entered-in-error")):
            assert rest.put(withdrawn, version=1).status_code == 200
            impression = rest.one("ClinicalImpression")
            assert (impression["status"], TAKEN_BACK in impression["summary"]) == ("completed", True)
            assert the_task(rest)["status"] == "requested"

    def test_it_is_no_impression_before_any_later_one(self, rest: Rest, clock: Clock) -> None:
        put_all(rest, clock, phq(2), phq(2, status="entered-in-error"))
        rest.put(legs("both-swelling"))
        assert "previous" not in rest.one("ClinicalImpression?finding-code=both-legs-swollen")


@pytest.mark.parametrize("left_open", [None, 0])
def test_a_response_amended_to_leave_item_9_open_uses_the_older_answer(
    rest: Rest, clock: Clock, left_open: int | None
) -> None:
    rest.put(phq(2, id="older"))
    newer = {**phq(0), "authored": "2026-11-02T09:00:00Z"}
    amended = {**scored("phq-9", [1] * 8 + [left_open]), "id": "mood", "status": "amended"}
    put_all(rest, clock, newer, {**amended, "authored": newer["authored"]})
    last = rest.found("ClinicalImpression?_count=1")[0]
    assert ("self-harm" in str(last.get("finding"))) == (left_open is None)
    assert last["effectiveDateTime"] == newer["authored"]
