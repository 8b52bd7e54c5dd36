"""Delivery: an entry is sent again if waiting can help, parked if not, and a Task is never sent twice."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.fhir.r4.types import Resource
from service.fhir.results.bundle import as_transaction
from service.ports.fhir_server import Capabilities, LookUp, ServerResponse
from service.ports.outbox import OutboxEntry, ServerVersion
from service.usecases.delivery.deliver import MAX_FAILURES, deliver_next
from service.usecases.delivery.delivery import PATIENCE
from tests.support.building import NOW

PATIENT = "Patient/p"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.sampled_from(["201 Created", "Task/t-1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["response", "status", "location", "etag", "entry"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def entry_of(*references: str, attempts: int = 0, created: datetime = NOW) -> OutboxEntry:
    """An entry with an Observation and a Task that refer to these."""
    others = [{"reference": reference} for reference in references]
    observation = {"resourceType": "Observation", "id": "o-1", "subject": {"reference": PATIENT}, "derivedFrom": others}
    task = {"resourceType": "Task", "id": "t-1", "focus": {"reference": "Observation/o-1"}}
    return OutboxEntry(1, PATIENT, as_transaction([observation, task]), attempts, created)


@dataclass
class FakeServer:
    """Answers as told; holds what it is told to hold."""

    answer: ServerResponse
    there: set[str] = field(default_factory=lambda: {PATIENT})
    base: str = "http://fhir.example/base"
    sent: list[Resource] = field(default_factory=list)
    held: dict[str, Resource] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    failure: ServerResponse | None = None
    stores: bool = True
    can: Capabilities = field(default_factory=Capabilities)
    answers: dict[str, ServerResponse] = field(default_factory=dict)
    updated: list[tuple[str, str | None]] = field(default_factory=list)

    def capabilities(self) -> Capabilities:
        return self.can

    def update(self, resource: Resource, if_match: str | None = None) -> ServerResponse:
        address = f"{resource['resourceType']}/{resource['id']}"
        self.updated.append((address, if_match))
        answer = self.answers.get(address, ServerResponse(201, version="1"))
        if answer.status in (200, 201):
            self.held[address] = resource
        return answer

    def transact(self, bundle: Resource) -> ServerResponse:
        self.sent.append(bundle)
        return self.answer

    def look_up(self, addresses: Collection[str], whole: bool = False) -> LookUp:
        self.asked.append(list(addresses))
        if self.failure is not None:
            return LookUp(failure=self.failure)
        held = {**{address: {} for address in self.there}, **self.held}
        if not whole and self.stores:
            held = {**held, **{entry["request"]["url"]: {} for bundle in self.sent for entry in bundle["entry"]}}
        found = {address: held[address] for address in addresses if address in held}
        return LookUp(found, frozenset(addresses) - found.keys())


@dataclass
class FakeOutbox:
    """One entry, and what became of it."""

    entry: OutboxEntry | None
    outcome: tuple[str, Any, Any] | None = None
    bundle: Resource | None = None
    server_versions: Mapping[str, ServerVersion] | None = None

    def lease(self, now: datetime, until: datetime) -> OutboxEntry | None:
        return self.entry

    def mark_delivered(self, entry: OutboxEntry, now: datetime, server_versions: Mapping[str, ServerVersion]) -> None:
        self.outcome, self.server_versions = ("delivered", now, None), server_versions

    def postpone(
        self,
        entry: OutboxEntry,
        due: datetime,
        reason: str,
        bundle: Resource | None = None,
        server_versions: Mapping[str, ServerVersion] | None = None,
    ) -> None:
        self.outcome, self.bundle, self.server_versions = ("wait", due, reason), bundle, server_versions

    def park(self, entry: OutboxEntry, now: datetime, reason: str) -> None:
        self.outcome = ("park", now, reason)

    def end_pause(self) -> int:
        return 0

    def record_failure(self, entry: OutboxEntry, due: datetime, reason: str) -> None:
        self.outcome = ("failure", due, reason)

    def degrade(self, entry: OutboxEntry, reason: str, bundle: Resource, versions: Mapping[str, int]) -> OutboxEntry:
        return replace(entry, degraded=reason, bundle=bundle, versions=versions)


def deliver(
    answer: ServerResponse, entry: OutboxEntry | None = None, there: set[str] | None = None
) -> tuple[FakeOutbox, FakeServer]:
    outbox = FakeOutbox(entry or entry_of())
    server = FakeServer(answer, {PATIENT} if there is None else there)
    assert deliver_next(outbox, server, lambda: NOW, lambda: 1.0)
    return outbox, server


OBSERVATION, TASK = "Observation/o-1", "Task/t-1"


def done(*statuses: str) -> ServerResponse:
    """The confirmation of the Observation, and of the Task if there is a second status."""
    entries = [
        {"response": {"status": status, "location": f"{url}/_history/1"}}
        for status, url in zip(statuses, (OBSERVATION, TASK), strict=False)
    ]
    return ServerResponse(200, bundle={"resourceType": "Bundle", "type": "transaction-response", "entry": entries})


def kind(outbox: FakeOutbox) -> str:
    assert outbox.outcome is not None
    return outbox.outcome[0]


def test_nothing_due_is_nothing_done() -> None:
    assert not deliver_next(FakeOutbox(None), FakeServer(ServerResponse(200)), lambda: NOW)


def test_every_entry_written_is_delivered() -> None:
    outbox, server = deliver(done("201 Created", "200 OK"))
    assert kind(outbox) == "delivered"
    assert server.sent[0]["entry"][0]["fullUrl"] == "http://fhir.example/base/Observation/o-1"


EMPTY = ServerResponse(200, bundle={"resourceType": "Bundle"})


@pytest.mark.parametrize(
    "answer", [ServerResponse(200), EMPTY, done("201 Created", "500"), ServerResponse(202), ServerResponse(302)]
)
def test_a_success_that_does_not_say_what_was_written_is_tried_again(answer: ServerResponse) -> None:
    assert kind(deliver(answer)[0]) == "wait"


@pytest.mark.parametrize("status", [None, 401, 403, 408, 425, 429, 500, 502, 503, 504, 409, 412])
def test_what_waiting_can_cure_waits(status: int | None) -> None:
    assert kind(deliver(ServerResponse(status, "x"))[0]) == "wait"


@pytest.mark.parametrize("status", [400, 404, 405, 410, 413, 415, 422, 501])
def test_what_waiting_cannot_cure_is_parked_with_its_reason(status: int) -> None:
    outbox, _ = deliver(ServerResponse(status, "invalid"))
    assert outbox.outcome is not None
    assert outbox.outcome[0] == "park"
    assert str(status) in outbox.outcome[2]


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 1), (1, 2), (3, 8), (6, 60), (40, 60)])
def test_the_wait_doubles_up_to_a_minute(attempts: int, seconds: int) -> None:
    outbox, _ = deliver(ServerResponse(503), entry_of(attempts=attempts))
    assert outbox.outcome is not None
    assert outbox.outcome[1] == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(("asked", "given"), [(90, 90), (900_000, 15 * 60), (-90, 0)])
def test_the_server_may_ask_for_a_wait_within_reason(asked: int, given: int) -> None:
    outbox, _ = deliver(ServerResponse(503, retry_after=timedelta(seconds=asked)))
    assert outbox.outcome is not None
    assert outbox.outcome[1] == NOW + timedelta(seconds=given)


class TestMissingReferences:
    def test_a_patient_that_is_not_there_yet_is_waited_for(self) -> None:
        outbox, _ = deliver(ServerResponse(400, "not-found"), there=set())
        assert outbox.outcome is not None
        assert outbox.outcome[0] == "wait"
        assert "Patient" in outbox.outcome[2]

    def test_not_for_ever(self) -> None:
        old = entry_of(created=NOW - PATIENCE - timedelta(seconds=1), attempts=99)
        assert kind(deliver(ServerResponse(400), old, there=set())[0]) == "park"

    def test_another_reference_that_is_not_there_is_made_logical_and_tried_at_once(self) -> None:
        outbox, _ = deliver(ServerResponse(400), entry_of("Practitioner/a", "ClinicalImpression/i-1"))
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
        outbox, _ = deliver(ServerResponse(400), entry_of("Task/t-1"))
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


def later(ours: int = 2, **there: ServerVersion) -> OutboxEntry:
    """A later version of the Observation and the Task; ``there`` is what the server holds of them."""
    urls = {"observation": OBSERVATION, "task": TASK}
    held = {urls[name]: one for name, one in there.items()}
    return replace(entry_of(), versions={OBSERVATION: ours, TASK: ours}, server_versions=held)


def conditions(server: FakeServer) -> dict[str, str | None]:
    return {part["request"]["url"]: part["request"].get("ifMatch") for part in server.sent[0]["entry"]}


class TestLaterVersions:
    def test_they_replace_the_version_that_the_server_was_left_with(self) -> None:
        entry = later(observation=ServerVersion(1, "7"), task=ServerVersion(1, "3"))
        outbox, server = deliver(done("200", "200"), entry)
        assert conditions(server) == {OBSERVATION: 'W/"7"', TASK: 'W/"3"'}
        assert kind(outbox) == "delivered"

    def test_what_the_server_calls_them_is_kept(self) -> None:
        entries = [
            {"response": {"status": "200 OK", "location": OBSERVATION, "etag": 'W/"8"'}},
            {"response": {"status": "200 OK", "location": "Task/t-1/_history/4"}},
        ]
        confirmed = {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}
        answer = ServerResponse(200, bundle=confirmed)
        outbox, _ = deliver(answer, later(observation=ServerVersion(1, "7"), task=ServerVersion(1, "3")))
        assert outbox.server_versions == {OBSERVATION: ServerVersion(2, "8"), TASK: ServerVersion(2, "4")}

    def test_without_a_known_version_there_is_no_condition_and_no_task_is_cancelled(self) -> None:
        _, server = deliver(done("201"), later())
        assert conditions(server) == {OBSERVATION: None}

    def test_what_the_server_has_in_a_newer_version_is_not_sent_again(self) -> None:
        outbox, server = deliver(done(), later(1, observation=ServerVersion(2, "8"), task=ServerVersion(2, "4")))
        assert (server.sent, kind(outbox)) == ([], "delivered")

    def test_a_resend_of_the_same_version_hangs_on_it_and_leaves_the_task_out(self) -> None:
        _, server = deliver(done("200"), later(1, observation=ServerVersion(1, "7"), task=ServerVersion(1, "3")))
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
        assert outbox.server_versions == {OBSERVATION: ServerVersion(2, "9")}

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
        outbox = FakeOutbox(later(observation=ServerVersion(1, "7"), task=ServerVersion(1, "3")))
        server = FakeServer(ServerResponse(status), held=held)
        assert deliver_next(outbox, server, lambda: NOW, lambda: 1.0)
        return outbox, server


class TestReadBack:
    def test_what_was_confirmed_and_is_not_there_is_sent_again(self) -> None:
        outbox = FakeOutbox(entry_of())
        server = FakeServer(done("201", "201"), stores=False)
        assert deliver_next(outbox, server, lambda: NOW, lambda: 1.0)
        assert outbox.outcome is not None
        assert outbox.outcome[0] == "wait"
        assert "confirmed 2 resources" in outbox.outcome[2]

    @pytest.mark.parametrize(("number", "every", "asked"), [(20, 20, 1), (21, 20, 0), (7, 1, 1), (20, 0, 0)])
    def test_of_entries_without_a_task_a_sample_is_read_back(self, number: int, every: int, asked: int) -> None:
        server = FakeServer(done("201"))
        assert deliver_next(FakeOutbox(without_task(id=number)), server, lambda: NOW, read_back=every)
        assert len(server.asked) == asked

    def test_a_server_that_refuses_to_be_searched_is_believed(self) -> None:
        server = FakeServer(done("201", "201"), failure=ServerResponse(400))
        outbox = FakeOutbox(entry_of())
        assert deliver_next(outbox, server, lambda: NOW)
        assert kind(outbox) == "delivered"

    def test_without_an_answer_the_outcome_is_unknown(self) -> None:
        server = FakeServer(done("201", "201"), failure=ServerResponse(503))
        outbox = FakeOutbox(entry_of())
        assert deliver_next(outbox, server, lambda: NOW)
        assert kind(outbox) == "wait"


def without_task(**changes: Any) -> OutboxEntry:
    entry = entry_of()
    return replace(entry, bundle={**entry.bundle, "entry": entry.bundle["entry"][:1]}, **changes)


class TestSentBefore:
    def test_what_is_there_unchanged_is_not_sent_again(self) -> None:
        entry = entry_of(attempts=1)
        held = {e["request"]["url"]: {**e["resource"], "meta": {"versionId": "3"}} for e in entry.bundle["entry"]}
        outbox, server = FakeOutbox(entry), FakeServer(done(), held=held)
        assert deliver_next(outbox, server, lambda: NOW)
        assert (kind(outbox), server.sent) == ("delivered", [])
        assert outbox.server_versions == {OBSERVATION: ServerVersion(1, "3"), TASK: ServerVersion(1, "3")}

    def test_a_server_that_does_not_tell_gets_nothing(self) -> None:
        outbox, server = FakeOutbox(entry_of(attempts=1)), FakeServer(done(), failure=ServerResponse(None, "slow"))
        assert deliver_next(outbox, server, lambda: NOW)
        assert (kind(outbox), server.sent) == ("wait", [])

    def test_one_that_never_tells_parks_the_entry(self) -> None:
        outbox, server = FakeOutbox(entry_of(attempts=20)), FakeServer(done(), failure=ServerResponse(400))
        assert deliver_next(outbox, server, lambda: NOW)
        assert kind(outbox) == "park"


class TestOwnFailures:
    """A failure of this service is settled too, and ends."""

    @pytest.mark.parametrize(("failures", "outcome"), [(0, "failure"), (3, "failure"), (MAX_FAILURES - 1, "park")])
    def test_it_is_settled_with_its_reason(self, failures: int, outcome: str) -> None:
        outbox = FakeOutbox(replace(entry_of(), failures=failures))
        assert deliver_next(outbox, BrokenServer(done()), lambda: NOW, lambda: 1.0)
        assert outbox.outcome is not None
        assert outbox.outcome[0] == outcome
        assert outbox.outcome[2] == "the delivery failed in this service (ZeroDivisionError)"

    def test_an_entry_that_kills_the_process_is_parked_in_the_end(self) -> None:
        outbox, server = FakeOutbox(replace(entry_of(), failures=MAX_FAILURES)), FakeServer(done("201", "201"))
        assert deliver_next(outbox, server, lambda: NOW)
        assert (kind(outbox), server.sent) == ("park", [])

    @settings(deadline=None)
    @given(st.none() | st.integers(100, 999), JSON, JSON)
    def test_whatever_the_server_returns_the_entry_is_settled(
        self, status: int | None, first: Any, second: Any
    ) -> None:
        for content in (first, {"resourceType": "Bundle", "type": "transaction-response", "entry": [first, second]}):
            answer = ServerResponse(status, bundle=content if isinstance(content, dict) else None)
            outbox, _ = deliver(answer, later(observation=ServerVersion(1, "7"), task=ServerVersion(1, "3")))
            assert kind(outbox) in ("wait", "park")

    @settings(deadline=None)
    @given(JSON, JSON)
    def test_whatever_an_entry_of_the_response_is_nothing_is_raised(self, first: Any, second: Any) -> None:
        response = {"status": first, "location": second, "etag": second}
        confirmed = {"resourceType": "Bundle", "type": "transaction-response", "entry": [{"response": response}] * 2}
        outbox, _ = deliver(ServerResponse(200, bundle=confirmed))
        assert kind(outbox) == "wait"


class BrokenServer(FakeServer):
    def transact(self, bundle: Resource) -> ServerResponse:
        raise ZeroDivisionError


class TestAiming:
    """Only addresses of the form Type/id are looked up, composed from their parts."""

    @pytest.mark.parametrize(
        "reference",
        [
            "ServiceRequest/../../../admin/shutdown?now=1",
            "ServiceRequest/..",
            "ServiceRequest/1?x=y",
            "ServiceRequest/1/_history/2",
            "ServiceRequest/1#x",
            "ServiceRequest/1%2f2",
            "ServiceRequest/1\n",
            "Admin/1",
            "/ServiceRequest/1",
            "http://elsewhere.example/ServiceRequest/1",
            "http://fhir.example/base/../ServiceRequest/1",
            "http://fhir.example/base.evil.example/ServiceRequest/1",
            "urn:uuid:1",
            "file:///etc/passwd",
        ],
    )
    def test_any_other_reference_is_made_logical_without_a_request(self, reference: str) -> None:
        outbox, server = deliver(ServerResponse(400), entry_of(reference))
        assert server.asked == [[PATIENT]]
        assert outbox.bundle is not None
        (logical,) = outbox.bundle["entry"][0]["resource"]["derivedFrom"]
        assert logical["display"] == reference
        assert "reference" not in logical
        assert logical.get("type") in (None, "ServiceRequest")

    def test_a_reference_below_the_base_of_the_server_is_looked_up(self) -> None:
        _, server = deliver(ServerResponse(400), entry_of("http://fhir.example/base/Practitioner/a"))
        assert server.asked == [[PATIENT, "Practitioner/a"]]

    def test_2000_references_are_one_look_up_of_at_most_200(self) -> None:
        outbox, server = deliver(ServerResponse(400), entry_of(*(f"Practitioner/{n}" for n in range(2000))))
        assert [len(asked) for asked in server.asked] == [201]
        assert outbox.bundle is not None
        assert len(outbox.bundle["entry"][0]["resource"]["derivedFrom"]) == 2000

    def test_references_that_are_missing_each_time_are_not_asked_for_without_a_wait(self) -> None:
        outbox = FakeOutbox(replace(entry_of("Practitioner/a"), attempts=8))
        assert deliver_next(outbox, FakeServer(ServerResponse(400), {PATIENT}), lambda: NOW, lambda: 1.0)
        assert outbox.outcome is not None
        assert outbox.outcome[:2] == ("wait", NOW + timedelta(seconds=8))
