"""The statements of the writing transactions: a new submission, and an amendment with every result it changes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from service.adapters.database import tables as t
from service.adapters.database.access.patient_filter import own_system
from service.adapters.database.population.coded_rows import save_coded
from service.adapters.database.pulling.fetched import record_pick_up
from service.adapters.database.resources.new_rows import insert_if_new
from service.adapters.database.resources.resource_writes import PlacedVersion, insert_versions, write_resources
from service.adapters.database.searching.clauses import matching_clauses
from service.adapters.database.searching.driving_term import find_driving_term
from service.adapters.database.sending.outgoing import columns_of_versions
from service.adapters.database.tasks.rows import call_again, save_task
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.fhir.results.submission import SourceResponse, Submission
from service.fhir.results.versions import ResourceVersion, key_of
from service.fhir.search.query import SearchQuery
from service.ports.fetched import FetchedVersion
from service.ports.submissions import NewSubmission, ResponseRevision, RevisedSubmission, RevisionConflict

# The key of the lock in PostgreSQL: any number that nothing else uses.
CONDITIONAL_CREATE = 5_127_001


def insert_submission(connection: Connection, new: NewSubmission, patient: str | None = None) -> None:
    """Inserts responses, results and outbox entry. ``patient`` is that of the store, None for all.

    Raises RevisionConflict if the patient's revision has changed, or a resource matches ``new.unless``.
    """
    submission, subject = new.submission, new.submission.lead_source.response.patient
    increment_revision(connection, subject, new.revision)
    if new.unless is not None:
        require_no_match(connection, new.unless, patient)
    act = insert_act(connection, new)
    for source in submission.own_sources:
        insert_response(connection, source, new.bodies[source.id], new.digests[source.id])
    for id, keys in new.keys.items():
        for key in keys:
            insert_identity(connection, own_system(key.system, patient), key.value, id)
    versions, now = submitted_versions(new), format_instant(submission.now)
    insert_resources(connection, versions, act, subject, now)
    insert_outbox_entry(connection, act, subject, without_fetched(versions, new.fetched), now)
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


def insert_amendment(connection: Connection, revision: ResponseRevision, patient: str | None = None) -> None:
    """Inserts the new version of a response, and of each result that it changes, and their outbox entries.

    Raises RevisionConflict if the patient's revision has changed.
    """
    source, subject, now = revision.source, revision.source.response.patient, format_instant(revision.now)
    increment_revision(connection, subject, revision.revision)
    update_response(connection, source, revision.body, revision.digest, now)
    identifier = source.resource.get("identifier", {})
    if identifier.get("system") and identifier.get("value"):
        insert_identity(connection, own_system(identifier["system"], patient), identifier["value"], source.id)
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


def write_versions(
    connection: Connection,
    act: int,
    patient: str,
    versions: Sequence[ResourceVersion],
    now: str,
    fetched: FetchedVersion | None = None,
) -> None:
    """Inserts new versions of the resources of a submission, and an outbox entry with them."""
    insert_versions(connection, act, versions, now)
    for version in versions:
        save_task(connection, version.resource, act, patient, now)
    insert_outbox_entry(connection, act, patient, without_fetched(versions, fetched), now)


def without_fetched(versions: Sequence[ResourceVersion], fetched: FetchedVersion | None) -> list[ResourceVersion]:
    """The versions without the response that was found on the FHIR server: it is there already."""
    there = None if fetched is None else ("QuestionnaireResponse", fetched.id)
    return [version for version in versions if key_of(version.resource) != there]


def increment_revision(connection: Connection, patient: str, revision: int) -> None:
    """Increments the patient's revision. Raises RevisionConflict if it is not the one that was read."""
    if revision == 0:
        # A patient without a submission has no row, or one of a Task that asks for forms.
        connection.execute(insert_if_new(connection, t.patient), {"reference": patient, "revision": 0})
    where = (t.patient.c.reference == patient, t.patient.c.revision == revision)
    if connection.execute(update(t.patient).where(*where).values(revision=revision + 1)).rowcount != 1:
        raise RevisionConflict


def insert_act(connection: Connection, new: NewSubmission) -> int:
    """Inserts the row of a submission. Returns its place in the order of acceptance."""
    submission = new.submission
    row = {
        "lead": submission.lead_id,
        "patient": submission.lead_source.response.patient,
        "accepted": format_instant(submission.now),
        **act_columns(submission, [entry["resource"] for entry in new.bundle["entry"]]),
        "rules": new.rules,
        "brings": encode(list(submission.own_ids)).decode(),
    }
    return int(connection.execute(insert(t.act).returning(t.act.c.sequence), row).scalar_one())


def act_columns(submission: Submission, written: list[Resource]) -> dict[str, Any]:
    """Time of assessment, responses used, and impression.

    The impression of an unfinished response is left out: later ones must not name it as their previous one.
    """
    has_impression = any(resource["resourceType"] == "ClinicalImpression" for resource in written)
    return {
        "as_of": format_instant(submission.as_of),
        "uses": encode(list(submission.sources)).decode(),
        "impression": submission.impression_id if has_impression and not submission.is_partial else None,
        "previous": submission.previous,
    }


def update_act(connection: Connection, revised: RevisedSubmission, rules: str) -> None:
    """Updates the row of a submission. An impression that did not change stays."""
    submission, values = revised.submission, {"uses": "[]", "impression": None}
    if submission is not None:
        values = act_columns(submission, [version.resource for version in revised.versions])
        if values["impression"] is None and not submission.is_partial:
            del values["impression"]
    where = t.act.c.sequence == revised.record.sequence
    connection.execute(update(t.act).where(where).values(**values, rules=rules))


def insert_response(connection: Connection, source: SourceResponse, body: bytes, digest: str) -> None:
    """Inserts the state of a new response, and its body as received."""
    received = format_instant(source.received)
    row = {
        "id": source.id,
        "patient": source.response.patient,
        "instrument": source.instrument_name,
        **response_columns(source),
        "first": received,
    }
    connection.execute(insert(t.response), row)
    insert_received(connection, source, body, digest, received)


def update_response(connection: Connection, source: SourceResponse, body: bytes, digest: str, now: str) -> None:
    """Updates the state of a response, and inserts the body of its new version as received.

    Raises RevisionConflict if the version before is not the current one.
    """
    insert_received(connection, source, body, digest, now)
    before = (t.response.c.id == source.id, t.response.c.version == source.version - 1)
    if connection.execute(update(t.response).where(*before).values(response_columns(source))).rowcount != 1:
        raise RevisionConflict


def response_columns(source: SourceResponse) -> dict[str, Any]:
    """The columns of a response that a new version may change."""
    return {
        "authored": format_instant(source.order_time),
        "status": source.response.status,
        "version": source.version,
        "is_test": source.is_test,
    }


def insert_received(connection: Connection, source: SourceResponse, body: bytes, digest: str, at: str) -> None:
    """Inserts a version of a response, byte for byte as received, and its coded answers."""
    save_coded(connection, source)
    row = {"id": source.id, "version": source.version, "at": at, "body": body, "digest": digest}
    connection.execute(insert(t.received), row)


def insert_identity(connection: Connection, system: str, value: str, response: str) -> None:
    """Inserts an identifier or Idempotency-Key of a response. Raises IntegrityError if another response has it."""
    system, value = t.index_key(system), t.index_key(value)
    where = (t.identity.c.system == system, t.identity.c.value == value)
    if connection.scalar(select(t.identity.c.response).where(*where)) != response:
        connection.execute(insert(t.identity), {"system": system, "value": value, "response": response})


def submitted_versions(new: NewSubmission) -> list[ResourceVersion]:
    """Version 1 of the results as sent, and of the responses as received."""
    received = {source.id: source.resource for source in new.submission.own_sources}
    sent = [entry["resource"] for entry in new.bundle["entry"]]
    return [
        ResourceVersion(received[each["id"]], 1, each)
        if each["resourceType"] == "QuestionnaireResponse"
        else ResourceVersion(each, 1)
        for each in sent
    ]


def insert_resources(
    connection: Connection, versions: Sequence[ResourceVersion], act: int, patient: str, now: str
) -> None:
    """Inserts the resources of a new submission, with their search index."""
    for version in versions:
        save_task(connection, version.resource, act, patient, now)
    placed = [PlacedVersion(version, position, now, now) for position, version in enumerate(versions)]
    write_resources(connection, act, placed)


def insert_outbox_entry(
    connection: Connection, act: int, patient: str, versions: Sequence[ResourceVersion], now: str
) -> None:
    """Inserts a waiting entry that is due now, and sends these versions, which are stored; without any, none."""
    if not versions:
        return
    row = {
        "act": act,
        "patient": patient,
        **columns_of_versions(connection, act, versions),
        "state": "waiting",
        **dict.fromkeys(("attempts", "failures"), 0),
        "created": now,
        "due": now,
    }
    connection.execute(insert(t.outbox), row)
