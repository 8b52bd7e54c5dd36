"""What must be true after every run, whatever was killed: I1 to I6, I8 and I9."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, select

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.keeping.bodies import body_of, select_resources
from service.adapters.database.sending.outgoing import read_outgoing
from tests.faults.running.clients import Told
from tests.support.other_systems.misbehaving import MisbehavingServer

# LOINC codes of the totals, and of item 9: https://loinc.org/69737-5, https://loinc.org/44249-1
TOTALS = {"gad-7": "70274-6", "phq-9": "44261-6"}
SELF_HARM = "self-harm"


def violations(database: Database, told: Told, server: MisbehavingServer | None) -> list[str]:
    """Each breach of an invariant, in words. Without a server, that nothing is doubled or missing there is not seen."""
    stored = read_resources(database)
    found = [f"I2: {text}" for text in told.wrong]
    found += acknowledged_but_not_stored(database, told)
    found += wrong_entries(database, stored)
    found += wrong_versions(database)
    found += broken_database(database, has_delivered=server is not None)
    found += wrong_scores(stored, told)
    if server is not None:
        found += wrong_at_server(stored, server)
        found += doubled_tasks(database, server)
    return found


def read_resources(database: Database) -> dict[str, Any]:
    """The current version of each resource, by its address."""
    query = select_resources(t.resource.c.type, t.resource.c.id).where(t.resource.c.current)
    with database.read() as connection:
        return {f"{row.type}/{row.id}": json.loads(body_of(row)) for row in connection.execute(query)}


def acknowledged_but_not_stored(database: Database, told: Told) -> Iterator[str]:
    """I1: what was acknowledged is stored, as it was sent; I2: each key has one response."""
    with database.read() as connection:
        bodies = {row.id: json.loads(row.body) for row in connection.execute(select(t.received))}
        keys: Counter[str] = Counter(connection.scalars(select(t.identity.c.response)).all())
    for key, id in told.ids.items():
        if id not in bodies:
            yield f"I1: {key} was acknowledged as {id}, which is not stored"
        elif bodies[id]["item"] != told.sent[key].body["item"]:
            yield f"I1: {id} is not what {key} sent"
    unknown = bodies.keys() - set(told.ids.values())
    yield from (f"I2: {id} was stored, and acknowledged as another one" for id in unknown)
    yield from (f"I2: {id} has {count} keys" for id, count in keys.items() if count != 1)


def wrong_entries(database: Database, stored: Mapping[str, Any]) -> Iterator[str]:
    """I3: each submission has one entry that brings its response, and all resources are in one. I5: of one patient.

    A Task that is raised has one more entry, of the submission that it belongs to.
    """
    with database.read() as connection:
        acts = list(connection.scalars(select(t.act.c.sequence)))
        rows = connection.execute(select(t.outbox)).all()
        bundles = [(row, read_outgoing(connection, row)[0]) for row in rows]
    brought = [row.act for row, bundle in bundles if any(map(is_response, bundle["entry"]))]
    entries, sent = Counter(brought), set()
    yield from (f"I3: submission {act} has {entries[act]} entries" for act in acts if entries[act] != 1)
    for row, bundle in bundles:
        addresses = {entry["request"]["url"] for entry in bundle["entry"]}
        sent |= addresses
        others = set(patients_in(bundle)) - {row.patient}
        yield from (f"I5: an entry of {row.patient} names {other}" for other in others)
    yield from (f"I3: {address} is in no entry" for address in stored.keys() - sent)
    yield from (f"I5: an entry brings {address}, which is not stored" for address in sent - stored.keys())


def is_response(entry: Any) -> bool:
    """True if an entry of a Bundle is a response."""
    return bool(entry["resource"]["resourceType"] == "QuestionnaireResponse")


def patients_in(value: object) -> Iterator[str]:
    """The Patients that a resource refers to."""
    if isinstance(value, list):
        for each in value:
            yield from patients_in(each)
    elif isinstance(value, dict):
        if str(value.get("reference", "")).startswith("Patient/"):
            yield value["reference"]
        for each in value.values():
            yield from patients_in(each)


def wrong_versions(database: Database) -> Iterator[str]:
    """I6: the versions of each resource are 1 to n, and the last one is current."""
    columns = (t.resource.c.type, t.resource.c.id, t.resource.c.version, t.resource.c.current)
    with database.read() as connection:
        rows = connection.execute(select(*columns).order_by(*columns[:3])).all()
    numbers: dict[str, list[tuple[int, bool]]] = {}
    for row in rows:
        numbers.setdefault(f"{row.type}/{row.id}", []).append((row.version, row.current))
    for address, found in numbers.items():
        if found != [(number, number == len(found)) for number in range(1, len(found) + 1)]:
            yield f"I6: {address} has the versions {found}"


def broken_database(database: Database, has_delivered: bool) -> Iterator[str]:
    """I8: the database is whole; after delivery no entry waits, is parked or is leased."""
    with database.read() as connection:
        if database.is_sqlite:
            whole = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
            if whole != "ok":
                yield f"I8: {whole}"
        left = select(func.count()).where(t.outbox.c.state != "delivered")
        leased = select(func.count()).where(t.outbox.c.lease.is_not(None))
        if has_delivered and connection.scalar(left):
            yield f"I3: {connection.scalar(left)} entries are not delivered"
        if has_delivered and connection.scalar(leased):
            yield f"I8: {connection.scalar(leased)} entries are leased"


def wrong_scores(stored: Mapping[str, Any], told: Told) -> Iterator[str]:
    """I4: the total is the sum of the answers. I9: item 9 above zero has its flag, whatever became of the delivery."""
    results: dict[str, list[Any]] = {}
    for resource in stored.values():
        for source in resource.get("derivedFrom", ()):
            results.setdefault(source.get("reference", ""), []).append(resource)
    for key, id in told.ids.items():
        sent = told.sent[key]
        of_response = results.get(f"QuestionnaireResponse/{id}", [])
        totals = [each["valueQuantity"]["value"] for each in of_response if TOTALS[sent.form] in codes(each)]
        if totals != [sum(sent.weights)]:
            yield f"I4: {id} has the totals {totals} instead of {sum(sent.weights)}"
        flagged = [each for each in of_response if SELF_HARM in codes(each)]
        if sent.form == "phq-9" and sent.weights[-1] > 0 and not flagged:
            yield f"I9: {id} has no flag"


def codes(resource: Mapping[str, Any]) -> set[str]:
    """The codes of an Observation."""
    return {coding["code"] for coding in resource.get("code", {}).get("coding", ())}


def wrong_at_server(stored: Mapping[str, Any], server: MisbehavingServer) -> Iterator[str]:
    """I3: the FHIR server has every resource. I4: as it is stored. I5: and nothing else."""
    yield from (f"I3: {address} is not at the FHIR server" for address in stored.keys() - server.stored.keys())
    yield from (f"I5: {address} is only at the FHIR server" for address in server.stored.keys() - stored.keys())
    for address in stored.keys() & server.stored.keys():
        if content(stored[address]) != content(server.stored[address]):
            yield f"I4: {address} differs at the FHIR server"


def doubled_tasks(database: Database, server: MisbehavingServer) -> Iterator[str]:
    """I3: a Task was written once, because writing it again could undo what a person did; one that was raised, with
    `ifMatch`, which this server does not know.
    """
    raised = select(t.resource.c.id).where(t.resource.c.type == "Task", t.resource.c.version > 1)
    with database.read() as connection:
        not_counted = {f"Task/{id}" for id in connection.scalars(raised)}
    for address, count in server.written.items():
        if address.startswith("Task/") and count != 1 and address not in not_counted:
            yield f"I3: {address} was written {count} times"


def content(resource: Mapping[str, Any]) -> dict[str, Any]:
    """A resource without what a server sets, and without what a response is sent without."""
    return {name: value for name, value in resource.items() if name not in ("meta", "text")}
