"""Resources on a FHIR server that assigns ids itself: there our id is an identifier, or a tag. For several threads.

https://hl7.org/fhir/R4/http.html#cond-update
"""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import structlog

from service.adapters.exchange import Deadline
from service.adapters.fhir_server.response_parts import ADDRESS_IN_LOCATION
from service.fhir.ids import ID_SYSTEM, PREFIXES
from service.fhir.r4.types import Resource
from service.fhir.r4.unchecked_json import objects_of, references_in
from service.fhir.results.versions import address_of
from service.ports.fhir_server import LookUp, ServerResponse

# In R4 these have no list of identifiers: https://hl7.org/fhir/R4/questionnaireresponse.html
TAGGED = frozenset({"QuestionnaireResponse", "Provenance"})
# Addresses that are kept in memory. Others are searched for again.
MOST_KNOWN = 20_000

Search = Callable[[str, Mapping[str, str], Deadline], tuple[list[Resource] | None, bool, ServerResponse]]

log = structlog.get_logger()


class AssignedIds:
    """The addresses of our resources on the server, by our addresses. ``search`` is a search for one type."""

    def __init__(self, search: Search) -> None:
        self.search, self.lock = search, threading.Lock()
        self.theirs: dict[str, str] = {}
        self.ours: dict[str, str] = {}

    def learn(self, ours: str, theirs: str) -> None:
        """Keeps the address of a resource."""
        with self.lock:
            if len(self.theirs) >= MOST_KNOWN:
                self.theirs.clear()
                self.ours.clear()
            self.theirs[ours], self.ours[theirs] = theirs, ours

    def learn_location(self, ours: str, response: ServerResponse) -> None:
        """Keeps the address that the server gave to a resource; forgets the one that it no longer has."""
        found = ADDRESS_IN_LOCATION.search(response.location or "")
        if response.status in (200, 201) and found and found[1] == ours.partition("/")[0]:
            self.learn(ours, f"{found[1]}/{found[2]}")
        elif response.status in (404, 410):
            with self.lock:
                self.theirs.pop(ours, None)

    def search_ids(self, type_name: str, ids: Sequence[str], whole: bool, deadline: Deadline) -> LookUp:
        """Searches for resources of one type by our ids. Finds each under our address, as the server has it."""
        counted = {"_count": str(2 * len(ids)), **({} if whole else {"_elements": "id,identifier,meta"})}
        resources, has_more, response = self.search(type_name, {**criteria(type_name, ids), **counted}, deadline)
        wanted = {f"{type_name}/{id}" for id in ids}
        if resources is None:
            missing = frozenset(wanted if response.status == 404 else ())
            return LookUp(missing=missing, failure=None if missing else response)
        found: dict[str, Resource] = {}
        for resource in sorted(resources, key=first_written):
            ours = f"{type_name}/{our_id(resource)}"
            if ours in found:
                log.error("written_resources_doubled", count=1)
            elif ours in wanted:
                found[ours] = resource
                self.learn(ours, f"{type_name}/{resource.get('id')}")
        return LookUp(found, frozenset() if has_more else frozenset(wanted - found.keys()))

    def find_addresses(self, resource: Resource, types: Collection[str], deadline: Deadline) -> ServerResponse | None:
        """Learns the addresses of a resource of ours and of those that it refers to, as far as they have these types.

        Returns the failure, if there is one.
        """
        unknown: dict[str, list[str]] = {}
        for address in dict.fromkeys([address_of(resource), *references_in(resource)]):
            type_name, _, id = address.partition("/")
            if type_name in types and address not in self.theirs:
                unknown.setdefault(type_name, []).append(id)
        for type_name, ids in unknown.items():
            failure = self.search_ids(type_name, ids, False, deadline).failure
            if failure is not None:
                return failure
        return None

    def learn_references(self, found: Collection[Resource], types: Collection[str], deadline: Deadline) -> None:
        """Learns which of our resources those are that resources of the server refer to, as far as it tells."""
        unknown: dict[str, dict[str, None]] = {}
        for address in (each for resource in found for each in references_in(resource)):
            type_name, _, id = address.partition("/")
            if type_name in types and address not in self.ours:
                unknown.setdefault(type_name, {})[id] = None
        for type_name, ids in unknown.items():
            parameters = {"_id": ",".join(ids), "_count": str(len(ids)), "_elements": "id,identifier,meta"}
            for resource in self.search(type_name, parameters, deadline)[0] or ():
                ours = our_id(resource)
                if ours is not None:
                    self.learn(f"{type_name}/{ours}", f"{type_name}/{resource.get('id')}")

    def outgoing(self, resource: Resource, types: Collection[str]) -> Resource:
        """The resource with the ids of the server, or without an id if the server is to assign one."""
        changed: Resource = with_changed_references(resource, lambda each: self.to_theirs(each, types))
        if resource["resourceType"] not in types:
            return changed
        theirs = self.theirs.get(address_of(resource))
        named = {} if theirs is None else {"id": theirs.partition("/")[2]}
        elements = {name: inner for name, inner in changed.items() if name != "id"}
        return {**with_our_id(elements, resource["id"]), **named}

    def incoming(self, resource: Resource, ours: str) -> Resource:
        """A resource of the server with our ids in place of those of the server."""
        changed: Resource = with_changed_references(resource, self.to_ours)
        return {**changed, "id": ours.partition("/")[2]}

    def to_theirs(self, reference: Resource, types: Collection[str]) -> Resource:
        """A reference with the address on the server. One of ours that is not there is a logical reference."""
        address = reference["reference"]
        theirs = self.theirs.get(address)
        if theirs is not None:
            return {**reference, "reference": theirs}
        if not has_our_form(address) or address.partition("/")[0] not in types:
            return reference
        others = {name: inner for name, inner in reference.items() if name != "reference"}
        type_name, _, id = address.partition("/")
        return {"type": type_name, "identifier": {"system": ID_SYSTEM, "value": id}, **others}

    def to_ours(self, reference: Resource) -> Resource:
        """A reference with our address in place of that on the server, if it is known."""
        ours = self.ours.get(reference["reference"])
        return reference if ours is None else {**reference, "reference": ours}


def criteria(type_name: str, ids: Sequence[str]) -> dict[str, str]:
    """The search parameter that finds resources of a type by our ids."""
    name = "_tag" if type_name in TAGGED else "identifier"
    return {name: ",".join(f"{ID_SYSTEM}|{id}" for id in ids)}


def conditional_path(resource: Resource) -> str:
    """The path of the update that creates a resource, below the base, by the id of ours in it."""
    type_name = resource["resourceType"]
    return f"/{type_name}?{urlencode(criteria(type_name, [str(our_id(resource))]))}"


def our_id(resource: Resource) -> str | None:
    """Our id in a resource of the server."""
    if resource.get("resourceType") in TAGGED:
        tags = resource.get("meta", {}).get("tag")
        return next((str(tag.get("code")) for tag in objects_of(tags) if tag.get("system") == ID_SYSTEM), None)
    identifiers = objects_of(resource.get("identifier"))
    return next((str(each.get("value")) for each in identifiers if each.get("system") == ID_SYSTEM), None)


def with_our_id(resource: Resource, id: str) -> Resource:
    """The resource with our id as a tag, unless its type has it as an identifier."""
    if resource["resourceType"] not in TAGGED:
        return resource
    meta = resource.get("meta", {})
    return {**resource, "meta": {**meta, "tag": [*meta.get("tag", []), {"system": ID_SYSTEM, "code": id}]}}


def has_our_form(address: str) -> bool:
    """True for the address of a result: its id begins as those that we derive."""
    type_name, _, id = address.partition("/")
    return type_name in PREFIXES and id.startswith(f"{PREFIXES[type_name]}-")


def first_written(resource: Resource) -> tuple[str, str]:
    """Orders resources that bear the same id of ours: the first one counts."""
    return str(resource.get("meta", {}).get("lastUpdated", "")), str(resource.get("id"))


def with_changed_references(value: Any, change: Callable[[Resource], Resource]) -> Any:
    """A copy in which each Reference with a `reference` is changed."""
    if isinstance(value, list):
        return [with_changed_references(inner, change) for inner in value]
    if not isinstance(value, dict):
        return value
    changed = {name: with_changed_references(inner, change) for name, inner in value.items()}
    return change(changed) if isinstance(changed.get("reference"), str) else changed
