"""The writing transactions: an act accepted, and a response changed with everything that rests on it."""

from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from service.adapters import tables as t
from service.fhir.acts import Act, Part
from service.fhir.encoding import encode
from service.fhir.reading import Resource
from service.fhir.records import Acceptance, Clash, Revised, Revision, Version
from service.fhir.searching import PARAMETERS, index
from service.fhir.times import instant
from service.fhir.writing import transaction


def accept(connection: Connection, acceptance: Acceptance) -> None:
    """Writes responses, results and outbox entry of an act. Raises Clash."""
    act = acceptance.act
    raise_revision(connection, act.lead_part.response.patient, acceptance.revision)
    sequence = insert_act(connection, acceptance)
    for part in act.brought:
        insert_response(connection, part, acceptance.bodies[part.id], acceptance.digests[part.id])
    for key in acceptance.keys:
        remember(connection, key.system, key.value, act.lead)
    insert_resources(connection, acceptance, sequence)
    urls = {entry["request"]["url"]: 1 for entry in acceptance.bundle["entry"]}
    insert_entry(connection, sequence, act.lead_part, acceptance.bundle, urls, instant(act.now))


def revise(connection: Connection, revision: Revision) -> None:
    """Writes the new version of a response, and of every result that it changes. Raises Clash."""
    part, now = revision.part, instant(revision.now)
    raise_revision(connection, part.response.patient, revision.revision)
    received = {"id": part.id, "version": part.version, "at": now, "body": revision.body, "digest": revision.digest}
    connection.execute(insert(t.received).values(received))
    state = {"authored": instant(part.ordered), "status": part.response.status, "version": part.version}
    before = (t.response.c.id == part.id, t.response.c.version == part.version - 1)
    if connection.execute(update(t.response).where(*before).values(state)).rowcount != 1:
        raise Clash
    identifier = part.resource.get("identifier", {})
    if identifier.get("system") and identifier.get("value"):
        remember(connection, identifier["system"], identifier["value"], part.id)
    for revised in revision.revised:
        update_act(connection, revised, revision.rules)
        if revised.versions:
            insert_versions(connection, revised, now)
            bundle = transaction([version.outgoing for version in revised.versions])
            urls = {f"{v.resource['resourceType']}/{v.resource['id']}": v.number for v in revised.versions}
            insert_entry(connection, revised.record.sequence, part, bundle, urls, now)


def raise_revision(connection: Connection, patient: str, revision: int) -> None:
    """Raises the patient's revision by one; Clash when it is not the one that was read."""
    if revision == 0:
        connection.execute(insert(t.patient).values(reference=patient, revision=1))
        return
    where = (t.patient.c.reference == patient, t.patient.c.revision == revision)
    if connection.execute(update(t.patient).where(*where).values(revision=revision + 1)).rowcount != 1:
        raise Clash


def insert_act(connection: Connection, acceptance: Acceptance) -> int:
    act = acceptance.act
    made = [entry["resource"] for entry in acceptance.bundle["entry"]]
    row = {
        "lead": act.lead,
        "patient": act.lead_part.response.patient,
        "accepted": instant(act.now),
        **drawn(act, made),
        "rules": acceptance.rules,
    }
    return int(connection.execute(insert(t.act).values(row).returning(t.act.c.sequence)).scalar_one())


def drawn(act: Act, made: list[Resource]) -> dict[str, Any]:
    """What an act was drawn on, and its impression: one that may be named as the one before, so not an early one."""
    has_impression = not act.early and any(resource["resourceType"] == "ClinicalImpression" for resource in made)
    return {
        "as_of": instant(act.as_of),
        "uses": encode(list(act.parts)).decode(),
        "impression": act.impression_id if has_impression else None,
        "previous": act.previous,
    }


def update_act(connection: Connection, revised: Revised, rules: str) -> None:
    """What an act is drawn on now. Its impression stays the one it has when nothing of it changed."""
    act, values = revised.act, {"uses": "[]", "impression": None}
    if act is not None:
        values = drawn(act, [version.resource for version in revised.versions])
        if values["impression"] is None and not act.early:
            del values["impression"]
    where = t.act.c.sequence == revised.record.sequence
    connection.execute(update(t.act).where(where).values(**values, rules=rules))


def insert_response(connection: Connection, part: Part, body: bytes, digest: str) -> None:
    """The state of a new response, and what was received of it."""
    at = instant(part.received)
    state = {
        "id": part.id,
        "patient": part.response.patient,
        "instrument": part.name,
        "authored": instant(part.ordered),
        "status": part.response.status,
        "version": part.version,
        "first": at,
    }
    connection.execute(insert(t.response).values(state))
    received = {"id": part.id, "version": part.version, "at": at, "body": body, "digest": digest}
    connection.execute(insert(t.received).values(received))


def remember(connection: Connection, system: str, value: str, response: str) -> None:
    """Keeps by what a resend of the response is known; IntegrityError when that is another's."""
    system, value = t.key(system), t.key(value)
    where = (t.identity.c.system == system, t.identity.c.value == value)
    if connection.scalar(select(t.identity.c.response).where(*where)) != response:
        connection.execute(insert(t.identity).values(system=system, value=value, response=response))


def insert_resources(connection: Connection, acceptance: Acceptance, act: int) -> None:
    """The results as sent, and the responses as received."""
    own = {part.id: part.resource for part in acceptance.act.brought}
    rows, entries = [], []
    for position, entry in enumerate(acceptance.bundle["entry"]):
        sent = entry["resource"]
        is_response = sent["resourceType"] == "QuestionnaireResponse"
        version = Version(own[sent["id"]] if is_response else sent, 1)
        rows.append(resource_row(version, act, position, instant(acceptance.act.now)))
        entries += search_rows(version.resource)
    connection.execute(insert(t.resource), rows)
    connection.execute(insert(t.search), entries)


def insert_versions(connection: Connection, revised: Revised, now: str) -> None:
    """New versions in the place of those before; what is new stands behind all else of its act."""
    act = revised.record.sequence
    last = connection.scalar(select(func.max(t.resource.c.position)).where(t.resource.c.act == act)) or 0
    for offset, version in enumerate(revised.versions, 1):
        type_name, id = version.resource["resourceType"], version.resource["id"]
        same = (t.resource.c.type == type_name, t.resource.c.id == id)
        place = connection.scalar(select(t.resource.c.position).where(*same, t.resource.c.current))
        connection.execute(update(t.resource).where(*same).values(current=False))
        connection.execute(delete(t.search).where(t.search.c.type == type_name, t.search.c.id == id))
        position = last + offset if place is None else place
        connection.execute(insert(t.resource).values(resource_row(version, act, position, now)))
        connection.execute(insert(t.search), search_rows(version.resource))


def resource_row(version: Version, act: int, position: int, stored: str) -> dict[str, Any]:
    resource = version.resource
    place = {"type": resource["resourceType"], "id": resource["id"], "version": version.number, "act": act}
    return {**place, "position": position, "current": True, "stored": stored, "body": encode(resource).decode()}


def search_rows(resource: Resource) -> list[dict[str, Any]]:
    type_name, id = resource["resourceType"], resource["id"]
    found = index(resource, {k: v for k, v in PARAMETERS[type_name].items() if k not in ("_id", "_lastUpdated")})
    return [
        {
            "type": type_name,
            "id": id,
            "parameter": entry.parameter,
            "system": entry.system,
            "value": None if entry.value is None else t.key(entry.value),
            "low": entry.low,
            "high": entry.high,
        }
        for entry in found
    ]


def insert_entry(
    connection: Connection, act: int, part: Part, bundle: Resource, versions: dict[str, int], now: str
) -> None:
    row = {
        "act": act,
        "patient": part.response.patient,
        "bundle": encode(bundle).decode(),
        "versions": encode(versions).decode(),
        "state": "waiting",
        "attempts": 0,
        "created": now,
        "due": now,
    }
    connection.execute(insert(t.outbox).values(row))
