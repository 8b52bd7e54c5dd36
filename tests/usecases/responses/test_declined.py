"""Answers that were declined or are masked: kept with their reason, told as declined, and never an answer."""

from collections.abc import Sequence
from typing import Any

import pytest

from service.fhir.r4.types import Resource
from service.usecases.operations.preview import dry_run
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import check_submission
from tests.support.building import NOW, context, response, scored

URL = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
SYSTEM = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def reason(code: str) -> list[Resource]:
    return [{"url": URL, "valueCode": code}]


# The places in which senders put the reason: the item, the answer, the Coding, the extension of a primitive value.
PLACES: dict[str, Any] = {
    "item": lambda code: {"extension": reason(code)},
    "answer": lambda code: {"answer": [{"extension": reason(code)}]},
    "coding": lambda code: {"answer": [{"valueCoding": {"extension": reason(code)}}]},
    "primitive": lambda code: {"answer": [{"_valueInteger": {"extension": reason(code)}}]},
}


def with_item_9(content: Resource, weights: Sequence[int | None] = (1,) * 8) -> Resource:
    """A PHQ-9 with the other items at 1, and this content at item 9."""
    made = scored("phq-9", [*weights, None])
    made["item"].append({"linkId": "/44260-8", **content})
    return made


def results_of(resource: Resource) -> list[Resource]:
    return [entry["resource"] for entry in dry_run([resource], context(), NOW)["entry"]]


def of_type(results: list[Resource], name: str) -> list[Resource]:
    return [each for each in results if each["resourceType"] == name]


def observation(results: list[Resource], code: str) -> Resource:
    found = [o for o in of_type(results, "Observation") if o["code"].get("coding", [{}])[0].get("code") == code]
    return found[0]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("code", ["asked-declined", "masked"])
def test_the_reason_is_kept_in_the_observations_of_the_item_and_of_the_total(place: str, code: str) -> None:
    results = results_of(with_item_9(PLACES[place](code)))
    item, total = observation(results, "44260-8"), observation(results, "44261-6")
    assert [c["code"] for c in item["dataAbsentReason"]["coding"]] == [code]
    assert item["dataAbsentReason"]["coding"][0]["system"] == SYSTEM
    assert "valueCodeableConcept" not in item
    assert [c["code"] for c in total["dataAbsentReason"]["coding"]] == [code]
    assert total["dataAbsentReason"]["text"].endswith("declined.")


@pytest.mark.parametrize("code", ["asked-declined", "masked"])
def test_a_declined_item_9_raises_safety_incomplete_and_no_text_says_left_open(code: str) -> None:
    results = results_of(with_item_9(PLACES["item"](code), [2] * 5 + [0] * 3))
    (task,), (impression,) = of_type(results, "Task"), of_type(results, "ClinicalImpression")
    assert "self-harm question declined (PHQ-9 item 9, 10 points answered)" in impression["summary"]
    assert "PHQ-9 without a total (1 of 9 declined)" in impression["summary"]
    assert "self-harm question declined" in task["description"]
    # The question that follows item 9 was not shown, so it is open.
    assert "left open" not in str(results).replace("Able to stay safe right now: left open", "")


def test_an_item_left_open_for_another_reason_is_left_open() -> None:
    results = results_of(with_item_9(PLACES["item"]("asked-unknown")))
    assert "self-harm question left open" in of_type(results, "ClinicalImpression")[0]["summary"]
    assert [c["code"] for c in observation(results, "44261-6")["dataAbsentReason"]["coding"]] == ["unknown"]
    assert all(o["code"]["coding"][0]["code"] != "44260-8" for o in of_type(results, "Observation"))


def test_a_question_that_the_sender_says_was_not_asked_is_a_gap_in_safety_all_the_same() -> None:
    """11.1: item 9 missing while other items are answered, EX-27: unanswered is never the same as no."""
    results = results_of(with_item_9(PLACES["item"]("not-asked"), [2] * 5 + [0] * 3))
    (task,), (impression,) = of_type(results, "Task"), of_type(results, "ClinicalImpression")
    assert "self-harm question left open (PHQ-9 item 9, 10 points answered)" in task["description"]
    assert "PHQ-9 without a total (1 of 9 not asked)" in impression["summary"]
    absent = observation(results, "44261-6")["dataAbsentReason"]
    assert [c["code"] for c in absent["coding"]] == ["not-asked"]
    assert absent["text"].endswith("not asked.")


def test_a_question_that_was_not_asked_retires_no_earlier_answer() -> None:
    earlier = scored("phq-9", [0] * 8 + [1], id="earlier", authored="2026-11-10T09:00:00Z")
    later = {**with_item_9(PLACES["item"]("not-asked")), "id": "later"}
    parts = [check_submission(each, context(), NOW)[0] for each in (earlier, later)]
    assert set(assess_submission(parts, context(), NOW).assessment.raised) >= {"self-harm", "safety-incomplete"}


def test_declined_and_open_items_are_told_apart() -> None:
    made = with_item_9(PLACES["item"]("masked"), [None, *[1] * 7])
    results = results_of(made)
    (impression,) = of_type(results, "ClinicalImpression")
    assert "PHQ-9 open (2 of 9, 1 of them declined)" in impression["summary"]
    text = observation(results, "44261-6")["dataAbsentReason"]["text"]
    assert text.startswith("No total: Little interest or pleasure in doing things left open; Thoughts that you would")
    assert text.endswith(" declined.")


def test_declined_alarm_signs_raise_safety_incomplete() -> None:
    made = response("leg-pain", {"lp-any": ["yes"], "lp-side": ["left"]})

    def decline(items: list[Resource]) -> None:
        for item in items:
            if item["linkId"] == "lp-alarm":
                del item["answer"]
                item["extension"] = reason("asked-declined")
            decline(item.get("item", []))

    decline(made["item"])
    (impression,) = of_type(results_of(made), "ClinicalImpression")
    assert "safety question declined (" in impression["summary"]


def test_a_declined_item_9_retires_no_earlier_answer() -> None:
    earlier = scored("phq-9", [0] * 8 + [1], id="earlier", authored="2026-11-10T09:00:00Z")
    later = {**with_item_9(PLACES["item"]("asked-declined")), "id": "later"}
    parts = [check_submission(each, context(), NOW)[0] for each in (earlier, later)]
    assert set(assess_submission(parts, context(), NOW).assessment.raised) >= {"self-harm", "safety-incomplete"}
