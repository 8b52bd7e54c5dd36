"""Submissions in the store: what a submission or an amendment writes, and what it needs to read.

Each is written in one transaction, or nothing of it is.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from service.fhir.r4.types import Resource, StoredResource
from service.fhir.results.submission import SourceResponse, Submission
from service.fhir.results.versions import Key, ResourceVersion
from service.fhir.search.query import SearchQuery
from service.issues import Issue
from service.ports.access.audit import WriteAudit
from service.ports.access.form_links import LinkStore
from service.ports.form_tasks import FormTaskStore
from service.ports.form_visits import VisitStore
from service.ports.outbox import OutboxEntry
from service.ports.pulling.fetched import FetchedVersion
from service.ports.resources import ResourceReader
from service.ports.responses import PatientHistory, ResponseReader


@dataclass(frozen=True)
class Receipt:
    """Where a response is stored. ``created`` is False if an equal request was stored before."""

    id: str
    version: int
    stored: datetime
    created: bool
    resource: Resource
    warnings: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class KnownResponse:
    """A response found by a resend key: its first receipt, and the digest of its first content."""

    receipt: Receipt
    digest: str


@dataclass(frozen=True)
class ResendKey:
    """An identifier or Idempotency-Key that a resend repeats. ``path`` is the element that contains it."""

    system: str
    value: str
    path: str


@dataclass(frozen=True)
class RaisedTask:
    """A new version of the Task of an earlier submission, and the order of acceptance of that submission."""

    version: ResourceVersion
    sequence: int


@dataclass(frozen=True)
class NewSubmission:
    """All that one submission writes. ``bodies`` (as received), ``digests`` and ``keys`` are by response id.

    With ``unless`` nothing is written if a stored resource matches this query. ``raised_tasks``: of submissions before
    it, those that nobody has begun and that are more urgent now: by its answers, or because their end has passed.
    ``fetched``: the response was found on the FHIR server in this version, and is not sent back.
    """

    submission: Submission
    bundle: Resource
    bodies: Mapping[str, bytes]
    digests: Mapping[str, str]
    revision: int
    rules: str
    keys: Mapping[str, Sequence[ResendKey]] = field(default_factory=dict)
    unless: SearchQuery | None = None
    raised_tasks: tuple[RaisedTask, ...] = ()
    fetched: FetchedVersion | None = None


@dataclass(frozen=True)
class SubmissionRecord:
    """A stored submission: order of acceptance, id of the lead response, time of assessment, ids of the responses
    used, ids of those that it brought itself, id of the impression before, and `Patient.birthDate` if it was known."""

    sequence: int
    lead_id: str
    as_of: datetime
    uses: tuple[str, ...]
    brings: tuple[str, ...]
    previous: str | None = None
    birth_date: str | None = None


@dataclass(frozen=True)
class RevisedSubmission:
    """The changes that a new version of a response makes in one submission.

    ``submission`` is None if the submission is withdrawn. ``raised_tasks``: of other submissions, or of this one.
    """

    record: SubmissionRecord
    submission: Submission | None
    versions: tuple[ResourceVersion, ...]
    raised_tasks: tuple[RaisedTask, ...] = ()


@dataclass(frozen=True)
class ResponseRevision:
    """All that a new version of a response writes. With ``fetched`` it was found on the FHIR server, and is not sent
    back."""

    source: SourceResponse
    body: bytes
    digest: str
    revised: tuple[RevisedSubmission, ...]
    now: datetime
    revision: int
    rules: str
    fetched: FetchedVersion | None = None


@dataclass(frozen=True)
class Reassessment:
    """A submission assessed with this `Patient.birthDate` before its delivery; without ``revised`` no finding changes.

    ``bundle`` and ``versions``: what its outbox entry sends from now on. ``revision``: of the patient, as it was read.
    """

    record: SubmissionRecord
    revised: RevisedSubmission | None
    bundle: Resource
    versions: Mapping[str, int]
    now: datetime
    revision: int
    rules: str


class RevisionConflict(Exception):
    """Another request wrote for the same patient, used the same identifier, or stored a match, after this one read."""


class SubmissionReader(Protocol):
    """Stored submissions."""

    def read_history(self, patient: str) -> PatientHistory:
        """The history of a patient, given as a reference such as "Patient/p1"."""

    def find_known_response(self, system: str, value: str) -> KnownResponse | None:
        """The response with this identifier or Idempotency-Key, or None."""

    def submissions_using(self, id: str) -> Sequence[SubmissionRecord]:
        """The submissions that used a response, in order of acceptance."""

    def read_results(self, sequence: int) -> Mapping[Key, StoredResource]:
        """The current versions of the resources that a submission wrote, without its responses."""

    def read_standing(self, patient: str, sequence: int) -> frozenset[str]:
        """The references of the Tasks that the impressions of a patient's other submissions than this rely on."""


class SubmissionWriter(Protocol):
    """Writes submissions and amendments."""

    def turn(self, reference: str) -> AbstractContextManager[None]:
        """The turn to write for a patient or a response. Raises Unavailable if it does not come in time."""

    def save_submission(self, new: NewSubmission) -> None:
        """Writes a submission. Raises RevisionConflict if the patient's revision has changed, or ``unless`` matches."""

    def save_amendment(self, revision: ResponseRevision) -> None:
        """Writes a new version of a response. Raises RevisionConflict if the patient's revision has changed."""


class ReassessmentStore(Protocol):
    """The submissions whose outbox entries are being delivered."""

    def read_record(self, entry: OutboxEntry) -> SubmissionRecord | None:
        """The submission that an outbox entry belongs to; None if it is no longer stored."""

    def save_reassessment(self, entry: OutboxEntry, made: Reassessment) -> OutboxEntry:
        """Writes the new versions, the birth date, and what the leased entry sends, in one transaction, or nothing.

        Returns the entry as it is now. Raises RevisionConflict if the patient's revision has changed, or if another
        attempt has the entry.
        """

    def hold_tasks(self, entry: OutboxEntry, ids: Collection[str], reason: str, now: datetime) -> OutboxEntry:
        """Cancels Tasks of the leased entry for this reason, and takes them out of it, in one transaction.

        Returns the entry as it is now. Raises RevisionConflict if another attempt has the entry.
        """


class SubmissionStore(ResponseReader, SubmissionReader, SubmissionWriter, ResourceReader, Protocol):
    """The store of responses and results, as `submit`, `amend` and `transaction` need it."""

    @property
    def visits(self) -> VisitStore:
        """The visits of patients to the form; inside a transaction, those of the transaction."""

    @property
    def links(self) -> LinkStore:
        """The links by which patients open forms; inside a transaction, those of the transaction."""

    @property
    def form_tasks(self) -> FormTaskStore:
        """The Tasks that ask for forms; inside a transaction, those of the transaction."""

    @property
    def patient(self) -> str | None:
        """The only patient whose resources this store has, as a reference; None for all."""

    def for_access(self, patient: str | None, audit: WriteAudit | None) -> "SubmissionStore":
        """This store with the resources of one patient alone: others are not there, and are not taken.

        A write for another patient raises Forbidden. None for all patients. What is written is also written to the
        audit trail, in the same transaction, unless ``audit`` is None.
        """

    def transaction(self) -> AbstractContextManager["SubmissionStore"]:
        """A store whose reads and writes are one transaction: kept at the end, or undone by any failure."""
