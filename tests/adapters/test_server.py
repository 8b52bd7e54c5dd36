"""The FHIR server at the other end: nothing that it answers is trusted, followed or kept."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
import responses

from service.adapters import server as module
from service.adapters.server import HttpFhirServer, retry_after

BASE = "http://fhir.example/base"
BUNDLE = {"resourceType": "Bundle", "type": "transaction", "entry": []}


@pytest.fixture
def server() -> HttpFhirServer:
    return HttpFhirServer(BASE + "/")


@responses.activate
def test_a_transaction_is_sent_as_fhir_json_and_its_answer_read(server: HttpFhirServer) -> None:
    responses.post(BASE, json={"resourceType": "Bundle"}, status=200)
    answer = server.transact(BUNDLE)
    assert (answer.status, answer.bundle) == (200, {"resourceType": "Bundle"})
    assert responses.calls[0].request.headers["Content-Type"] == "application/fhir+json"
    assert json.loads(responses.calls[0].request.body or b"") == BUNDLE


@responses.activate
@pytest.mark.parametrize("failure", [requests.ConnectionError, requests.Timeout, requests.exceptions.SSLError])
def test_no_answer_is_an_unknown_outcome(server: HttpFhirServer, failure: type[Exception]) -> None:
    responses.post(BASE, body=failure("x"))
    answer = server.transact(BUNDLE)
    assert answer.status is None
    assert answer.problem


@responses.activate
def test_a_redirect_is_not_followed(server: HttpFhirServer) -> None:
    responses.post(BASE, status=307, headers={"Location": "http://elsewhere.example/"})
    assert server.transact(BUNDLE).status == 307
    assert len(responses.calls) == 1


@responses.activate
@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b'{"a":', b"\xff", b"[" * 100_000])
def test_an_answer_that_is_no_json_object_has_no_bundle(server: HttpFhirServer, body: bytes) -> None:
    responses.post(BASE, body=body, status=200)
    assert server.transact(BUNDLE).bundle is None


@responses.activate
def test_an_endless_answer_is_cut_off(server: HttpFhirServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ANSWER", 10)
    responses.post(BASE, body=b"x" * 100_000, status=200)
    assert server.transact(BUNDLE).status is None


@responses.activate
def test_of_an_outcome_only_the_codes_are_kept(server: HttpFhirServer) -> None:
    issue = {"severity": "error", "code": "not-found", "diagnostics": "Patient/secret Jane Doe"}
    odd = {"severity": "error", "code": "Jane Doe 1"}
    responses.post(BASE, json={"resourceType": "OperationOutcome", "issue": [issue, odd, 3]}, status=400)
    assert server.transact(BUNDLE).problem == "not-found"


@responses.activate
@pytest.mark.parametrize(("status", "there"), [(200, True), (404, False), (410, False), (401, None), (500, None)])
def test_a_resource_is_there_or_not_or_the_server_does_not_say(
    server: HttpFhirServer, status: int, there: bool | None
) -> None:
    responses.get(f"{BASE}/Patient/p", status=status)
    assert server.holds("Patient/p") is there


def test_what_lives_on_another_server_is_not_there_and_not_asked_for(server: HttpFhirServer) -> None:
    assert server.holds("http://elsewhere.example/Patient/p") is False
    assert server.holds("urn:uuid:1") is False


def test_retry_after_is_read_in_seconds_or_as_a_date() -> None:
    assert retry_after("120") == timedelta(seconds=120)
    assert retry_after("99999999999") == timedelta(days=1)
    assert retry_after("soon") is None
    assert retry_after(None) is None
    later = retry_after(format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True))
    assert later is not None
    assert timedelta(seconds=100) < later < timedelta(seconds=125)
