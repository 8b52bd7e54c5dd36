"""The statements of the writing transaction of a new submission, and those that others share with it."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from service.adapters.database import tables as t
from service.adapters.database.population.coded_rows import number_answers, save_coded
from service.adapters.database.pulling.fetched import record_pick_up
from service.adapters.database.resources.new_rows import insert_of
from service.adapters.database.resources.resource_writes import insert_rows, insert_versions, number_rows
from service.adapters.database.searching.clauses import matching_clauses
from service.adapters.database.searching.driving_term import find_driving_term
from service.adapters.database.submissions.sent_together import sent_together
from service.adapters.database.submissions.submission_rows import (
    Row,
    SubmissionRows,
    entry_row,
    without_fetched,
)
from service.adapters.database.tasks.rows import call_again, save_task
from service.fhir.r4.datetimes import format_instant
from service.fhir.results.versions import ResourceVersion
from service.fhir.search.query import SearchQuery
from service.ports.pulling.fetched import FetchedVersion
from service.ports.submissions import NewSubmission, RevisionConflict

# The key of the lock in PostgreSQL: any number that nothing else uses.
CONDITIONAL_CREATE = 5_127_001
# Statements that are made once: new_rows.py says why. `inline`: SQLAlchemy does not ask for the number of the entry.
INSERT_ACT = insert(t.act).returning(t.act.c.sequence)
INSERT_STATE, INSERT_RECEIVED = insert(t.response), insert(t.received)
INSERT_IDENTITY, INSERT_ENTRY = insert(t.identity), insert(t.outbox).inline()
NEXT_REVISION = (
    update(t.patient)
    .where(t.patient.c.reference == bindparam("named"), t.patient.c.revision == bindparam("read"))
    .values(revision=t.patient.c.revision + 1)
    .returning(t.patient.c.number)
)
SAME_IDENTITY = select(t.identity.c.response).where(
    t.identity.c.system == bindparam("system"), t.identity.c.value == bindparam("value")
)


def insert_submission(
    connection: Connection, new: NewSubmission, rows: SubmissionRows, patient: str | None = None
) -> None:
    """Inserts responses, results and outbox entry. ``patient`` is that of the store, None for all.

    Raises RevisionConflict if the patient's revision has changed, or a resource matches ``new.unless``.
    """
    submission, subject = new.submission, new.submission.lead_source.response.patient
    number = increment_revision(connection, subject, new.revision)
    if new.unless is not None:
        require_no_match(connection, new.unless, patient)
    act = int(connection.execute(INSERT_ACT, rows.act).scalar_one())
    for identity in rows.identities:
        insert_identity(connection, identity)
    now = format_instant(submission.now)
    for version in rows.resources.versions:
        save_task(connection, version.resource, act, subject, now)
    answers = [number_answers(connection, each.coded) for each in rows.responses]
    resources = number_rows(connection, act, rows.resources, {subject: number})
    with sent_together(connection):
        connection.execute(INSERT_STATE, rows.states)
        for each, coded in zip(rows.responses, answers, strict=True):
            insert_received(connection, each.received, coded)
        insert_rows(connection, resources, rows.resources)
        insert_entry(connection, act, rows.entry)
    if new.fetched is not None:
        record_pick_up(connection, new.fetched, 1)
    for raised in new.raised_tasks:
        write_versions(connection, raised.sequence, subject, [raised.version], now)
    call_again(connection, submission.called_again, now)


def require_no_match(connection: Connection, query: SearchQuery, patient: str | None) -> None:
    """Raises RevisionConflict if a resource matches. Requests with a condition are answered one at a time.

    SQLite has one writer. PostgreSQL takes a lock until the end of the transaction, because the matching resource may
    be that of another patient, which another transaction is about to write.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(CONDITIONAL_CREATE)))
    matching = matching_clauses(query, find_driving_term(connection, query, patient), patient)
    if connection.execute(select(t.resource.c.id).where(*matching).limit(1)).first() is not None:
        raise RevisionConflict


def write_versions(
    connection: Connection,
    act: int,
    patient: str,
    versions: Sequence[ResourceVersion],
    now: str,
    fetched: FetchedVersion | None = None,
) -> None:
    """Inserts new versions of the resources of a submission, and an outbox entry with them."""
    encoded = insert_versions(connection, act, versions, now)
    for version in versions:
        save_task(connection, version.resource, act, patient, now)
    insert_entry(
        connection, act, entry_row(patient, encoded.places, without_fetched(encoded.with_bodies, fetched), now)
    )


def insert_entry(connection: Connection, act: int, row: Row | None) -> None:
    """Inserts an outbox entry, unless there is none."""
    if row is not None:
        connection.execute(INSERT_ENTRY, {"act": act, **row})


def increment_revision(connection: Connection, patient: str, revision: int) -> int:
    """Increments the patient's revision. Returns its number. Raises RevisionConflict if the revision was not this."""
    if revision == 0:
        # A patient without a submission has no row, or one of a Task that asks for forms.
        row = {"reference": patient, "revision": 1}
        number = connection.execute(first_revision(connection.dialect.name), row).scalar()
    else:
        number = connection.execute(NEXT_REVISION, {"named": patient, "read": revision}).scalar()
    if number is None:
        raise RevisionConflict
    return int(number)


@cache
def first_revision(dialect: str) -> Any:
    """Inserts a patient, or increments a revision of 0. Returns the number, or no row if the revision is another."""
    new, is_first = insert_of(dialect, t.patient), t.patient.c.revision == 0
    revised = {"revision": new.excluded.revision}
    upsert = new.on_conflict_do_update(index_elements=["reference"], set_=revised, where=is_first)
    return upsert.returning(t.patient.c.number)


def insert_received(connection: Connection, received: Row, coded: Row) -> None:
    """Inserts a version of a response, byte for byte as received, and its coded answers."""
    save_coded(connection, coded)
    connection.execute(INSERT_RECEIVED, received)


def insert_identity(connection: Connection, row: Row) -> None:
    """Inserts an identifier or Idempotency-Key of a response. Raises IntegrityError if another response has it."""
    if connection.scalar(SAME_IDENTITY, row) != row["response"]:
        connection.execute(INSERT_IDENTITY, row)
