"""Our own code fails while it judges a response: its danger sign is told to the operator all the same."""

from collections.abc import Callable
from typing import Any

import pytest

from service.adapters.database.engine import Database
from service.adapters.database.refusals import DatabaseRefusals
from service.fhir.r4.types import Resource
from service.usecases.pulling.fetch import fetch_noticed
from service.usecases.responses import assess
from tests.support.building import with_total
from tests.support.logging import Log
from tests.support.other_systems.portal_server import PortalServer, puller_of
from tests.support.rest import Clock, Rest, content, rest_on

SECRET = "secret-of-the-failure"


def failing(*arguments: Any, **named: Any) -> None:
    """A fault of ours."""
    raise LookupError(SECRET)


def of(patient: str, **elements: Any) -> Resource:
    """A PHQ-9 with a danger sign."""
    return with_total("phq-9", 9, last=1, patient=f"Patient/{patient}", answers={"safe-now": ["yes"]}, **elements)


def bundle(kind: str) -> Resource:
    request = {"method": "POST", "url": "QuestionnaireResponse"}
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": of("p1"), "request": request}]}


WRITES: dict[str, Callable[[Rest], Any]] = {
    "create": lambda rest: rest.post(of("p1")),
    "update": lambda rest: rest.put(of("p1", id="a")),
    "transaction": lambda rest: rest.post(bundle("transaction"), ""),
    "batch": lambda rest: rest.post(bundle("batch"), ""),
    "process": lambda rest: rest.post(of("p1"), "$process-response"),
}


@pytest.mark.parametrize("kind", WRITES)
def test_a_danger_sign_is_told(
    database: Database, clock: Clock, logged: Log, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    rest = rest_on(database, clock)
    monkeypatch.setattr(assess, "evaluate_selection", failing)
    answer = WRITES[kind](rest)
    status = content(answer)["entry"][0]["response"]["status"][:3] if kind == "batch" else str(answer.status_code)
    assert status == "500"
    (refused,) = DatabaseRefusals(database).list_refusals()
    assert (refused.status, refused.subject, refused.has_sign) == (500, "Patient/p1", True)
    assert len(logged.of("safety_answer_refused")) == len(logged.of("request_failed")) == 1
    assert "sural_safety_answers_refused_total 1.0" in rest.client.get("/metrics").text
    assert SECRET not in logged.stream.getvalue() + answer.text
    monkeypatch.undo()
    assert WRITES[kind](rest).status_code in (200, 201)


def test_a_danger_sign_on_the_fhir_server_is_told_once(
    rest: Rest, clock: Clock, logged: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = PortalServer(clock)
    puller = puller_of(rest, server)
    server.write(of("p1", id="123"))
    puller.notices.save_notices(["123"], clock())
    monkeypatch.setattr(assess, "evaluate_selection", failing)
    for _ in range(3):
        fetch_noticed(puller)
        clock.forward(hours=2)
    (refused,) = DatabaseRefusals(rest.database).list_refusals()
    assert (refused.status, refused.subject, refused.has_sign) == (500, "Patient/p1", True)
    assert len(logged.of("safety_answer_refused")) == 1
    assert SECRET not in logged.stream.getvalue()
    monkeypatch.undo()
    fetch_noticed(puller)
    assert rest.get("QuestionnaireResponse/123").status_code == 200
