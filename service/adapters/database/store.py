"""Responses and results in the database: each submission is written in one transaction, then read and searched."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, select
from sqlalchemy.exc import IntegrityError

from service.adapters.database import tables as t
from service.adapters.database.access.audit_of_writes import AuditOfWrites, written_by_amendment, written_by_submission
from service.adapters.database.access.form_links import DatabaseLinks
from service.adapters.database.access.patient_filter import find_identity, of_patient, require_own_patient
from service.adapters.database.form_visits import DatabaseVisits
from service.adapters.database.keeping.bodies import body_of, select_resources
from service.adapters.database.one_connection import OneConnection, Transactions
from service.adapters.database.pulling.fetched import FetchedResponses
from service.adapters.database.searching.clauses import after_cursor, matching_clauses, result_order
from service.adapters.database.searching.driving_term import find_driving_term
from service.adapters.database.searching.totals import count_matches
from service.adapters.database.store_rows import (
    earlier_versions,
    stored_resource,
    stored_response,
    submission_record,
)
from service.adapters.database.submissions.amendment_writes import insert_amendment
from service.adapters.database.submissions.patient_history import read_patient_history
from service.adapters.database.submissions.submission_rows import submission_rows
from service.adapters.database.submissions.submission_writes import insert_submission
from service.adapters.database.tasks.form_tasks import DatabaseFormTasks
from service.adapters.database.tasks.history import standing_tasks
from service.adapters.database.turns import Turns
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.types import StoredResource
from service.fhir.search.query import ResultPage, SearchQuery
from service.ports.access.audit import WriteAudit
from service.ports.access.form_links import LinkStore
from service.ports.form_tasks import FormTaskStore
from service.ports.form_visits import VisitStore
from service.ports.resources import VersionQuery
from service.ports.responses import PatientHistory, StoredResponse
from service.ports.submissions import (
    KnownResponse,
    NewSubmission,
    Receipt,
    ResponseRevision,
    RevisionConflict,
    SubmissionRecord,
)

# A page ends before it is larger, so that no answer fills the memory. A resource may be as large as a body.
PAGE_BYTES = 2_097_152
ROWS_AT_A_TIME = 8
IS_RESPONSE = t.resource.c.type == "QuestionnaireResponse"


class DatabaseStore(FetchedResponses):
    """The responses and results in the database: a `SubmissionStore`."""

    def __init__(
        self,
        database: Transactions,
        patient: str | None = None,
        turns: Turns | None = None,
        audit: AuditOfWrites | None = None,
    ) -> None:
        self.database = database
        self.patient = patient
        self.turns = turns or Turns()
        self.audit = audit or AuditOfWrites(None)
        self.visits: VisitStore = DatabaseVisits(database)
        self.links: LinkStore = DatabaseLinks(database)
        self.form_tasks: FormTaskStore = DatabaseFormTasks(database, patient, self.audit)

    def for_access(self, patient: str | None, audit: WriteAudit | None) -> "DatabaseStore":
        """This store with the resources of one patient alone, None for all, and with an audit of what is written."""
        return DatabaseStore(self.database, patient, self.turns, AuditOfWrites(audit))

    def turn(self, reference: str) -> AbstractContextManager[None]:
        """The turn to write for a patient or a response. Raises Unavailable if it does not come in time."""
        return self.turns.turn(reference)

    def find_known_response(self, system: str, value: str) -> KnownResponse | None:
        """The response with this identifier or Idempotency-Key, with its first receipt, or None."""
        with self.database.read() as connection:
            id = find_identity(connection, system, value, self.patient)
            if id is None:
                return None
            digest = connection.scalar(
                select(t.received.c.digest).where(t.received.c.id == id, t.received.c.version == 1)
            )
            first = read_resource(connection, "QuestionnaireResponse", id, 1)
        if first is None or digest is None:
            return None
        return KnownResponse(Receipt(id, 1, first.stored, False, first.resource), digest)

    def read_history(self, patient: str) -> PatientHistory:
        """The stored responses, impressions and Tasks of a patient, and the revision to which they belong.

        Raises Forbidden if the store is that of another patient.
        """
        require_own_patient(self.patient, patient)
        with self.database.read() as connection:
            return read_patient_history(connection, patient)

    def read_responses(self, ids: Sequence[str]) -> list[StoredResponse]:
        """The current versions of the responses with these ids, in any order; unknown ids are left out."""
        place = (t.resource.c.act, t.resource.c.position)
        columns = (
            t.response.c.id,
            t.resource.c.stored,
            t.response.c.version,
            t.response.c.first,
            t.fetched.c.source,
            *place,
        )
        responses = (
            select_resources(*columns)
            .select_from(t.resource)
            .join(t.response, t.response.c.id == t.resource.c.id)
            .outerjoin(t.fetched, and_(t.fetched.c.id == t.resource.c.id, t.fetched.c.is_origin))
            .where(IS_RESPONSE, t.resource.c.current, t.resource.c.id.in_(ids))
            .where(of_patient(self.patient))
        )
        with self.database.read() as connection:
            rows = connection.execute(responses).mappings().all()
            earlier = earlier_versions(connection, [row["id"] for row in rows if row["version"] > 1])
        return [stored_response(row, earlier.get(row["id"], ())) for row in rows]

    @contextmanager
    def transaction(self) -> Iterator["DatabaseStore"]:
        """A store whose reads and writes are one writing transaction. Raises RevisionConflict as a write does."""
        with self.settling(), self.database.write() as connection:
            audit = self.audit.of_transaction()
            yield DatabaseStore(OneConnection(connection), self.patient, self.turns, audit)
            audit.write_pending(connection)

    def save_submission(self, new: NewSubmission) -> None:
        """Writes responses, results and outbox entry in one transaction, or nothing.

        Raises RevisionConflict if the patient's revision has changed or another response has the identifier.
        """
        require_own_patient(self.patient, new.submission.lead_source.response.patient)
        rows = submission_rows(new, self.patient)

        def write(connection: Connection) -> None:
            insert_submission(connection, new, rows, self.patient)
            self.audit.add(connection, written_by_submission(new))

        self.write_together(write)

    def submissions_using(self, id: str) -> list[SubmissionRecord]:
        """The submissions that used a response, in order of acceptance."""
        patient = select(t.response.c.patient).where(t.response.c.id == id).scalar_subquery()
        acts = select(t.act).where(t.act.c.patient == patient).order_by(t.act.c.sequence)
        with self.database.read() as connection:
            records = [submission_record(row) for row in connection.execute(acts)]
        return [record for record in records if id in record.uses]

    def read_results(self, sequence: int) -> dict[tuple[str, str], StoredResource]:
        """The current versions of the resources that a submission wrote, without its responses, by type and id."""
        results = select_resources().where(
            t.resource.c.act == sequence, t.resource.c.current, t.resource.c.type != "QuestionnaireResponse"
        )
        with self.database.read() as connection:
            rows = connection.execute(results.order_by(t.resource.c.position)).all()
        return {(row.type, row.id): stored_resource(row) for row in rows}

    def read_standing(self, patient: str, sequence: int) -> frozenset[str]:
        """The references of the Tasks that the impressions of a patient's other submissions than this rely on."""
        with self.database.read() as connection:
            return standing_tasks(connection, patient, sequence)

    def save_amendment(self, revision: ResponseRevision) -> None:
        """Writes a new version of a response with all that it changes, in one transaction, or nothing.

        Raises RevisionConflict if the patient's revision has changed or another response has the identifier.
        """
        require_own_patient(self.patient, revision.source.response.patient)

        def write(connection: Connection) -> None:
            insert_amendment(connection, revision, self.patient)
            self.audit.add(connection, written_by_amendment(revision))

        self.write_together(write)

    def write_together(self, write: Callable[[Connection], None]) -> None:
        """Writes, beside other threads. Raises RevisionConflict if a row that it inserts exists already."""

        def write_again(connection: Connection) -> None:
            # What it wrote before was undone with a write of another thread.
            self.audit.settle(False)
            write(connection)

        with self.settling():
            self.database.write_together(write_again)

    @contextmanager
    def settling(self) -> Iterator[None]:
        """Tells the audit whether the transaction in it is committed. Raises RevisionConflict instead of
        IntegrityError."""
        is_committed = False
        try:
            yield
            is_committed = True
        except IntegrityError as problem:
            raise RevisionConflict from problem
        finally:
            self.audit.settle(is_committed)

    def read(self, type_name: str, id: str, version: int | None = None) -> StoredResource | None:
        """This version of a resource, or the current version; None if there is none."""
        with self.database.read() as connection:
            return read_resource(connection, type_name, id, version, self.patient)

    def read_versions(self, query: VersionQuery) -> ResultPage | None:
        """One page of the versions of a resource, the newest first; None if there is no such resource."""
        same = (t.resource.c.type == query.type, t.resource.c.id == query.id, of_patient(self.patient))
        matching = [*same, *([] if query.since is None else [stored_since(query.since)])]
        rest = [*matching, *([] if query.after is None else [t.resource.c.version < int(query.after[1])])]
        page = select_resources().where(*rest).order_by(t.resource.c.version.desc()).limit(query.count + 1)
        with self.database.read() as connection:
            if connection.scalar(select(t.resource.c.version).where(*same).limit(1)) is None:
                return None
            total = connection.scalar(select(func.count()).select_from(t.resource).where(*matching)) or 0
            shown, is_last = read_page(connection, page, query.count)
        following = None if is_last else (0, shown[-1][0].version)
        return ResultPage(total, tuple(resource for _, resource in shown), following)

    def search(self, query: SearchQuery) -> ResultPage:
        """One page of the stored resources that match, in the order that the query asks for."""
        with self.database.read() as connection:
            driving = find_driving_term(connection, query, self.patient)
            order = result_order(query.sort, driving)
            matching = matching_clauses(query, driving, self.patient)
            is_few = driving is not None or self.patient is not None
            total = count_matches(connection, matching, query.total, is_few)
            # One row more than the page shows tells whether there is a next page.
            page = select_resources().where(*matching, after_cursor(query.after, order)).limit(query.count + 1)
            shown, is_last = read_page(connection, page.order_by(*(each.clause for each in order)), query.count)
        following = None if is_last else tuple(shown[-1][0]._mapping[each.column] for each in order)
        return ResultPage(total, tuple(resource for _, resource in shown), following)


def stored_since(moment: datetime) -> ColumnElement[bool]:
    """The condition that a version was stored at a moment or later. Versions have milliseconds, so it is rounded up."""
    return t.resource.c.stored >= format_instant(moment + timedelta(microseconds=-moment.microsecond % 1000))


def read_page(
    connection: Connection, page: Select[Any], count: int
) -> tuple[list[tuple[Row[Any], StoredResource]], bool]:
    """The rows and resources of a page of at most ``count`` and ``PAGE_BYTES``, and whether it is the last page.

    Reads a few rows at a time: PostgreSQL would otherwise send all of them before the first one is looked at.
    """
    if not count:
        return [], True
    shown: list[tuple[Row[Any], StoredResource]] = []
    size = 0
    with connection.execute(page, execution_options={"yield_per": ROWS_AT_A_TIME}) as rows:
        for row in rows:
            size += len(body_of(row))
            if len(shown) == count or (shown and size > PAGE_BYTES):
                return shown, False
            shown.append((row, stored_resource(row)))
    return shown, True


def read_resource(
    connection: Connection, type_name: str, id: str, version: int | None = None, patient: str | None = None
) -> StoredResource | None:
    """This version of a resource, or the current version; None if there is none, or none of this patient."""
    which = t.resource.c.current if version is None else t.resource.c.version == version
    where = (t.resource.c.type == type_name, t.resource.c.id == id, which, of_patient(patient))
    row = connection.execute(select_resources().where(*where)).first()
    return None if row is None else stored_resource(row)
