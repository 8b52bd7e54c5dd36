"""A Bundle at the base that is refused: nothing of a transaction is stored, and each fault has its place.

https://hl7.org/fhir/R4/http.html#transaction
"""

import pytest

from service.fhir.r4.types import Resource
from tests.support.rest import Rest, content, issues
from tests.web.fhir.interactions.transactions.test_transaction import (
    gad,
    identified,
    legs,
    phq,
    post,
    put,
    send,
    statuses,
    stored,
)


class TestAllOrNothing:
    def test_two_patients_are_refused(self, rest: Rest) -> None:
        answer = send(rest, post(phq()), post(gad(patient="Patient/p2")), post(legs(patient="Patient/p3")))
        assert (answer.status_code, issues(answer)) == (
            422,
            [("business-rule", f"Bundle.entry[{index}].resource.subject") for index in (1, 2)],
        )
        assert stored(rest) == 0

    def test_every_fault_of_every_entry_is_named(self, rest: Rest) -> None:
        wrong = {"item": [{"linkId": "unheard-of"}]}
        answer = send(rest, post({**phq(), **wrong}), post(gad()), post({**gad(), **wrong}))
        places = {path.split(".resource")[0] for _, path in issues(answer)}
        assert (answer.status_code, places) == (422, {"Bundle.entry[0]", "Bundle.entry[2]"})
        assert stored(rest) == 0

    @pytest.mark.parametrize(
        ("entry", "path"),
        [
            ({"request": {"method": "GET", "url": "QuestionnaireResponse"}}, "request"),
            ({"request": {"method": "DELETE", "url": "QuestionnaireResponse/a"}}, "request"),
            (post({"resourceType": "Patient"}, url="Patient"), "request"),
            (put("a", phq(), url="QuestionnaireResponse?identifier=x|1"), "request"),
            ({"request": {"method": "POST", "url": "QuestionnaireResponse"}}, "resource"),
            ({"resource": {"resourceType": "QuestionnaireResponse", "status": "completed"}}, "request"),
            (put("a", phq(), url="QuestionnaireResponse/b"), "resource.id"),
            (put("123", phq()), "resource.id"),
            (put("a", phq(), ifNoneExist="identifier=x|1"), "request.ifNoneExist"),
            (put("a", phq(), ifMatch="1"), "request.ifMatch"),
            (post(phq(), ifNoneExist="colour=red"), "request.ifNoneExist"),
            (post(phq(), ifNoneMatch="*"), "request.ifNoneMatch"),
            (post({"resourceType": "Observation"}), "resource.resourceType"),
            (post({**phq(), "status": "banana"}), "resource.status"),
        ],
    )
    def test_another_entry_is_refused_with_its_place(self, rest: Rest, entry: Resource, path: str) -> None:
        answer = send(rest, post(gad()), entry)
        assert (answer.status_code, issues(answer)[0][1]) == (400, f"Bundle.entry[1].{path}")
        assert stored(rest) == 0
        assert statuses(send(rest, post(gad()), entry, type="batch"))[0] == "201 Created"
        assert stored(rest) == 1

    def test_a_condition_that_is_not_met_undoes_the_others(self, rest: Rest) -> None:
        rest.put({**phq(), "id": "mine"})
        answer = send(rest, post(gad()), put("mine", phq(13), ifMatch='W/"7"'))
        assert (answer.status_code, issues(answer)) == (412, [("conflict", "Bundle.entry[1].request.ifMatch")])
        assert (stored(rest), len(rest.found("ClinicalImpression"))) == (1, 1)
        answer = send(rest, put("mine", phq(13)), put("none", gad(), ifMatch="*"))
        assert answer.status_code == 412
        assert content(rest.get("QuestionnaireResponse/mine"))["meta"]["versionId"] == "1"

    @pytest.mark.parametrize("bundle_type", ["transaction", "batch"])
    def test_one_full_url_for_two_entries_is_refused(self, rest: Rest, bundle_type: str) -> None:
        url = {"fullUrl": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"}
        entries = [post(phq()), {**post(gad()), **url}, {**post(legs()), **url}]
        answer = send(rest, *entries, type=bundle_type)
        assert (answer.status_code, issues(answer)) == (400, [("invariant", "Bundle.entry[2].fullUrl")])
        assert stored(rest) == 0

    @pytest.mark.parametrize(
        "second",
        [
            put("a", gad()),
            post(gad(**identified("1"))),
            post(gad(), ifNoneExist="identifier=http://ehr.example|1"),
        ],
    )
    def test_the_same_response_twice_is_refused(self, rest: Rest, second: Resource) -> None:
        condition = {"ifNoneExist": "identifier=http://ehr.example|1"} if "ifNoneExist" in second["request"] else {}
        first = put("a", phq()) if "id" in second["resource"] else post(phq(**identified("1")), **condition)
        answer = send(rest, first, second)
        assert (answer.status_code, issues(answer)[0]) == (422, ("duplicate", "Bundle.entry[1]"))
        assert stored(rest) == 0

    @pytest.mark.parametrize("bundle_type", ["document", "collection", "searchset", "history", "message"])
    def test_another_bundle_is_refused(self, rest: Rest, bundle_type: str) -> None:
        assert send(rest, type=bundle_type).status_code == 400

    @pytest.mark.parametrize("sent", [phq(), {"resourceType": "Bundle"}, {"resourceType": "Bundle", "type": "x"}])
    def test_what_is_no_bundle_is_refused(self, rest: Rest, sent: Resource) -> None:
        assert rest.post(sent, "").status_code == 400
        assert rest.post({"resourceType": "Bundle", "type": "batch", "entry": ["x"]}, "").status_code == 400

    def test_very_many_entries_are_refused(self, rest: Rest) -> None:
        entry = {"request": {"method": "GET", "url": "Observation"}}
        assert issues(send(rest, *[entry] * 101, type="batch")) == [("too-costly", "Bundle.entry")]
