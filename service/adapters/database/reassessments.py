"""Submissions that are assessed again for their delivery, written together with the outbox entry that sends them."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select, update

from service.adapters.database import tables as t
from service.adapters.database.outbox import DatabaseOutbox
from service.adapters.database.resources.resource_writes import insert_versions
from service.adapters.database.sending.outgoing import columns_of_bundle
from service.adapters.database.sending.server_versions import read_server_versions
from service.adapters.database.store_rows import submission_record
from service.adapters.database.submissions.amendment_writes import update_act
from service.adapters.database.submissions.submission_writes import increment_revision, write_versions
from service.adapters.database.tasks.board import current_version, lock_row
from service.adapters.database.tasks.rows import call_again, save_task
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.types import Resource, StoredResource
from service.fhir.results.versions import cancelled
from service.ports.outbox import OutboxEntry
from service.ports.submissions import Reassessment, RevisedSubmission, RevisionConflict, SubmissionRecord


class DatabaseReassessments:
    """The submissions whose entries an outbox delivers: a `ReassessmentStore`."""

    def __init__(self, outbox: DatabaseOutbox) -> None:
        self.outbox = outbox
        self.database = outbox.database

    def read_record(self, entry: OutboxEntry) -> SubmissionRecord | None:
        """The submission that an outbox entry belongs to; None if it is no longer stored."""
        act = select(t.outbox.c.act).where(t.outbox.c.id == entry.id).scalar_subquery()
        with self.database.read() as connection:
            row = connection.execute(select(t.act).where(t.act.c.sequence == act)).first()
        return None if row is None else submission_record(row)

    def save_reassessment(self, entry: OutboxEntry, made: Reassessment) -> OutboxEntry:
        """Writes the new versions, the birth date, and what the leased entry sends, in one transaction, or nothing.

        Returns the entry as it is now. Raises RevisionConflict if the patient's revision has changed, or if another
        attempt has the entry.
        """
        born = {"birth_date": made.record.birth_date}
        with self.database.write() as connection:
            if made.revised is not None:
                increment_revision(connection, entry.patient, made.revision)
                write_revised(connection, entry.patient, made.revised, made)
            act = t.act.c.sequence == made.record.sequence
            connection.execute(update(t.act).where(act).values(born))
            return self.save_entry(connection, entry, made.bundle, made.versions)

    def hold_tasks(self, entry: OutboxEntry, ids: Collection[str], reason: str, now: datetime) -> OutboxEntry:
        """Cancels Tasks of the leased entry for this reason, and takes them out of it, in one transaction.

        Returns the entry as it is now. Raises RevisionConflict if another attempt has the entry.
        """
        at, addresses = format_instant(now), {f"Task/{id}" for id in ids}
        kept = [each for each in entry.bundle["entry"] if each["request"]["url"] not in addresses]
        versions = {url: number for url, number in entry.versions.items() if url not in addresses}
        with self.database.write() as connection:
            for row in filter(None, (lock_row(connection, id) for id in ids)):
                task, version = current_version(connection, row.id)
                made = cancelled(StoredResource(task, version, now), reason, at)
                insert_versions(connection, row.act, [made], at)
                save_task(connection, made.resource, row.act, row.patient, at)
            return self.save_entry(connection, entry, {**entry.bundle, "entry": kept}, versions)

    def save_entry(
        self, connection: Connection, entry: OutboxEntry, bundle: Resource, versions: Mapping[str, int]
    ) -> OutboxEntry:
        """Saves what a leased entry sends. Raises RevisionConflict if another attempt has it."""
        sent = columns_of_bundle(connection, entry.act, bundle, versions)
        if connection.execute(update(t.outbox).where(self.outbox.is_mine(entry)).values(sent)).rowcount != 1:
            raise RevisionConflict
        known = read_server_versions(connection, entry.act, versions)
        return replace(entry, bundle=bundle, versions=versions, server_versions=known)


def write_revised(connection: Connection, patient: str, revised: RevisedSubmission, made: Reassessment) -> None:
    """Writes the new versions, which the entry of the submission sends, and the Tasks that they raise."""
    act, now = revised.record.sequence, format_instant(made.now)
    insert_versions(connection, act, revised.versions, now)
    for version in revised.versions:
        save_task(connection, version.resource, act, patient, now)
    for raised in revised.raised_tasks:
        write_versions(connection, raised.sequence, patient, [raised.version], now)
    update_act(connection, revised, made.rules)
    if revised.submission is not None:
        call_again(connection, revised.submission.called_again, now)
