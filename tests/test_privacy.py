"""No patient data in logs, ids, addresses, error texts or outbox reasons: a marked word is sent and searched for."""

import io
import json
from typing import Any

import pytest
import structlog

from service.adapters.database.refusals import DatabaseRefusals
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.logs import configure
from service.ports.fhir_server import ServerResponse
from service.usecases.delivery.deliver import LEASE, deliver_next
from service.web import errors
from tests.support.building import NOW, scored
from tests.support.rest import Rest
from tests.usecases.delivery.fake_server import FakeServer

MARK = "Zyxw-Canary-77"


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Everything that is logged, at the most talkative level."""
    stream = io.StringIO()
    configure("debug")
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(stream))
    return stream


def marked() -> Resource:
    """A response with the mark wherever a string may stand."""
    resource = scored("phq-9", [1] * 9, answers={"safe-now": ["no"]}, patient="Patient/p1")
    resource["item"][0]["text"] = MARK
    resource["item"][0]["answer"][0]["valueCoding"]["display"] = MARK
    resource["identifier"] = {"system": f"urn:{MARK}", "value": MARK}
    resource["author"] = {"reference": "Practitioner/a", "display": MARK}
    resource["extension"] = [{"url": f"http://{MARK}.example", "valueString": MARK}]
    resource["contained"] = [{"resourceType": "Patient", "id": "x", "name": [{"family": MARK}]}]
    resource["source"] = {"reference": "#x"}
    resource["text"] = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{MARK}</div>'}
    return resource


def bad() -> list[bytes]:
    """Bodies and resources that are refused, each with the mark in it."""
    mark: Any = MARK
    changes: list[Resource] = [
        {"status": MARK},
        {MARK: 1},
        {"authored": MARK},
        {"questionnaire": f"http://example.org/{MARK}"},
        {"subject": {"reference": f"Group/{MARK}"}},
        {"subject": {"reference": f"http://{MARK}.example/Patient/1"}},
        {"item": [{"linkId": MARK}]},
        {"item": [{"linkId": "/44250-9", "answer": [{"valueString": MARK}]}]},
        {"item": [{"linkId": "/44250-9", "answer": [{"valueCoding": {"system": mark, "code": MARK}}]}]},
        {"contained": [{"resourceType": MARK}]},
        {"implicitRules": f"http://{MARK}"},
        {"extension": [{"url": MARK, "valueInteger": MARK}]},
    ]
    bodies = [encode({**scored("phq-9", [0] * 9), **change}) for change in changes]
    return [*bodies, MARK.encode(), f'{{"{MARK}": NaN}}'.encode(), f'{{"{MARK}":1,"{MARK}":1}}'.encode()]


def test_good_and_bad_requests_leave_nothing_of_a_patient_behind(rest: Rest, logged: io.StringIO) -> None:
    answer = rest.post(marked())
    assert answer.status_code == 201
    assert MARK not in str(answer.headers)
    told = [rest.post(body) for body in bad()]
    told += [rest.post(body, "QuestionnaireResponse/$extract") for body in bad()]
    told += [
        rest.get(path)
        for path in (
            f"Observation/{MARK}",
            f"{MARK}/1",
            f"Observation?{MARK}=1&patient=none",
            f"QuestionnaireResponse?authored={MARK}",
            f"QuestionnaireResponse?identifier={MARK}|{MARK}|{MARK}",
            f"QuestionnaireResponse?_count={MARK}",
        )
    ]
    assert {answer.status_code for answer in told} <= {200, 400, 404, 422}
    for answer in told:
        assert MARK.encode() not in answer.data
    assert MARK not in logged.getvalue()
    assert logged.getvalue().count('"event": "request_finished"') == 1 + len(told)
    assert MARK not in rest.client.get("/metrics").text


def test_the_traces_of_refused_responses_contain_nothing_of_the_content(rest: Rest) -> None:
    for body in bad():
        rest.post(body)
    kept = DatabaseRefusals(rest.database).list_refusals()
    assert len(kept) == len(bad())
    assert MARK not in str(kept)


def test_a_failure_of_ours_does_not_log_what_it_failed_on(
    rest: Rest, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(MARK)

    monkeypatch.setattr("service.web.fhir.interactions.create.submit_response", broken)
    assert rest.post(marked()).status_code == 500
    assert '"kind": "ValueError"' in logged.getvalue()
    assert MARK not in logged.getvalue()


def test_neither_ids_nor_the_outbox_tell_anything(rest: Rest, logged: io.StringIO) -> None:
    rest.post(marked())
    entry = rest.outbox.lease(NOW, NOW)
    assert entry is not None
    assert all(MARK not in part["request"]["url"] for part in entry.bundle["entry"])
    server = FakeServer(ServerResponse(422, "invalid"), {"Patient/p1", "Practitioner/a"})
    assert deliver_next(rest.outbox, server, lambda: NOW + LEASE)
    (line,) = rest.outbox.list_entries("parked")
    assert "p1" not in str(line.reason)
    assert MARK not in str(line)


def test_the_log_drops_fields_that_are_not_on_its_list(logged: io.StringIO) -> None:
    structlog.get_logger().info("request_finished", route="/fhir", patient=MARK)
    assert set(json.loads(logged.getvalue())) == {"event", "route", "level", "timestamp"}


def test_the_place_of_a_failure_is_named_without_values() -> None:
    try:
        raise ValueError(MARK)
    except ValueError as problem:
        place = errors.failed_line(problem)
    assert place.split(":")[0].endswith("test_privacy.py")
