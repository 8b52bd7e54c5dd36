"""Create: accepted responses, the response to each, and unfinished responses.

https://hl7.org/fhir/R4/http.html#create
"""

import pytest

from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from tests.support.building import IDENTIFIED, phq, scored, with_total
from tests.support.rest import Clock, Rest, content, issues


class TestCreate:
    def test_a_response_is_taken_and_says_where_it_is(self, rest: Rest) -> None:
        answer = rest.post(phq())
        assert answer.status_code == 201
        assert answer.headers["Location"] == "http://sural.example/fhir/QuestionnaireResponse/r-1/_history/1"
        assert answer.headers["ETag"] == 'W/"1"'
        assert answer.headers["Last-Modified"] == "Sat, 21 Nov 2026 12:00:00 GMT"
        assert content(answer)["meta"] == {"versionId": "1", "lastUpdated": "2026-11-21T12:00:00.000Z"}

    @pytest.mark.parametrize("id", ["a b", "a" * 65, 7, {"x": 1}])
    @pytest.mark.parametrize("path", ["QuestionnaireResponse", "QuestionnaireResponse/$extract"])
    def test_an_id_that_is_none_is_refused(self, rest: Rest, path: str, id: object) -> None:
        answer = rest.post(phq(id=id), path)
        assert (answer.status_code, issues(answer)[0][1]) == (400, "QuestionnaireResponse.id")

    def test_the_id_and_version_of_the_client_are_not_taken_over(self, rest: Rest) -> None:
        rest.post(phq(id="mine", meta={"versionId": "7", "lastUpdated": "2020-01-01T00:00:00Z"}))
        assert rest.get("QuestionnaireResponse/mine").status_code == 404
        assert content(rest.get("QuestionnaireResponse/r-1"))["meta"]["versionId"] == "1"

    @pytest.mark.parametrize(
        ("prefer", "type_name"),
        [
            ("return=representation", "QuestionnaireResponse"),
            ("return=OperationOutcome", "OperationOutcome"),
            ("return=nonsense", "QuestionnaireResponse"),
        ],
    )
    def test_the_client_may_choose_what_comes_back(self, rest: Rest, prefer: str, type_name: str) -> None:
        assert content(rest.post(phq(), Prefer=prefer))["resourceType"] == type_name

    def test_with_minimal_nothing_comes_back_but_the_headers(self, rest: Rest) -> None:
        answer = rest.post(phq(), Prefer="return=minimal")
        assert (answer.status_code, answer.data) == (201, b"")
        assert answer.headers["Location"]

    def test_a_total_that_differs_is_a_warning_to_the_caller(self, rest: Rest) -> None:
        resource = phq()
        resource["item"].append({"linkId": "/44261-6", "answer": [{"valueDecimal": 3}]})
        answer = rest.post(resource, Prefer="return=OperationOutcome")
        assert answer.status_code == 201
        (issue,) = content(answer)["issue"]
        assert issue["severity"] == "warning"
        assert issue["expression"] == [f"QuestionnaireResponse.item[{len(resource['item']) - 1}].answer[0].value"]

    def test_the_same_identifier_with_the_same_content_again_is_the_same_response(
        self, rest: Rest, clock: Clock
    ) -> None:
        first = rest.post(phq(**IDENTIFIED))
        clock.forward(hours=1)
        shuffled = dict(reversed(list(phq(**IDENTIFIED).items())))
        again = rest.post(shuffled)
        assert again.status_code == 200
        for header in ("Location", "ETag", "Last-Modified"):
            assert again.headers[header] == first.headers[header]
        assert len(rest.found("ClinicalImpression?patient=p1")) == 1
        assert rest.outbox.count_entries()["waiting"] == 1

    def test_the_same_identifier_with_other_content_is_refused(self, rest: Rest) -> None:
        rest.post(phq(**IDENTIFIED))
        answer = rest.post(phq(identifier=IDENTIFIED["identifier"], language="en"))
        assert answer.status_code == 422
        assert issues(answer) == [("duplicate", "QuestionnaireResponse.identifier")]

    @pytest.mark.parametrize("identifier", [{"value": "1"}, {"system": "urn:x"}, {"text": "x"}])
    def test_an_identifier_without_system_or_value_makes_nothing_known(self, rest: Rest, identifier: Resource) -> None:
        if "text" in identifier:
            identifier = {"use": "official"}
        assert [rest.post(phq(identifier=identifier)).status_code for _ in range(2)] == [201, 201]


class TestUnfinished:
    def test_an_unfinished_response_is_kept_and_item_9_flagged_at_once(self, rest: Rest) -> None:
        answer = rest.post(scored("phq-9", [None] * 8 + [2], status="in-progress"))
        assert answer.status_code == 201
        assert rest.one("Observation?patient=p1")["status"] == "preliminary"
        assert rest.one("ClinicalImpression?patient=p1")["status"] == "in-progress"
        assert rest.one("Task?patient=p1")["priority"] == "stat"

    def test_it_does_not_count_for_a_later_assessment(self, rest: Rest) -> None:
        rest.post(with_total("phq-9", 20, status="in-progress"))
        rest.post(with_total("gad-7", 3))
        summary = rest.found("ClinicalImpression?status=completed")[0]["summary"]
        assert "PHQ-9" not in summary


def test_encoding_is_utf_8(rest: Rest) -> None:
    resource = phq()
    resource["item"][0]["text"] = "Wenig Interesse – oder Freude"
    rest.post(encode(resource))
    assert "–" in rest.get("QuestionnaireResponse/r-1").data.decode()
