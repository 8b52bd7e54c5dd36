"""Moves everything of one patient to another one, in one transaction: two records of one person were merged.

https://hl7.org/fhir/R4/patient.html#merging
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from sqlalchemy import Column, Connection, Row, delete, func, select, update

from service.adapters.database import tables as t
from service.adapters.database.access.audit_trail import insert_events
from service.adapters.database.access.patient_filter import own_system
from service.adapters.database.engine import Database
from service.adapters.database.keeping.bodies import resource_of, select_resources
from service.adapters.database.resources.patient_numbers import number_patients
from service.adapters.database.resources.resource_writes import insert_versions
from service.adapters.database.sending.outgoing import columns_of_bundle, read_outgoing
from service.adapters.database.submissions.submission_rows import entry_row
from service.adapters.database.submissions.submission_writes import insert_entry
from service.adapters.database.tasks.form_task_table import form_task
from service.adapters.database.tasks.table import task
from service.fhir.r4.strict_json import encode, parse
from service.fhir.r4.types import Resource
from service.fhir.results.tasks.earlier_tasks import CLOSED
from service.fhir.results.versions import ResourceVersion

Change = Callable[[Resource], Resource]
# The columns that say whose a row is. The table `patient` has the revision, and the audit trail is never changed.
OWNERS: tuple[Column[Any], ...] = (
    t.act.c.patient,
    t.response.c.patient,
    t.form_visit.c.patient,
    t.form_link.c.patient,
    t.outbox.c.patient,
    task.c.patient,
    form_task.c.patient,
    t.refused.c.subject,
)
# Tables whose column `session` names the patient a second time.
SESSIONS = (t.form_visit, t.form_link)


def move_patient(
    database: Database, old: str, new: str, change: Change, outgoing: Change, event: Resource, now: str
) -> dict[str, int]:
    """Moves everything of the patient ``old`` to ``new``. Returns the number of rows by table; none if there are none.

    ``change`` gives a resource for the new patient, ``outgoing`` a response as it is sent. Each resource gets a new
    version, which is delivered, and keeps those before. The AuditEvent is written with the move.
    """
    with database.write() as connection:
        revisions = lock_patients(connection, old, new)
        counts = {each.table.name: count_patient_rows(connection, each, old) for each in OWNERS}
        if not any(counts.values()):
            return {}
        set_revision(connection, old, new, max(revisions, default=0) + 1)
        change_unsent(connection, old, change)
        acts = connection.scalars(select(t.act.c.sequence).where(t.act.c.patient == old).order_by(t.act.c.sequence))
        moved = list(acts)
        move_identities(connection, old, new)
        for column in OWNERS:
            connection.execute(update(column.table).where(column == old).values({column: new}))
        move_sessions(connection, old, new)
        written = sum(move_act(connection, act, new, change, outgoing, now) for act in moved)
        insert_events(connection, [event])
    return {name: count for name, count in {**counts, "resource": written}.items() if count}


def lock_patients(connection: Connection, *references: str) -> list[int]:
    """Lets nobody write for these patients until the end of the transaction. Returns the revisions that there are."""
    rows = select(t.patient.c.revision).where(t.patient.c.reference.in_(references)).order_by(t.patient.c.reference)
    return list(connection.scalars(rows.with_for_update()))


def count_patient_rows(connection: Connection, column: Column[Any], patient: str) -> int:
    """The rows of a patient in a table."""
    return connection.scalar(select(func.count()).select_from(column.table).where(column == patient)) or 0


def set_revision(connection: Connection, old: str, new: str, revision: int) -> None:
    """Gives the new patient a revision that nobody has read, and deletes the old one."""
    connection.execute(delete(t.patient).where(t.patient.c.reference == old))
    number_patients(connection, [new])
    connection.execute(update(t.patient).where(t.patient.c.reference == new).values(revision=revision))


def change_unsent(connection: Connection, old: str, change: Change) -> None:
    """Changes what waits for delivery or for an operator; what was delivered stays as it was sent."""
    unsent = (t.outbox.c.patient == old, t.outbox.c.state != "delivered")
    for row in connection.execute(select(t.outbox).where(*unsent)).all():
        bundle, versions = read_outgoing(connection, row)
        entries = [{**each, "resource": change(each["resource"])} for each in bundle["entry"]]
        sent = columns_of_bundle(connection, row.act, {**bundle, "entry": entries}, versions)
        connection.execute(update(t.outbox).where(t.outbox.c.id == row.id).values(sent))


def move_identities(connection: Connection, old: str, new: str) -> None:
    """Moves the identifiers that clients of the old patient alone have given, unless the new patient has the same."""
    mine = select(t.response.c.id).where(t.response.c.patient == old)
    prefix = own_system("", old)
    found = (t.identity.c.response.in_(mine), t.identity.c.system.startswith(prefix, autoescape=True))
    for row in connection.execute(select(t.identity).where(*found)).all():
        system = t.index_key(own_system(row.system.removeprefix(prefix), new))
        taken = (t.identity.c.system == system, t.identity.c.value == row.value)
        if connection.execute(select(t.identity.c.response).where(*taken)).first() is None:
            same = (t.identity.c.system == row.system, t.identity.c.value == row.value)
            connection.execute(update(t.identity).where(*same).values(system=system))


def move_sessions(connection: Connection, old: str, new: str) -> None:
    """Changes the patient in the permission to fill in forms."""
    for table in SESSIONS:
        rows = connection.execute(select(table.c.id, table.c.session).where(table.c.patient == new)).all()
        for row in rows:
            session = parse(row.session)
            if session.get("patient") == old:
                text = encode({**session, "patient": new}).decode()
                connection.execute(update(table).where(table.c.id == row.id).values(session=text))


def move_act(connection: Connection, act: int, new: str, change: Change, outgoing: Change, now: str) -> int:
    """Writes the new versions of the resources of a submission, and the entry that sends them. Returns their number."""
    where = (t.resource.c.act == act, t.resource.c.current)
    rows = connection.execute(select_resources().where(*where).order_by(t.resource.c.position)).all()
    versions = list(moved_versions(rows, change, outgoing))
    if not versions:
        return 0
    encoded = insert_versions(connection, act, versions, now)
    for version in versions:
        if version.resource["resourceType"] == "QuestionnaireResponse":
            same = t.response.c.id == version.resource["id"]
            connection.execute(update(t.response).where(same).values(version=version.number))
    ids = [version.resource["id"] for version in versions]
    there = set(connection.scalars(select(t.fetched.c.id).where(t.fetched.c.id.in_(ids), t.fetched.c.is_origin)))
    sent = [each for each in encoded.with_bodies if is_sent(each[0].resource, there)]
    insert_entry(connection, act, entry_row(new, encoded.places, sent, now))
    return len(versions)


def moved_versions(rows: Collection[Row[Any]], change: Change, outgoing: Change) -> Iterator[ResourceVersion]:
    """The next version of each resource that the move changes."""
    for row in rows:
        body = resource_of(row)
        made = change(body)
        if made != body:
            sent = outgoing(made) if row.type == "QuestionnaireResponse" else None
            yield ResourceVersion(made, row.version + 1, sent)


def is_sent(resource: Resource, there: Collection[str]) -> bool:
    """False for a closed Task, and for a response that was found on the FHIR server: they are not ours to change."""
    if resource["resourceType"] == "Task":
        return resource["status"] not in CLOSED
    return resource["id"] not in there
