"""Everything of one patient: read for an export, and deleted, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, delete, select, tuple_

from service.adapters.database import tables as t
from service.adapters.database.access.access_tables import audit, request_count, secured
from service.adapters.database.access.audit_trail import insert_events
from service.adapters.database.engine import Database
from service.adapters.database.keeping.bodies import body_of, select_resources
from service.adapters.database.population.table import coded_answers, coded_questions
from service.adapters.database.tasks.form_task_table import form_task
from service.adapters.database.tasks.table import task
from service.fhir.r4.types import Resource

PatientRows = Mapping[str, Sequence[Mapping[str, Any]]]
# What keeps no row of a patient, or must outlive it: who did what is never deleted (docs/operations.md).
KEPT = (
    t.schema,
    t.token_set,
    t.token,
    t.page_key,
    t.posted_search,
    t.subscription,
    t.missed,
    t.change_search,
    audit,
    secured,
    request_count,
    coded_questions,
)


def erase_patient(database: Database, patient: str, keep: Callable[[PatientRows], Resource]) -> dict[str, int]:
    """Deletes everything of a patient, such as "Patient/p1"; returns the number of rows of each table.

    ``keep`` keeps the rows elsewhere before they are deleted, and returns the AuditEvent, which is written with the
    deletion; without a row it is not called. If it fails, nothing is deleted.
    """
    with database.write() as connection:
        connection.execute(select(t.patient).where(t.patient.c.reference == patient).with_for_update()).first()
        rows = read_rows(connection, patient)
        if not any(rows.values()):
            return {}
        event = keep(rows)
        for table in reversed(rows_of(patient)):
            connection.execute(delete(table).where(rows_of(patient)[table]))
        insert_events(connection, [event])
    overwrite_free_pages(database)
    return {name: len(found) for name, found in rows.items() if found}


def read_rows(connection: Connection, patient: str) -> PatientRows:
    """The rows of a patient by table, as JSON can hold them."""
    return {
        table.name: [exported(row) for row in connection.execute(select_exported(table).where(condition)).all()]
        for table, condition in rows_of(patient).items()
    }


def select_exported(table: Table) -> Select[Any]:
    """Selects what is exported of a table: resources with their bodies, and no frame beside them."""
    if table is t.resource:
        return select_resources()
    return select(*(column for column in table.c if column is not t.content.c.frame))


def exported(row: Row[Any]) -> dict[str, Any]:
    """A row as JSON can hold it."""
    values = {name: value.decode() if isinstance(value, bytes) else value for name, value in row_values(row)}
    return {**values, "body": body_of(row)} if "frame" in row._mapping else values


def row_values(row: Row[Any]) -> list[tuple[str, Any]]:
    """The columns of a row by name, without a frame."""
    return [(name, value) for name, value in row._mapping.items() if name != "frame"]


def rows_of(patient: str) -> dict[Table, ColumnElement[bool]]:
    """What selects the rows of a patient, by table. Later tables are selected by earlier ones, so deletion reverses."""
    acts = select(t.act.c.sequence).where(t.act.c.patient == patient)
    responses = select(t.response.c.id).where(t.response.c.patient == patient)
    resources = t.resource.c.act.in_(acts)
    visits = select(t.form_visit.c.id).where(t.form_visit.c.patient == patient)
    return {
        t.patient: t.patient.c.reference == patient,
        t.act: t.act.c.patient == patient,
        t.response: t.response.c.patient == patient,
        t.form_visit: t.form_visit.c.patient == patient,
        t.form_link: t.form_link.c.patient == patient,
        form_task: form_task.c.patient == patient,
        t.outbox: t.outbox.c.patient == patient,
        task: task.c.patient == patient,
        t.refused: t.refused.c.subject == patient,
        t.received: t.received.c.id.in_(responses),
        coded_answers: coded_answers.c.response.in_(responses),
        t.identity: t.identity.c.response.in_(responses),
        t.fetched: t.fetched.c.id.in_(responses),
        t.notice: t.notice.c.id.in_(responses),
        t.form_session: t.form_session.c.visit.in_(visits),
        t.content: t.content.c.act.in_(acts),
        t.resource: resources,
        # Not `exists`: it would be asked of each row of a table that has three million of them.
        t.search: tuple_(t.search.c.id, t.search.c.type).in_(
            select(t.resource.c.id, t.resource.c.type).where(resources)
        ),
        t.delivered: t.delivered.c.act.in_(acts),
    }


def overwrite_free_pages(database: Database) -> None:
    """Writes a SQLite file anew: deleted rows stay readable in its free pages, and in the log beside it."""
    if database.is_sqlite:
        with closing(database.writer.raw_connection()) as connection, closing(connection.cursor()) as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
