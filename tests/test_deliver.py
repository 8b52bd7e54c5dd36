"""Delivery: what waiting can cure is tried again, what it cannot is set aside, and a Task is never sent twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from service.deliver import PATIENCE, deliver_next
from service.fhir.reading import Resource
from service.fhir.records import Answer, Entry, There
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
    held: dict[str, Resource] = field(default_factory=dict)

    def transact(self, bundle: Resource) -> Answer:
        self.sent.append(bundle)
        return self.answer

    def holds(self, reference: str) -> bool:
        return reference in self.there

    def read(self, reference: str) -> Resource | None:
        return self.held.get(reference)


@dataclass
class FakeOutbox:
    """One entry, and what became of it."""

    entry: Entry | None
    outcome: tuple[str, Any, Any] | None = None
    bundle: Resource | None = None
    there: Mapping[str, There] | None = None

    def lease(self, now: datetime, until: datetime) -> Entry | None:
        return self.entry

    def delivered(self, entry: Entry, now: datetime, there: Mapping[str, There]) -> None:
        self.outcome, self.there = ("delivered", now, None), there

    def wait(
        self,
        entry: Entry,
        due: datetime,
        reason: str,
        bundle: Resource | None = None,
        there: Mapping[str, There] | None = None,
    ) -> None:
        self.outcome, self.bundle, self.there = ("wait", due, reason), bundle, there

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


OBSERVATION, TASK = "Observation/o-1", "Task/t-1"


def later(ours: int = 2, **there: There) -> Entry:
    """A later version of the Observation and the Task; ``there`` is what the server holds of them."""
    urls = {"observation": OBSERVATION, "task": TASK}
    held = {urls[name]: one for name, one in there.items()}
    return replace(entry_of(), versions={OBSERVATION: ours, TASK: ours}, there=held)


def conditions(server: FakeServer) -> dict[str, str | None]:
    return {part["request"]["url"]: part["request"].get("ifMatch") for part in server.sent[0]["entry"]}


class TestLaterVersions:
    def test_they_replace_the_version_that_the_server_was_left_with(self) -> None:
        entry = later(observation=There(1, "7"), task=There(1, "3"))
        outbox, server = deliver(done("200", "200"), entry)
        assert conditions(server) == {OBSERVATION: 'W/"7"', TASK: 'W/"3"'}
        assert kind(outbox) == "delivered"

    def test_what_the_server_calls_them_is_kept(self) -> None:
        entries = [
            {"response": {"status": "200 OK", "etag": 'W/"8"'}},
            {"response": {"status": "200 OK", "location": "Task/t-1/_history/4"}},
        ]
        answer = Answer(200, bundle={"resourceType": "Bundle", "entry": entries})
        outbox, _ = deliver(answer, later(observation=There(1, "7"), task=There(1, "3")))
        assert outbox.there == {OBSERVATION: There(2, "8"), TASK: There(2, "4")}

    def test_without_a_known_version_there_is_no_condition_and_no_task_is_cancelled(self) -> None:
        _, server = deliver(done("201"), later())
        assert conditions(server) == {OBSERVATION: None}

    def test_what_the_server_has_in_a_newer_version_is_not_sent_again(self) -> None:
        outbox, server = deliver(done(), later(1, observation=There(2, "8"), task=There(2, "4")))
        assert (server.sent, kind(outbox)) == ([], "delivered")

    def test_a_resend_of_the_same_version_hangs_on_it_and_leaves_the_task_out(self) -> None:
        _, server = deliver(done("200"), later(1, observation=There(1, "7"), task=There(1, "3")))
        assert conditions(server) == {OBSERVATION: 'W/"7"'}


@pytest.mark.parametrize("status", [409, 412])
class TestStaleConditions:
    def test_what_somebody_else_changed_is_for_a_person(self, status: int) -> None:
        outbox, _ = self.conflict(status, {OBSERVATION: {"id": "o-1", "meta": {"versionId": "9"}, "status": "final"}})
        assert kind(outbox) == "park"
        assert outbox.outcome is not None
        assert outbox.outcome[2] == "1 resources were changed on the FHIR server by somebody else"

    def test_what_is_equal_is_done_and_the_rest_tried_at_once(self, status: int) -> None:
        sent = later().bundle["entry"][0]["resource"]
        outbox, _ = self.conflict(status, {OBSERVATION: {**sent, "meta": {"versionId": "9"}}})
        assert outbox.outcome is not None
        assert outbox.outcome[:2] == ("wait", NOW)
        assert outbox.there == {OBSERVATION: There(2, "9")}

    def test_a_task_that_a_person_began_is_left_to_them(self, status: int) -> None:
        begun = {"resourceType": "Task", "id": "t-1", "meta": {"versionId": "4"}, "status": "in-progress"}
        outbox, _ = self.conflict(status, {TASK: begun})
        assert kind(outbox) == "wait"
        assert outbox.bundle is not None
        assert [part["request"] for part in outbox.bundle["entry"]] == [{"method": "PUT", "url": OBSERVATION}]

    def test_without_anything_changed_it_waits(self, status: int) -> None:
        outbox, _ = self.conflict(status, {OBSERVATION: {"meta": {"versionId": "7"}}})
        assert outbox.outcome is not None
        assert outbox.outcome[:2] == ("wait", NOW + timedelta(seconds=1))

    def conflict(self, status: int, held: dict[str, Resource]) -> tuple[FakeOutbox, FakeServer]:
        outbox = FakeOutbox(later(observation=There(1, "7"), task=There(1, "3")))
        server = FakeServer(Answer(status), held=held)
        assert deliver_next(outbox, server, lambda: NOW, lambda: 1.0)
        return outbox, server
