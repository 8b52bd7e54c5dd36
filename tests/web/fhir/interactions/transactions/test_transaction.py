"""A Bundle at the base: a transaction is one act, a batch takes each entry by itself.

https://hl7.org/fhir/R4/http.html#transaction
"""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from service.fhir.r4.types import Resource
from tests.support.building import response, with_total
from tests.support.rest import Clock, Rest, content, issues

SITTING = {"lp-feel": ["burning"], "lp-stress": ["often"], "lp-calm": ["often"], "lp-side": ["changes"]}
FORMS = ("leg-pain", "gad-7", "phq-9")


def without_id(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name != "id"}


def legs(**elements: Any) -> Resource:
    return without_id(response("leg-pain", SITTING, **elements))


def gad(total: int = 12, **elements: Any) -> Resource:
    return without_id(with_total("gad-7", total, **elements))


def phq(total: int = 12, last: int = 0, **elements: Any) -> Resource:
    safe = {"safe-now": ["yes"]} if last else {}
    return without_id(with_total("phq-9", total, last, answers=safe, **elements))


def post(resource: Resource, **request: str) -> Resource:
    return {"resource": resource, "request": {"method": "POST", "url": "QuestionnaireResponse", **request}}


def put(id: str, resource: Resource, **request: str) -> Resource:
    url = f"QuestionnaireResponse/{id}"
    return {"resource": {**resource, "id": id}, "request": {"method": "PUT", "url": url, **request}}


def send(rest: Rest, *entries: Resource, type: str = "transaction", **headers: str) -> TestResponse:
    entry = {"entry": list(entries)} if entries else {}
    return rest.post({"resourceType": "Bundle", "type": type, **entry}, "", **headers)


def statuses(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.data
    return [entry["response"]["status"] for entry in content(answer).get("entry", [])]


def stored(rest: Rest) -> int:
    return int(content(rest.get("QuestionnaireResponse"))["total"])


def identified(value: str) -> Resource:
    return {"identifier": {"system": "http://ehr.example", "value": value}}


class TestOneAct:
    def test_three_forms_give_one_impression(self, rest: Rest) -> None:
        answer = send(rest, post(legs()), post(gad()), post(phq()))
        assert statuses(answer) == ["201 Created"] * 3
        impression = rest.one("ClinicalImpression")
        assert all(name in impression["summary"] for name in ("GAD-7 12 (", "PHQ-9 12 ("))
        assert len(impression["investigation"]) == 3
        assert len(rest.found("ClinicalImpression?finding-code=anxiety-linked")) == 1
        assert len(rest.found("Provenance")) == 1
        entry = rest.outbox.lease(*rest.lease_now())
        assert entry is not None
        sent = [each["resource"]["resourceType"] for each in entry.bundle["entry"]]
        assert (sent.count("QuestionnaireResponse"), sent.count("ClinicalImpression")) == (3, 1)

    def test_the_answer_says_where_each_response_is(self, rest: Rest) -> None:
        bundle = content(send(rest, post(legs()), put("mine", phq())))
        assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "transaction-response")
        for entry, id in zip(bundle["entry"], ("r-1", "mine"), strict=True):
            address = f"http://sural.example/fhir/QuestionnaireResponse/{id}"
            assert (entry["fullUrl"], entry["resource"]["id"]) == (address, id)
            answered = entry["response"]
            assert (answered["location"], answered["etag"]) == (f"{address}/_history/1", 'W/"1"')
            assert answered["lastModified"] == "2026-11-21T12:00:00.000Z"
            assert content(rest.get(f"QuestionnaireResponse/{id}")) == entry["resource"]

    @pytest.mark.parametrize(
        ("preferred", "elements"),
        [("minimal", {"response"}), ("OperationOutcome", {"response"}), ("representation", {"fullUrl", "resource"})],
    )
    def test_the_client_may_choose_what_comes_back(self, rest: Rest, preferred: str, elements: set[str]) -> None:
        (entry,) = content(send(rest, post(phq()), Prefer=f"return={preferred}"))["entry"]
        assert elements <= set(entry)
        assert ("outcome" in entry["response"]) == (preferred == "OperationOutcome")

    def test_an_empty_transaction_stores_nothing(self, rest: Rest) -> None:
        assert content(send(rest)) == {"resourceType": "Bundle", "type": "transaction-response"}

    def test_references_between_the_entries_become_those_of_the_server(self, rest: Rest) -> None:
        url = "urn:uuid:9d1c1f5c-3b52-4f0f-8a3f-0c5b4f0f5a11"
        link = {"url": "http://ehr.example/together", "valueReference": {"reference": url}}
        send(rest, {"fullUrl": url, **post(phq())}, post(gad(extension=[link])))
        found = content(rest.get("QuestionnaireResponse/r-2"))
        assert found["extension"][0]["valueReference"]["reference"] == "QuestionnaireResponse/r-1"


class TestResend:
    def test_the_same_transaction_again_is_the_same(self, rest: Rest) -> None:
        entries = [post(phq(**identified("1"))), post(gad(**identified("2")))]
        first, again = content(send(rest, *entries)), send(rest, *entries)
        assert statuses(again) == ["200 OK"] * 2
        locations = [[entry["response"]["location"] for entry in each["entry"]] for each in (first, content(again))]
        assert locations[0] == locations[1]
        assert (stored(rest), len(rest.found("ClinicalImpression"))) == (2, 1)

    def test_a_key_makes_each_entry_known(self, rest: Rest) -> None:
        for expected in ("201 Created", "200 OK"):
            answer = send(rest, post(phq()), post(gad()), Idempotency_Key="visit-7")
            assert statuses(answer) == [expected] * 2
        assert stored(rest) == 2

    def test_a_condition_that_one_response_meets_answers_with_it(self, rest: Rest) -> None:
        rest.post(phq(**identified("1")))
        condition = "QuestionnaireResponse?identifier=http://ehr.example|1"
        answer = send(rest, post(phq(13), ifNoneExist=condition), post(gad()))
        assert statuses(answer) == ["200 OK", "201 Created"]
        assert stored(rest) == 2

    def test_a_condition_that_several_meet_undoes_all(self, rest: Rest) -> None:
        rest.post(phq())
        rest.post(phq())
        answer = send(rest, post(gad()), post(phq(13), ifNoneExist="patient=p1"))
        place = "Bundle.entry[1].request.ifNoneExist"
        assert (answer.status_code, issues(answer)) == (412, [("multiple-matches", place)])
        assert stored(rest) == 2


class TestAmendment:
    """A PUT of a stored response amends its own acts; all that is created forms one act."""

    def test_amendments_come_before_the_new_act_which_uses_them(self, rest: Rest, clock: Clock) -> None:
        rest.put({**gad(3), "id": "worry"})
        clock.forward(hours=1)
        answer = send(rest, post(legs()), put("worry", gad(12, status="amended")))
        assert statuses(answer) == ["201 Created", "200 OK"]
        summaries = [each["summary"] for each in rest.found("ClinicalImpression")]
        assert len(summaries) == 2
        assert all("GAD-7 12 (" in summary for summary in summaries)

    def together(self, rest: Rest) -> str:
        """One act of three responses; the id of its impression."""
        send(rest, put("legs", legs()), put("worry", gad()), put("mood", phq()))
        return str(rest.one("ClinicalImpression")["id"])

    @pytest.mark.parametrize("id", ["legs", "worry", "mood"])
    def test_each_response_of_one_act_can_be_corrected(self, rest: Rest, id: str) -> None:
        impression = self.together(rest)
        for number, (gad_total, phq_total) in enumerate([(3, 5), (4, 6)], 2):
            changed = {
                "legs": legs(status="amended", language="en", authored=f"2026-11-21T09:0{number}:00Z"),
                "worry": gad(gad_total, status="amended"),
                "mood": phq(phq_total, status="amended"),
            }[id]
            answer = rest.put({**changed, "id": id})
            assert (answer.status_code, answer.headers["ETag"]) == (200, f'W/"{number}"')
            summary = rest.one("ClinicalImpression")["summary"]
            assert f"GAD-7 {gad_total if id == 'worry' else 12} (" in summary
            assert f"PHQ-9 {phq_total if id == 'mood' else 12} (" in summary
        assert rest.one("ClinicalImpression")["id"] == impression
        ids = [trace["id"] for trace in rest.found("Provenance?_count=50")]
        assert len(ids) == len(set(ids)) > 1

    @pytest.mark.parametrize("order", [FORMS, FORMS[::-1]])
    def test_the_impression_stays_until_its_last_response_is_withdrawn(
        self, rest: Rest, order: tuple[str, ...]
    ) -> None:
        impression = self.together(rest)
        named = {"leg-pain": ("legs", legs), "gad-7": ("worry", gad), "phq-9": ("mood", phq)}
        for left, form in zip((2, 1, 0), order, strict=True):
            id, make = named[form]
            assert rest.put({**make(status="entered-in-error"), "id": id}).status_code == 200
            found = rest.one("ClinicalImpression")
            assert found["id"] == impression
            assert found["status"] == ("completed" if left else "entered-in-error")
            assert len(found["investigation"]) == max(left, 1)
            finals = rest.found(f"Observation?derived-from={id}&status=final,amended")
            assert finals == []

    def test_a_flag_of_one_response_calls_a_person_once(self, rest: Rest) -> None:
        send(rest, put("worry", gad()), put("mood", phq(12, 1)))
        assert len(rest.found("Task")) == 1
        rest.put({**gad(13, status="amended"), "id": "worry"})
        rest.put({**phq(13, 1, status="amended"), "id": "mood"})
        assert len(rest.found("Task")) == 1
        rest.put({**phq(14, 3, status="amended"), "id": "mood"})
        assert [task["priority"] for task in rest.found("Task")] == ["stat"]

    def test_an_unfinished_response_of_an_act_can_be_completed(self, rest: Rest) -> None:
        begun = without_id(response("gad-7", rest="blank", status="in-progress"))
        send(rest, put("worry", begun), put("mood", phq()))
        assert "GAD-7 12 (" not in rest.one("ClinicalImpression")["summary"]
        assert rest.put({**gad(), "id": "worry"}).status_code == 200
        assert "GAD-7 12 (" in rest.one("ClinicalImpression")["summary"]


class TestBatch:
    def test_each_entry_is_taken_or_refused_by_itself(self, rest: Rest) -> None:
        answer = send(
            rest,
            post(phq()),
            post({**phq(), "item": [{"linkId": "unheard-of"}]}),
            put("mine", gad(patient="Patient/p2")),
            put("mine", gad(13, patient="Patient/p2"), ifMatch='W/"9"'),
            put("mine", gad(13, patient="Patient/p2"), ifMatch='W/"1"'),
            type="batch",
        )
        bundle = content(answer)
        assert bundle["type"] == "batch-response"
        assert [status.split()[0] for status in statuses(answer)] == ["201", "422", "201", "412", "200"]
        for entry in bundle["entry"]:
            refused = entry["response"]["status"].startswith("4")
            assert ("outcome" in entry["response"]) == refused == ("resource" not in entry)
        assert len(rest.found("ClinicalImpression")) == 2
