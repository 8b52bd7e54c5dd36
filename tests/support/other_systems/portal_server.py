"""A FHIR server in memory to which portals write responses, and what picks them up."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from service.adapters.database.pulling.notices import DatabaseNotices
from service.adapters.database.store import DatabaseStore
from service.database_parts import make_keeper
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.types import Resource
from service.ports.fhir_server import Capabilities, ChangesPage, LookUp, ServerResponse
from service.settings import Settings
from service.usecases.pulling.fetch import Puller
from service.usecases.pulling.pick_up import PickUp
from service.wiring import Wiring
from tests.support.building import catalogue, context
from tests.support.rest import Clock, Rest

BASE = "http://fhir.example/base"
TYPE = "QuestionnaireResponse"


@dataclass
class PortalServer:
    """Stores responses with versions and times, finds them by time, and tells the events of a Subscription.

    ``page`` is the greatest number of resources on a page; ``fails`` is the answer to every request, if it is set.
    """

    clock: Clock
    base: str = BASE
    stored: dict[str, Resource] = field(default_factory=dict)
    versions: dict[str, Resource] = field(default_factory=dict)
    keeps_versions: bool = True
    events: list[str] = field(default_factory=list)
    page: int = 100
    has_links: bool = True
    offers_events: bool = True
    fails: ServerResponse | None = None
    asked: list[str] = field(default_factory=list)

    def write(self, resource: Resource) -> str:
        """Stores a new version under the id of the resource. Returns the address."""
        address = f"{resource['resourceType']}/{resource['id']}"
        self.clock.forward(milliseconds=1)
        version = int(self.stored.get(address, {"meta": {"versionId": "0"}})["meta"]["versionId"]) + 1
        server_meta = {"versionId": str(version), "lastUpdated": format_instant(self.clock()), "source": "#x1"}
        self.stored[address] = {**resource, "meta": {**resource.get("meta", {}), **server_meta}}
        self.versions[f"{address}/_history/{version}"] = self.stored[address]
        self.events.append(address)
        return address

    def capabilities(self) -> Capabilities:
        return Capabilities()

    def update(self, resource: Resource, if_match: str | None = None) -> ServerResponse:
        return ServerResponse(200, version=self.stored[self.write(resource)]["meta"]["versionId"])

    def transact(self, bundle: Resource) -> ServerResponse:
        entries = []
        for entry in bundle["entry"]:
            address = self.write(entry["resource"])
            version = self.stored[address]["meta"]["versionId"]
            entries.append({"response": {"status": "200 OK", "location": f"{address}/_history/{version}"}})
        return ServerResponse(200, bundle={"resourceType": "Bundle", "type": "transaction-response", "entry": entries})

    def look_up(self, addresses: Collection[str], whole: bool = False) -> LookUp:
        self.asked.append("look-up")
        if self.fails is not None:
            return LookUp(failure=self.fails)
        found = {address: self.stored[address] for address in addresses if address in self.stored}
        return LookUp(found, frozenset(addresses) - found.keys())

    def search_changes(self, since: str) -> ChangesPage:
        self.asked.append(f"since {since}")
        return self.page_from(since, 0)

    def search_page(self, path: str) -> ChangesPage:
        since, _, offset = path.removeprefix("?").partition("&")
        return self.page_from(since, int(offset))

    def page_from(self, since: str, offset: int) -> ChangesPage:
        if self.fails is not None:
            return ChangesPage(failure=self.fails)
        changed = [each for each in self.stored.values() if each["meta"]["lastUpdated"] >= since]
        responses = [each for each in changed if each["resourceType"] == TYPE]
        ordered = sorted(responses, key=lambda each: str(each["meta"]["lastUpdated"]))
        shown = [{"resourceType": TYPE, "id": e["id"], "meta": e["meta"]} for e in ordered[offset : offset + self.page]]
        has_more = offset + self.page < len(ordered)
        path = f"?{since}&{offset + self.page}" if has_more and self.has_links else None
        return ChangesPage(shown, has_more, path)

    def read_version(self, address: str, version: str) -> ServerResponse:
        self.asked.append(f"{address}/_history/{version}")
        found = self.versions.get(f"{address}/_history/{version}")
        if not self.keeps_versions:
            return ServerResponse(405, "not-supported")
        return ServerResponse(404, "not-found") if found is None else ServerResponse(200, bundle=found)

    def read_events(self, subscription: str, first: int, last: int) -> ServerResponse:
        self.asked.append(f"events {first} to {last}")
        if not self.offers_events:
            return ServerResponse(404, "not-supported")
        return self.fails or ServerResponse(200, bundle=self.notification(first, last, "query-event"))

    def notification(self, first: int, last: int, kind: str = "event-notification") -> Resource:
        """The notification of the events with these numbers, counted from 1."""
        events = [event_part(number, self.events[number - 1]) for number in range(first, last + 1)]
        return notification(events, kind, len(self.events))


def event_part(number: int, focus: str) -> Resource:
    parts = [
        {"name": "event-number", "valueString": str(number)},
        {"name": "focus", "valueReference": {"reference": focus}},
    ]
    return {"name": "notification-event", "part": parts}


def notification(events: list[Resource], kind: str = "event-notification", count: int = 0) -> Resource:
    """A notification as an R4 server sends it."""
    parameters: list[Any] = [
        {"name": "subscription", "valueReference": {"reference": f"{BASE}/Subscription/s-1"}},
        {"name": "status", "valueCode": "active"},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(count)},
        *events,
    ]
    status = {"resourceType": "Parameters", "parameter": parameters}
    return {"resourceType": "Bundle", "type": "history", "entry": [{"resource": status}]}


def puller_of(rest: Rest, server: PortalServer, interval: timedelta = timedelta(minutes=1)) -> Puller:
    """What picks up responses from this server into the database of this service."""
    settings = Settings(base_url="http://sural.example/fhir", fhir_server=server.base)
    wiring = Wiring(settings, catalogue(), context())
    keeper = make_keeper(settings, rest.database, wiring, server.clock)
    pick_up = PickUp(server.base, wiring.context, DatabaseStore(rest.database), keeper)
    notices = DatabaseNotices(rest.database)
    return Puller(pick_up, notices, server, lambda: now_of(server), interval, lambda: 1.0)


def now_of(server: PortalServer) -> datetime:
    return server.clock()
