"""Refused responses leave a trace, and the sender is told of a safety answer above zero, whatever the request."""

import io
import json
from typing import Any

import pytest
import structlog

from service.adapters.database.engine import Database
from service.adapters.database.refusals import DatabaseRefusals
from service.fhir.r4.types import Resource
from service.issues import Issue
from service.logs import configure
from service.ports.refusals import Refusal
from service.web.fhir.http.refusals import ENDPOINTS, keep_unread
from tests.support.building import phq, scored
from tests.support.rest import Clock, Rest, content, issues, rest_on

OTHER = "http://example.org/q"
SIGN = ("business-rule", "QuestionnaireResponse.item[8].answer[0]")
UNKNOWN = ("not-found", "QuestionnaireResponse.questionnaire")


def kept(rest: Rest) -> list[Refusal]:
    return DatabaseRefusals(rest.database).list_refusals()


def above_zero(**elements: Any) -> Resource:
    """A PHQ-9 with 2 at item 9, under an unknown questionnaire."""
    made = scored("phq-9", [0] * 8 + [2], answers={"safe-now": ["yes"]}, patient="Patient/p1")
    return {**made, "questionnaire": OTHER, **elements}


def entry(resource: Resource, method: str = "POST", url: str = "QuestionnaireResponse") -> Resource:
    return {"resource": resource, "request": {"method": method, "url": url}}


def bundle(kind: str, *entries: Resource) -> Resource:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def test_a_create_that_is_refused_leaves_a_row(rest: Rest) -> None:
    answer = rest.post(above_zero())
    assert answer.status_code == 422
    assert issues(answer)[:2] == [SIGN, UNKNOWN]
    (row,) = kept(rest)
    assert (row.status, row.subject, row.request) == (422, "Patient/p1", answer.headers["X-Request-Id"])
    assert [fault.split(":")[0] for fault in row.faults] == ["QuestionnaireResponse.questionnaire"]
    assert [(each.question, each.options) for each in row.answers if each.is_sign] == [
        ("PHQ-9 item 9", ("More than half the days",))
    ]


def test_an_update_that_is_refused_leaves_a_row(rest: Rest) -> None:
    answer = rest.put(above_zero(id="a"))
    assert (answer.status_code, issues(answer)[0]) == (422, SIGN)
    assert [row.subject for row in kept(rest)] == ["Patient/p1"]


@pytest.mark.parametrize("path", ["$process-response", "Questionnaire/phq-9/$process-response"])
def test_an_operation_that_is_refused_leaves_a_row(rest: Rest, path: str) -> None:
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "response", "resource": above_zero()}]}
    for sent in (above_zero(), parameters):
        answer = rest.post(sent, path)
        assert (answer.status_code, issues(answer)[0]) == (422, SIGN)
    assert [row.subject for row in kept(rest)] == ["Patient/p1"] * 2


def test_malformed_content_stays_400_and_is_read_all_the_same(rest: Rest) -> None:
    answer = rest.post(above_zero(status="banana"))
    assert (answer.status_code, issues(answer)[0]) == (400, SIGN)
    empty = rest.post(json.dumps(above_zero(author=[])).encode())
    assert (empty.status_code, issues(empty)[0]) == (400, SIGN)
    assert [(row.status, row.subject) for row in kept(rest)] == [(400, "Patient/p1")] * 2


def test_each_response_of_a_transaction_has_its_row(rest: Rest) -> None:
    answer = rest.post(bundle("transaction", entry(phq(id="a")), entry(above_zero(id="b"))), "")
    assert answer.status_code == 422
    assert issues(answer)[0] == ("business-rule", "Bundle.entry[1].resource.item[8].answer[0]")
    first, second = kept(rest)
    assert (first.subject, second.subject) == ("Patient/p1", "Patient/p1")
    assert first.faults == second.faults
    assert second.faults[0].startswith("Bundle.entry[1].resource.questionnaire:")


def test_each_refused_response_of_a_batch_has_its_row(rest: Rest) -> None:
    search = {"request": {"method": "GET", "url": "Observation"}}
    answer = rest.post(bundle("batch", entry(phq(id="a")), entry(above_zero(id="b")), search), "")
    outcome = content(answer)["entry"][1]["response"]["outcome"]
    assert outcome["issue"][0]["expression"] == [SIGN[1]]
    assert len(kept(rest)) == 1


@pytest.mark.parametrize(
    ("body", "status"), [(b"x" * 1_048_577, 413), (b"{", 400), (b"[" * 100_000, 400), (b"\xff", 400), (b"[1]", 400)]
)
def test_content_that_cannot_be_read_has_a_row_without_a_patient(rest: Rest, body: bytes, status: int) -> None:
    assert rest.post(body).status_code == status
    (row,) = kept(rest)
    assert (row.status, row.subject, row.answers, row.fault_count) == (status, None, (), 1)


@pytest.mark.parametrize(
    ("method", "path", "rows"),
    [
        ("POST", "/fhir/QuestionnaireResponse", 1),
        ("PUT", "/fhir/QuestionnaireResponse/a", 1),
        ("POST", "/fhir", 1),
        ("POST", "/fhir/Questionnaire/phq-9/$process-response", 1),
        ("POST", "/fhir/QuestionnaireResponse/$validate", 0),
        ("GET", "/fhir/Observation", 0),
        ("", "//[", 0),
    ],
)
def test_a_body_that_the_application_never_sees_has_a_row(rest: Rest, method: str, path: str, rows: int) -> None:
    keep_unread(rest.app, method, path, Issue("too-long", "", "Send less."))
    assert [(row.status, row.faults) for row in kept(rest)] == [(413, ("Send less.",))] * rows


def test_the_endpoints_that_keep_refusals_are_there(rest: Rest) -> None:
    assert rest.app.view_functions.keys() >= set(ENDPOINTS)


def test_another_format_has_a_row(rest: Rest) -> None:
    assert rest.post(b"<QuestionnaireResponse/>", Content_Type="application/fhir+xml").status_code == 415
    assert [row.status for row in kept(rest)] == [415]


def test_the_issue_comes_before_many_others(rest: Rest) -> None:
    items = above_zero()["item"] + [{"linkId": f"x{number}", "answer": [{"valueInteger": 1}]} for number in range(300)]
    answer = rest.post(above_zero(questionnaire="https://w3id.org/sural/Questionnaire/phq-9", item=items))
    assert issues(answer)[0] == SIGN


def test_what_is_not_refused_for_its_content_leaves_no_row(rest: Rest) -> None:
    rest.post(phq())
    rest.put(phq(id="a"), version=7)
    rest.post(above_zero(), "QuestionnaireResponse/$validate")
    rest.post(above_zero(), "QuestionnaireResponse/$extract")
    assert kept(rest) == []


def test_the_settings_limit_what_is_kept(database: Database, clock: Clock) -> None:
    rest = rest_on(database, clock, refused_rows=2, refused_days=5)
    for _ in range(3):
        rest.post(b"{")
    assert len(kept(rest)) == 2
    clock.forward(days=6)
    rest.post(b"{")
    assert len(kept(rest)) == 1


def test_the_log_names_the_row_and_nothing_of_the_patient(rest: Rest) -> None:
    stream = io.StringIO()
    configure("error")
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(stream))
    request = rest.post(above_zero()).headers["X-Request-Id"]
    (line,) = map(json.loads, stream.getvalue().splitlines())
    del line["timestamp"]
    assert line == {
        "event": "safety_answer_refused",
        "level": "error",
        "reason": "refused, with a safety answer above zero",
        "refusal": kept(rest)[0].id,
        "request": request,
    }
