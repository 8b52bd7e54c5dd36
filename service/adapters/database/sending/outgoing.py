"""What an outbox entry sends: references to stored versions, from which its Bundle is made again.

`sends` is a JSON array with place and version of each resource, and of a response the profile that it is sent with.
A Bundle that these do not give, because it was changed for the FHIR server, is kept beside them until it is delivered.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from service.adapters.database import tables as t
from service.adapters.database.keeping.bodies import resource_of, select_resources
from service.adapters.database.keeping.frames import BrokenFrame
from service.adapters.database.sending.places import addresses_of, place_of_resource, places_of
from service.fhir.ids import BASE
from service.fhir.r4.strict_json import encode, parse
from service.fhir.r4.types import Resource
from service.fhir.results.bundle import as_transaction, outgoing_copy, with_profiles
from service.fhir.results.versions import ResourceVersion, address_of
from service.issues import Malformed, UnreadableStore
from service.screening.rules.urgency import Urgency

RESPONSE = "QuestionnaireResponse"
# The levels of red flags by which entries are told apart, the most urgent first.
URGENT = (Urgency.EMERGENCY, Urgency.SAME_DAY)
URGENT_CODINGS = {level: encode({"system": f"{BASE}/CodeSystem/urgency", "code": level.code})[1:-1] for level in URGENT}
# Place, version, and the profile of a response if it has one.
Sent = list[Any]


class UnreadableEntry(UnreadableStore):
    """What an entry sends cannot be read."""


def columns_of_versions(
    places: Mapping[str, int], versions: Sequence[ResourceVersion], bodies: Iterable[bytes]
) -> dict[str, Any]:
    """The columns of an entry that sends these versions, which are stored with these bodies, by their addresses."""
    addresses = [address_of(version.resource) for version in versions]
    sends: list[Sent] = [
        [places[address], version.number, *profile_of(version.outgoing)]
        for address, version in zip(addresses, versions, strict=True)
    ]
    made = zip(versions, sends, strict=True)
    if all(outgoing_resource(version.resource, sent) == version.outgoing for version, sent in made):
        return entry_columns(sends, None, flags_in(bodies))
    bundle = as_transaction([version.outgoing for version in versions])
    numbers = {address: version.number for address, version in zip(addresses, versions, strict=True)}
    return entry_columns(sends, {"bundle": bundle, "versions": numbers}, flags_in([encode(bundle)]))


def columns_of_bundle(
    connection: Connection, act: int, bundle: Resource, versions: Mapping[str, int]
) -> dict[str, Any]:
    """The columns of an entry that sends this Bundle, with our version numbers by address."""
    places = places_of(connection, act)
    profiles = {entry["request"]["url"]: profile_of(entry["resource"]) for entry in bundle["entry"]}
    sends: list[Sent] = [
        [place_of_resource(places[url]), number, *profiles.get(url, ())]
        for url, number in versions.items()
        if url in places
    ]
    try:
        is_made_again = made_again(connection, act, sends) == (bundle, dict(versions))
    except UnreadableEntry:
        is_made_again = False
    changed = None if is_made_again else {"bundle": bundle, "versions": dict(versions)}
    return entry_columns(sends, changed, flags_in([encode(bundle)]))


def entry_columns(sends: Sequence[Sent], changed: Resource | None, urgency: str | None) -> dict[str, Any]:
    """The columns of an entry. ``changed``: Bundle and version numbers, if what is sent does not give them."""
    text = None if changed is None else encode(changed).decode()
    return {"sends": encode(list(sends)).decode(), "changed": text, "urgency": urgency}


def flags_in(bodies: Iterable[bytes]) -> str | None:
    """The urgent levels of the red flags in resources or a Bundle, separated by spaces; None without one."""
    found = {level for body in bodies for level, coding in URGENT_CODINGS.items() if coding in body}
    return " ".join(level.code for level in URGENT if level in found) or None


def profile_of(resource: Resource) -> list[str]:
    """The profile that a response is sent with. Other resources are stored as they are sent."""
    is_response = resource["resourceType"] == RESPONSE
    return list(resource.get("meta", {}).get("profile", ())) if is_response else []


def outgoing_resource(resource: Resource, sent: Sent) -> Resource:
    """A stored resource as it is sent."""
    if resource["resourceType"] != RESPONSE:
        return resource
    return with_profiles(outgoing_copy(resource), {RESPONSE: sent[2]} if len(sent) > 2 else {})


def read_outgoing(connection: Connection, row: Row[Any]) -> tuple[Resource, dict[str, int]]:
    """The Bundle of an entry, and our version numbers by address. Raises UnreadableEntry."""
    try:
        changed = read_changed(row)
        if changed is not None:
            return changed["bundle"], changed["versions"]
        return made_again(connection, row.act, parse(row.sends))
    except (BrokenFrame, Malformed, ValueError, RecursionError, LookupError, TypeError) as problem:
        raise UnreadableEntry from problem


def made_again(connection: Connection, act: int, sends: Sequence[Sent]) -> tuple[Resource, dict[str, int]]:
    """The Bundle with these versions, and their numbers by address. Raises UnreadableEntry if one is not stored."""
    stored = read_sent_versions(connection, act, {(sent[0], sent[1]) for sent in sends})
    try:
        resources = [outgoing_resource(stored[sent[0], sent[1]], sent) for sent in sends]
    except KeyError as problem:
        raise UnreadableEntry from problem
    bundle = as_transaction(resources)
    numbers = [sent[1] for sent in sends]
    return bundle, {entry["request"]["url"]: each for entry, each in zip(bundle["entry"], numbers, strict=True)}


def read_sent_versions(
    connection: Connection, act: int, wanted: Collection[tuple[int, int]]
) -> dict[tuple[int, int], Resource]:
    """These versions of resources of an act, by place and version."""
    where = (t.resource.c.act == act, t.resource.c.position.in_({place for place, _ in wanted}))
    rows = connection.execute(select_resources(t.resource.c.position, t.resource.c.version).where(*where))
    found = (((row.position, row.version), row) for row in rows)
    return {which: resource_of(row) for which, row in found if which in wanted}


def read_sent_addresses(connection: Connection, row: Row[Any]) -> dict[str, int]:
    """Our version numbers of what an entry sends, or has sent, by address. Raises UnreadableEntry."""
    try:
        changed = read_changed(row)
        if changed is not None:
            return dict(changed["versions"])
        at = addresses_of(places_of(connection, row.act))
        return {at[sent[0]]: sent[1] for sent in parse(row.sends)}
    except (Malformed, ValueError, LookupError, TypeError) as problem:
        raise UnreadableEntry from problem


def read_changed(row: Row[Any]) -> Any:
    """The changed Bundle of an entry and its version numbers; None without one.

    Of an entry that was delivered before revision 0015 only the responses are left, which is not what it sent.
    """
    changed = None if row.changed is None else parse(row.changed)
    return changed if changed is not None and changed["versions"] else None
