"""The statements of an amendment: a new version of a response, with every result that it changes."""

from sqlalchemy import Connection, update

from service.adapters.database import tables as t
from service.adapters.database.access.patient_filter import own_system
from service.adapters.database.population.coded_rows import number_answers
from service.adapters.database.pulling.fetched import record_pick_up
from service.adapters.database.submissions.submission_rows import (
    act_columns,
    identity_row,
    response_rows,
    state_columns,
)
from service.adapters.database.submissions.submission_writes import (
    increment_revision,
    insert_identity,
    insert_received,
    write_versions,
)
from service.adapters.database.tasks.rows import call_again
from service.fhir.r4.datetimes import format_instant
from service.fhir.results.submission import SourceResponse
from service.ports.submissions import ResponseRevision, RevisedSubmission, RevisionConflict


def insert_amendment(connection: Connection, revision: ResponseRevision, patient: str | None = None) -> None:
    """Inserts the new version of a response, and of each result that it changes, and their outbox entries.

    Raises RevisionConflict if the patient's revision has changed.
    """
    source, subject, now = revision.source, revision.source.response.patient, format_instant(revision.now)
    increment_revision(connection, subject, revision.revision)
    update_response(connection, source, revision.body, revision.digest, now)
    identifier = source.resource.get("identifier", {})
    if identifier.get("system") and identifier.get("value"):
        system = own_system(identifier["system"], patient)
        insert_identity(connection, identity_row(system, identifier["value"], source.id))
    for revised in revision.revised:
        update_act(connection, revised, revision.rules)
        if revised.versions:
            write_versions(connection, revised.record.sequence, subject, revised.versions, now, revision.fetched)
        for raised in revised.raised_tasks:
            write_versions(connection, raised.sequence, subject, [raised.version], now)
        if revised.submission is not None:
            call_again(connection, revised.submission.called_again, now)
    if revision.fetched is not None:
        record_pick_up(connection, revision.fetched, source.version)


def update_act(connection: Connection, revised: RevisedSubmission, rules: str) -> None:
    """Updates the row of a submission. An impression that did not change stays."""
    submission, values = revised.submission, {"uses": "[]", "impression": None}
    if submission is not None:
        values = act_columns(submission, [version.resource for version in revised.versions])
        if values["impression"] is None and not submission.is_partial:
            del values["impression"]
    where = t.act.c.sequence == revised.record.sequence
    connection.execute(update(t.act).where(where).values(**values, rules=rules))


def update_response(connection: Connection, source: SourceResponse, body: bytes, digest: str, now: str) -> None:
    """Updates the state of a response, and inserts the body of its new version as received.

    Raises RevisionConflict if the version before is not the current one.
    """
    rows = response_rows(source, body, digest, now)
    insert_received(connection, rows.received, number_answers(connection, rows.coded))
    before = (t.response.c.id == source.id, t.response.c.version == source.version - 1)
    if connection.execute(update(t.response).where(*before).values(state_columns(source))).rowcount != 1:
        raise RevisionConflict
