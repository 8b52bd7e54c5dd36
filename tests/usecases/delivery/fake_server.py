"""A FHIR server and an outbox that answer as a test says, and entries to deliver."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from service.fhir.r4.types import Resource
from service.fhir.results.bundle import as_transaction
from service.ports.fhir_server import Capabilities, LookUp, ServerResponse
from service.ports.outbox import OutboxEntry, ServerVersion
from service.usecases.delivery.deliver import deliver_next
from tests.support.building import NOW

PATIENT = "Patient/p"


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


def later(ours: int = 2, **there: ServerVersion) -> OutboxEntry:
    """A later version of the Observation and the Task; ``there`` is what the server holds of them."""
    urls = {"observation": OBSERVATION, "task": TASK}
    held = {urls[name]: one for name, one in there.items()}
    return replace(entry_of(), versions={OBSERVATION: ours, TASK: ours}, server_versions=held)
