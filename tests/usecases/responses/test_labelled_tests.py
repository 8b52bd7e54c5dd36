"""Responses labelled HTEST and real ones of one patient: neither is used to assess the other (docs/results.md)."""

from typing import Any

import pytest

from service.fhir.r4.types import Resource
from tests.support.building import response, with_total
from tests.support.rest import Rest, content

HTEST = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]}


def self_harm(day: str, **elements: Any) -> Resource:
    return with_total("phq-9", 12, 3, authored=f"2026-11-{day}T10:00:00Z", **elements)


def quiet_legs(day: str, **elements: Any) -> Resource:
    return response("leg-pain", authored=f"2026-11-{day}T10:00:00Z", **elements)


def labels(resource: Resource) -> list[str]:
    return [label["code"] for label in resource.get("meta", {}).get("security", ())]


def impression_of(rest: Rest, day: str) -> Resource:
    (found,) = (each for each in rest.found("ClinicalImpression") if each["effectiveDateTime"].startswith(day))
    return found


def answers_told(impression: Resource) -> str:
    """The summary without the open Tasks before it."""
    return str(impression["summary"]).rpartition("Answers of ")[2]


def test_a_real_response_is_not_assessed_with_the_answers_of_a_test(rest: Rest) -> None:
    rest.post(self_harm("19", meta=HTEST))
    rest.post(quiet_legs("20"))
    real = impression_of(rest, "2026-11-20")
    assert "PHQ-9" not in real["summary"].replace("no PHQ-9", "")
    assert (labels(real), real.get("previous")) == ([], None)


def test_a_test_retires_no_real_answer(rest: Rest) -> None:
    rest.post(self_harm("18"))
    rest.post(with_total("phq-9", 0, authored="2026-11-19T10:00:00Z", meta=HTEST))
    rest.post(quiet_legs("20"))
    assert "PHQ-9 item 9 = 3" in impression_of(rest, "2026-11-20")["summary"]
    assert "PHQ-9 item 9 = 3" not in answers_told(impression_of(rest, "2026-11-19"))


def test_a_real_response_beside_a_test_in_one_bundle_raises_its_task(rest: Rest) -> None:
    entries = [
        {"resource": each, "request": {"method": "POST", "url": "QuestionnaireResponse"}}
        for each in (self_harm("19"), quiet_legs("19", meta=HTEST))
    ]
    rest.post({"resourceType": "Bundle", "type": "transaction", "entry": entries}, "")
    task = rest.one("Task")
    assert "PHQ-9 item 9 = 3" in task["description"]
    assert labels(task) == []


def test_a_test_beside_a_real_response_in_one_bundle_raises_none(rest: Rest) -> None:
    entries = [
        {"resource": each, "request": {"method": "POST", "url": "QuestionnaireResponse"}}
        for each in (self_harm("19", meta=HTEST), quiet_legs("19"))
    ]
    rest.post({"resourceType": "Bundle", "type": "transaction", "entry": entries}, "")
    assert rest.found("Task") == []


def test_a_response_whose_label_is_removed_raises_its_task(rest: Rest) -> None:
    sent = content(rest.post(self_harm("19", meta=HTEST)))
    assert rest.found("Task") == []
    real = {name: value for name, value in sent.items() if name != "meta"}
    assert rest.put(real, version=1).status_code == 200
    assert "PHQ-9 item 9 = 3" in rest.one("Task")["description"]
    assert labels(rest.one("ClinicalImpression")) == []


def test_a_response_that_becomes_a_test_is_no_longer_used_by_real_ones(rest: Rest) -> None:
    sent = content(rest.post(self_harm("19")))
    rest.post(quiet_legs("20"))
    assert "PHQ-9 item 9 = 3" in impression_of(rest, "2026-11-20")["summary"]
    assert rest.put({**sent, "meta": HTEST}, version=1).status_code == 200
    real = impression_of(rest, "2026-11-20")
    assert "PHQ-9 item 9 = 3" not in answers_told(real)
    assert labels(real) == []


@pytest.mark.parametrize("status", ["amended", "entered-in-error"])
def test_the_labels_of_a_new_version_are_those_of_everything_made_from_it(rest: Rest, status: str) -> None:
    label = [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]
    sent = content(rest.post(with_total("phq-9", 0, authored="2026-11-19T10:00:00Z")))
    assert rest.put({**sent, "meta": {"security": label}, "status": status}, version=1).status_code == 200
    for type_name in ("QuestionnaireResponse", "Observation", "ClinicalImpression"):
        assert {tuple(labels(each)) for each in rest.found(type_name)} == {("R",)}, type_name
    assert sorted(labels(each) for each in rest.found("Provenance")) == [[], ["R"]]
