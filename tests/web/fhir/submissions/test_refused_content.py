"""Content that is refused: every failure under /fhir is an OperationOutcome."""

from datetime import timedelta

import pytest

from service.fhir.r4.types import Resource
from tests.support.building import NOW, phq
from tests.support.rest import Rest, content, issues


class TestMalformed:
    """What is not FHIR is 400."""

    def test_too_much_is_not_taken(self, rest: Rest) -> None:
        answer = rest.post(b"x" * 1_048_577)
        assert answer.status_code == 413
        assert issues(answer)[0][0] == "too-long"

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", "structure"),
            (b"{", "structure"),
            (b'{"resourceType": "QuestionnaireResponse", "status": "completed", "status": "stopped"}', "structure"),
            (b'{"a": NaN}', "value"),
            (b"[" * 100_000, "too-long"),
            (b'{"resourceType": "Patient"}', "structure"),
        ],
    )
    def test_malformed_content_is_400(self, rest: Rest, body: bytes, code: str) -> None:
        answer = rest.post(body)
        assert answer.status_code == 400
        assert issues(answer)[0][0] == code


UUID = "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"


class TestForbidden:
    """What a rule forbids is 422 with its place."""

    @pytest.mark.parametrize(
        ("change", "status", "code", "place"),
        [
            ({"status": "banana"}, 400, "code-invalid", "status"),
            ({"status": "entered-in-error"}, 422, "business-rule", "status"),
            ({"questionnaire": "http://example.org/q"}, 422, "not-found", "questionnaire"),
            ({"questionnaire": "https://w3id.org/sural/Questionnaire/phq-9|9.9.9"}, 422, "not-found", "questionnaire"),
            ({"questionnaire": None}, 422, "required", "questionnaire"),
            ({"subject": None}, 422, "required", "subject"),
            ({"subject": {"reference": "Group/1"}}, 422, "value", "subject"),
            ({"subject": {"reference": "#p"}}, 400, "invariant", "subject"),
            ({"subject": {"reference": "urn:uuid:1"}}, 400, "value", "subject"),
            ({"subject": {"reference": UUID}}, 422, "value", "subject"),
            ({"subject": {"reference": "http://other.example/fhir/Patient/1"}}, 422, "value", "subject"),
            ({"subject": {"identifier": {"value": "1"}}}, 422, "value", "subject"),
            ({"authored": "2026-11-22T12:00:01Z"}, 422, "value", "authored"),
            ({"modifierExtension": [{"url": "http://x", "valueCode": "a"}]}, 422, "not-supported", "modifierExtension"),
            ({"implicitRules": "http://x"}, 422, "not-supported", "implicitRules"),
        ],
    )
    def test_what_a_rule_forbids_is_422_with_its_place(
        self, rest: Rest, change: Resource, status: int, code: str, place: str
    ) -> None:
        resource = {key: value for key, value in {**phq(), **change}.items() if value is not None}
        answer = rest.post(resource)
        assert answer.status_code == status
        assert issues(answer) == [(code, f"QuestionnaireResponse.{place}")]

    def test_nothing_of_a_refused_response_is_stored(self, rest: Rest) -> None:
        rest.post(phq(subject={"reference": "Group/1"}))
        rest.post(b"{")
        assert content(rest.get("QuestionnaireResponse"))["total"] == 0
        assert rest.outbox.count_entries()["waiting"] == 0

    def test_every_fault_is_named_at_once(self, rest: Rest) -> None:
        resource = phq(subject={"reference": "Group/1"}, authored="2027-01-01")
        resource["item"][0]["answer"] = [{"valueBoolean": True}]
        resource["item"].append({"linkId": "nope"})
        assert len(issues(rest.post(resource))) == 4

    def test_without_authored_it_is_taken_with_a_warning(self, rest: Rest) -> None:
        answer = rest.post(phq(authored=None), Prefer="return=OperationOutcome")
        assert answer.status_code == 201
        assert issues(answer) == [("incomplete", "QuestionnaireResponse.authored")]

    def test_up_to_a_day_ahead_is_taken(self, rest: Rest) -> None:
        ahead = (NOW + timedelta(hours=24)).isoformat()
        assert rest.post(phq(authored=ahead)).status_code == 201


def test_a_failure_of_ours_is_500_with_a_fixed_sentence(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Jane Doe")

    monkeypatch.setattr("service.web.fhir.interactions.create.submit_response", broken)
    answer = rest.post(phq())
    assert answer.status_code == 500
    assert b"Jane" not in answer.data
    assert issues(answer) == [("exception", None)]
