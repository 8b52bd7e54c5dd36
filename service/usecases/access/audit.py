"""The AuditEvents of one request: of what it wrote, with the transaction that wrote it; of all else, at its end."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from service.fhir import audit_event as event
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.types import Resource, StoredResource
from service.fhir.search.query import ResultPage, SearchQuery
from service.ports.access.audit import Access, Actor, Written
from service.ports.resources import ResourceReader, VersionQuery


@dataclass
class RequestAudit:
    """What one request did, as far as it is known: a `WriteAudit`.

    ``access`` is the request itself; its status, patient and reference are those of its end. ``written`` is what it
    wrote, of which the last ``unsure`` ones are not committed yet, ``seen`` are the patients whose data it read,
    ``refused`` are the entries of a batch that wrote nothing: interaction and status of each.
    """

    access: Callable[[], Access]
    new_id: Callable[[], str]
    written: list[Written] = field(default_factory=list)
    unsure: int = 0
    seen: dict[str, None] = field(default_factory=dict)
    refused: list[tuple[str, int]] = field(default_factory=list)

    def events_of(self, written: Sequence[Written]) -> list[Resource]:
        """The AuditEvents of these writes, for the transaction that wrote them."""
        self.written.extend(written)
        self.unsure += len(written)
        is_patch = self.access().interaction == "patch"
        return [
            self.event_of(
                interaction="patch" if is_patch else each.interaction,
                status=201 if each.interaction == "create" else 200,
                patient=each.patient,
                reference=each.reference,
            )
            for each in written
        ]

    def settle(self, is_committed: bool) -> None:
        """Says whether the transaction of the latest writes was committed, or undone."""
        if not is_committed and self.unsure:
            del self.written[-self.unsure :]
        self.unsure = 0

    def events_at_end(
        self, status: int, patient: str | None, reference: str | None, query: str | None
    ) -> list[Resource]:
        """The AuditEvents of what is not in the trail yet: one for each patient seen, one for each refused entry."""
        events = self.take_refused()
        if status < 400 and self.written:
            return events
        patients = list(self.seen) if status < 400 and self.seen else [patient]
        return [
            *(self.event_of(status=status, patient=each, reference=reference, query=query) for each in patients),
            *events,
        ]

    def take_refused(self) -> list[Resource]:
        """The AuditEvents of the refused entries of a batch, which are not in the trail yet; a second time none."""
        events = [self.event_of(interaction=interaction, status=code) for interaction, code in self.refused]
        self.refused.clear()
        return events

    def event_of(self, **changes: Any) -> Resource:
        """An AuditEvent of this request with these differences."""
        return access_event(replace(self.access(), **changes), self.new_id())


@dataclass(frozen=True)
class FormAudit:
    """The AuditEvents of what patients send by the form: a `WriteAudit`. ``server`` is our base address."""

    now: Callable[[], datetime]
    new_id: Callable[[], str]
    server: str

    def events_of(self, written: Sequence[Written]) -> list[Resource]:
        """The AuditEvents of these writes."""
        request, actor = self.new_id(), Actor("unknown", self.server, "patient-form")
        return [
            access_event(
                Access(self.now(), request, each.interaction, 200, actor, self.server, each.patient, each.reference),
                f"{request}.{number}",
            )
            for number, each in enumerate(written, 1)
        ]

    def settle(self, is_committed: bool) -> None:
        """Nothing: an event is written with the transaction, or not at all."""


@dataclass(frozen=True)
class NotedReader:
    """A `ResourceReader` that notes the patients of what is read."""

    reader: ResourceReader
    seen: dict[str, None]

    def read(self, type_name: str, id: str, version: int | None = None) -> StoredResource | None:
        """This version of a resource, or the current version; None if there is none."""
        found = self.reader.read(type_name, id, version)
        self.note([] if found is None else [found])
        return found

    def read_versions(self, query: VersionQuery) -> ResultPage | None:
        """One page of the versions of a resource; None if there is no such resource."""
        page = self.reader.read_versions(query)
        self.note([] if page is None else page.found)
        return page

    def search(self, query: SearchQuery) -> ResultPage:
        """One page of the resources that match a query."""
        page = self.reader.search(query)
        self.note(page.found)
        return page

    def note(self, found: Iterable[StoredResource]) -> None:
        """Notes the patients of resources. A Provenance names none: what it is about does."""
        for each in found:
            subject = each.resource.get("subject") or each.resource.get("for")
            if isinstance(subject, dict) and str(subject.get("reference", "")).startswith("Patient/"):
                self.seen[subject["reference"]] = None


def access_event(access: Access, id: str) -> Resource:
    """The AuditEvent of one access."""
    entities = [event.request_entity(access.request)]
    if access.patient is not None:
        entities.append(event.patient_entity(access.patient))
    if access.query is not None:
        entities.append(event.query_entity(access.query))
    elif access.reference is not None:
        entities.append(event.data_entity(access.reference))
    has_object = access.query is not None or access.reference is not None
    profile = event.pattern_of(access.interaction, access.status, access.patient is not None, has_object)
    return event.audit_event(
        id, format_instant(access.at), access.interaction, access.status, agents_of(access), entities, profile
    )


def agents_of(access: Access) -> list[Resource]:
    """The client, this service, and the user if the client asked for one."""
    actor, what = access.actor, access.interaction
    user = user_of_actor(actor)
    client = event.client_agent(what, actor.address, actor.issuer, actor.client, is_requestor=user is None)
    users = [] if user is None else [event.user_agent(what, user)]
    return [client, event.server_agent(what, access.server), *users]


def user_of_actor(actor: Actor) -> Resource | None:
    """Whoever uses the client: a reference, or the subject of the token; None if the client asks for itself."""
    if actor.user is not None:
        return {"reference": actor.user}
    if actor.subject in (None, actor.client):
        return None
    return event.identified(actor.issuer, str(actor.subject))
