"""The CapabilityStatement of the FHIR server: what it tells counts, and what it does not tell is possible."""

from typing import Any

import pytest

from service.adapters.fhir_server.capabilities import KNOWN_SECONDS, UNKNOWN_SECONDS, KnownCapabilities, read_statement
from service.adapters.fhir_server.client import HttpFhirServer
from service.fhir.r4.types import Resource
from service.ports.fhir_server import Capabilities, ServerResponse
from tests.support.other_systems.misbehaving import MisbehavingServer, misbehaving


def statement(*resources: Resource, codes: tuple[str, ...] = ("transaction",)) -> Resource:
    rest = {"mode": "server", "interaction": [{"code": code} for code in codes], "resource": list(resources)}
    return {"resourceType": "CapabilityStatement", "rest": [rest]}


def resource(name: str, *codes: str, **elements: Any) -> Resource:
    return {"type": name, "interaction": [{"code": code} for code in codes], **elements}


def test_types_that_can_be_written() -> None:
    read = read_statement(
        statement(resource("Observation", "read", "update"), resource("Task", "create"), resource("Patient", "read"))
    )
    assert read.types == frozenset({"Observation", "Task"})
    assert (read.has("Task"), read.has("Patient"), read.has("ClinicalImpression")) == (True, False, False)


@pytest.mark.parametrize(("codes", "expected"), [(("transaction",), True), (("batch",), False), ((), False)])
def test_transactions(codes: tuple[str, ...], expected: bool) -> None:
    assert read_statement(statement(resource("Task", "update"), codes=codes)).transaction is expected


def test_hapi_says_nothing_of_update_create_and_creates_all_the_same() -> None:
    told = read_statement(statement(resource("Task", "update"), resource("Observation", "update", updateCreate=False)))
    assert told.without_update_create == {"Observation"}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"resourceType": "OperationOutcome", "rest": [{}]},
        {"resourceType": "CapabilityStatement"},
        {"resourceType": "CapabilityStatement", "rest": "x"},
        {"resourceType": "CapabilityStatement", "rest": [{"mode": "client"}]},
    ],
)
def test_a_statement_that_says_nothing_of_a_server_forbids_nothing(answer: Resource) -> None:
    assert read_statement(answer) == Capabilities()


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, [1], [{"type": 1}], [{"type": {}, "interaction": 3}]])
def test_anything_is_read(value: Any) -> None:
    assert read_statement({"resourceType": "CapabilityStatement", "rest": [{"resource": value}]}).types is None


class TestAsking:
    def test_it_is_asked_once_an_hour(self) -> None:
        asked, moment = [], [0.0]

        def ask() -> ServerResponse:
            asked.append(1)
            return ServerResponse(200, bundle=statement(resource("Task", "update"), codes=()))

        known = KnownCapabilities(ask, lambda: moment[0])
        assert [known.read().transaction for _ in range(3)] == [False] * 3
        assert len(asked) == 1
        moment[0] += KNOWN_SECONDS
        known.read()
        assert len(asked) == 2

    def test_a_failure_leaves_what_was_known_and_is_repeated_after_a_minute(self) -> None:
        answers = [ServerResponse(200, bundle=statement(codes=())), ServerResponse(503), ServerResponse(None, "gone")]
        moment = [0.0]
        known = KnownCapabilities(lambda: answers.pop(0), lambda: moment[0])
        known.read()
        for span in (KNOWN_SECONDS, UNKNOWN_SECONDS):
            moment[0] += span
            assert known.read().transaction is False
        assert answers == []

    def test_over_http(self) -> None:
        with misbehaving(MisbehavingServer(statement=statement(resource("Task", "update"), codes=()))) as server:
            assert HttpFhirServer(server.base).capabilities() == Capabilities(False, frozenset({"Task"}))
        with misbehaving() as server:
            assert HttpFhirServer(server.base).capabilities() == Capabilities()
