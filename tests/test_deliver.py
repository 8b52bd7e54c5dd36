"""Delivery: what waiting can cure is tried again, what it cannot is set aside, and a Task is never sent twice."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from service.deliver import PATIENCE, deliver_next
from service.fhir.reading import Resource
from service.fhir.records import Answer, Entry
from service.fhir.writing import transaction
from tests.building import NOW

PATIENT = "Patient/p"


def entry_of(*references: str, attempts: int = 0, created: datetime = NOW) -> Entry:
    """An entry with an Observation and a Task that refer to these."""
    others = [{"reference": reference} for reference in references]
    observation = {"resourceType": "Observation", "id": "o-1", "subject": {"reference": PATIENT}, "derivedFrom": others}
    task = {"resourceType": "Task", "id": "t-1", "focus": {"reference": "Observation/o-1"}}
    return Entry(1, PATIENT, transaction([observation, task]), attempts, created)


@dataclass
class FakeServer:
    """Answers as told; holds what it is told to hold."""

    answer: Answer
    there: set[str] = field(default_factory=lambda: {PATIENT})
    base: str = "http://fhir.example/base"
    sent: list[Resource] = field(default_factory=list)

    def transact(self, bundle: Resource) -> Answer:
        self.sent.append(bundle)
        return self.answer

    def holds(self, reference: str) -> bool:
        return reference in self.there


@dataclass
class FakeOutbox:
    """One entry, and what became of it."""

    entry: Entry | None
    outcome: tuple[str, Any, Any] | None = None
    bundle: Resource | None = None

    def lease(self, now: datetime, until: datetime) -> Entry | None:
        return self.entry

    def delivered(self, entry: Entry, now: datetime) -> None:
        self.outcome = ("delivered", now, None)

    def wait(self, entry: Entry, due: datetime, reason: str, bundle: Resource | None = None) -> None:
        self.outcome, self.bundle = ("wait", due, reason), bundle

    def park(self, entry: Entry, now: datetime, reason: str) -> None:
        self.outcome = ("park", now, reason)


def deliver(answer: Answer, entry: Entry | None = None, there: set[str] | None = None) -> tuple[FakeOutbox, FakeServer]:
    outbox = FakeOutbox(entry or entry_of())
    server = FakeServer(answer, {PATIENT} if there is None else there)
    assert deliver_next(outbox, server, lambda: NOW, lambda: 1.0)
    return outbox, server


def done(*statuses: str) -> Answer:
    entries = [{"response": {"status": status}} for status in statuses]
    return Answer(200, bundle={"resourceType": "Bundle", "type": "transaction-response", "entry": entries})


def kind(outbox: FakeOutbox) -> str:
    assert outbox.outcome is not None
    return outbox.outcome[0]


def test_nothing_due_is_nothing_done() -> None:
    assert not deliver_next(FakeOutbox(None), FakeServer(Answer(200)), lambda: NOW)


def test_every_entry_written_is_delivered() -> None:
    outbox, server = deliver(done("201 Created", "200 OK"))
    assert kind(outbox) == "delivered"
    assert server.sent[0]["entry"][0]["fullUrl"] == "http://fhir.example/base/Observation/o-1"


EMPTY = Answer(200, bundle={"resourceType": "Bundle"})


@pytest.mark.parametrize("answer", [Answer(200), EMPTY, done("201 Created", "500"), Answer(202), Answer(302)])
def test_a_success_that_does_not_say_what_was_written_is_tried_again(answer: Answer) -> None:
    assert kind(deliver(answer)[0]) == "wait"


@pytest.mark.parametrize("status", [None, 401, 403, 408, 425, 429, 500, 502, 503, 504, 409, 412])
def test_what_waiting_can_cure_waits(status: int | None) -> None:
    assert kind(deliver(Answer(status, "x"))[0]) == "wait"


@pytest.mark.parametrize("status", [400, 404, 405, 410, 413, 415, 422, 501])
def test_what_waiting_cannot_cure_is_parked_with_its_reason(status: int) -> None:
    outbox, _ = deliver(Answer(status, "invalid"))
    assert outbox.outcome is not None
    assert outbox.outcome[0] == "park"
    assert str(status) in outbox.outcome[2]


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 1), (1, 2), (3, 8), (6, 60), (40, 60)])
def test_the_wait_doubles_up_to_a_minute(attempts: int, seconds: int) -> None:
    outbox, _ = deliver(Answer(503), entry_of(attempts=attempts))
    assert outbox.outcome is not None
    assert outbox.outcome[1] == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(("asked", "given"), [(90, 90), (900_000, 15 * 60), (-90, 0)])
def test_the_server_may_ask_for_a_wait_within_reason(asked: int, given: int) -> None:
    outbox, _ = deliver(Answer(503, retry_after=timedelta(seconds=asked)))
    assert outbox.outcome is not None
    assert outbox.outcome[1] == NOW + timedelta(seconds=given)


class TestMissingReferences:
    def test_a_patient_that_is_not_there_yet_is_waited_for(self) -> None:
        outbox, _ = deliver(Answer(400, "not-found"), there=set())
        assert outbox.outcome is not None
        assert outbox.outcome[0] == "wait"
        assert "Patient" in outbox.outcome[2]

    def test_not_for_ever(self) -> None:
        old = entry_of(created=NOW - PATIENCE - timedelta(seconds=1), attempts=99)
        assert kind(deliver(Answer(400), old, there=set())[0]) == "park"

    def test_another_reference_that_is_not_there_is_made_logical_and_tried_at_once(self) -> None:
        outbox, _ = deliver(Answer(400), entry_of("Practitioner/a", "ClinicalImpression/i-1"))
        assert outbox.outcome is not None
        assert outbox.outcome[:2] == ("wait", NOW)
        assert outbox.bundle is not None
        first, second = outbox.bundle["entry"][0]["resource"]["derivedFrom"]
        assert first["type"] == "Practitioner"
        assert first["display"] == "Practitioner/a"
        assert second["identifier"] == {"system": "https://w3id.org/sural/id", "value": "i-1"}
        assert not {"reference"} & (first.keys() | second.keys())
        assert outbox.bundle["entry"][0]["resource"]["subject"] == {"reference": PATIENT}

    def test_references_within_the_bundle_are_not_asked_for(self) -> None:
        outbox, _ = deliver(Answer(400), entry_of("Task/t-1"))
        assert kind(outbox) == "park"


class TestTasks:
    def test_the_first_time_a_task_is_sent_without_asking(self) -> None:
        _, server = deliver(done("201", "201"), there={PATIENT, "Task/t-1"})
        assert len(server.sent[0]["entry"]) == 2

    def test_after_an_unknown_outcome_a_task_that_is_there_is_left_out(self) -> None:
        _, server = deliver(done("201"), entry_of(attempts=1), there={PATIENT, "Task/t-1"})
        assert [e["request"]["url"] for e in server.sent[0]["entry"]] == ["Observation/o-1"]

    def test_one_that_is_not_there_is_sent(self) -> None:
        _, server = deliver(done("201", "201"), entry_of(attempts=1))
        assert len(server.sent[0]["entry"]) == 2
