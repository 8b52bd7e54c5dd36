"""What is handed to the store and what comes back: values without behaviour, known to verbs and adapters alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from service.fhir.acts import Act, Part
from service.fhir.reading import Resource
from service.screening.faults import Fault
from service.screening.selection import Dated


@dataclass(frozen=True)
class Stored:
    """A response that was taken in before; ``received`` is when it first came."""

    resource: Resource
    received: datetime
    version: int


@dataclass(frozen=True)
class ImpressionMark:
    """An impression written before: its id, its moment of assessment, and its place in the order of acceptance."""

    id: str
    as_of: datetime
    sequence: int


@dataclass(frozen=True)
class History:
    """What is stored of a patient, and a number that changes whenever that does."""

    revision: int = 0
    responses: Sequence[Dated] = ()
    impressions: Sequence[ImpressionMark] = ()


@dataclass(frozen=True)
class Receipt:
    """Where a response is kept. ``created`` is false when the same was taken before."""

    id: str
    version: int
    stored: datetime
    created: bool
    resource: Resource
    warnings: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Known:
    """A response known by its identifier: where it is kept, and the digest of its content."""

    receipt: Receipt
    digest: str


@dataclass(frozen=True)
class ResendKey:
    """Something by which a resend is known, and the element that gave it."""

    system: str
    value: str
    place: str


@dataclass(frozen=True)
class Acceptance:
    """All that one act writes, in one transaction or not at all. ``bodies`` and ``digests`` are by response id,
    ``keys`` are by what a resend is known."""

    act: Act
    bundle: Resource
    bodies: Mapping[str, bytes]
    digests: Mapping[str, str]
    revision: int
    rules: str
    keys: Sequence[ResendKey] = ()


@dataclass(frozen=True)
class ActRecord:
    """An act as stored: its place in the order of acceptance, its lead, its moment, the ids of the responses
    it was drawn on, and the impression before it."""

    sequence: int
    lead: str
    as_of: datetime
    uses: tuple[str, ...]
    previous: str | None = None


@dataclass(frozen=True)
class Version:
    """A version of a resource to be stored; ``sent`` is what goes out, where that differs."""

    resource: Resource
    number: int
    sent: Resource | None = None

    @property
    def outgoing(self) -> Resource:
        return self.sent or self.resource


@dataclass(frozen=True)
class Revised:
    """What a new version of a response changes in one act. ``act`` is None when nothing of it remains."""

    record: ActRecord
    act: Act | None
    versions: tuple[Version, ...]


@dataclass(frozen=True)
class Revision:
    """All that a new version of a response writes, in one transaction or not at all."""

    part: Part
    body: bytes
    digest: str
    revised: tuple[Revised, ...]
    now: datetime
    revision: int
    rules: str


class Clash(Exception):
    """Something of the patient, or the same identifier, was stored since it was read."""


@dataclass(frozen=True)
class There:
    """What the FHIR server holds of a resource of ours: our version, and what the server calls it, if it said so."""

    ours: int
    theirs: str | None = None


@dataclass(frozen=True)
class Entry:
    """One outbox entry that is due: the Bundle of an act, and how often it was tried.

    ``versions`` are ours of what it brings, ``there`` what the server holds of it, both by address.
    """

    id: int
    patient: str
    bundle: Resource
    attempts: int
    created: datetime
    versions: Mapping[str, int] = field(default_factory=dict)
    there: Mapping[str, There] = field(default_factory=dict)

    def age(self, now: datetime) -> timedelta:
        """How long it has been in the outbox."""
        return now - self.created


@dataclass(frozen=True)
class Answer:
    """What the server answered: its status (None when none came), when it asks to come back, and its Bundle."""

    status: int | None
    problem: str = ""
    retry_after: timedelta | None = None
    bundle: Resource | None = None


@dataclass(frozen=True)
class OutboxLine:
    """One outbox entry as an operator sees it: no patient, no content."""

    id: int
    state: str
    attempts: int
    created: datetime
    due: datetime | None
    reason: str | None


@dataclass(frozen=True)
class Held:
    """A resource as it is kept: its version and when that was stored."""

    resource: Resource
    version: int
    stored: datetime


@dataclass(frozen=True)
class Term:
    """One search condition on one parameter: any of ``values`` must match."""

    parameter: str
    kind: str
    values: tuple["Match", ...]


@dataclass(frozen=True)
class Match:
    """One value searched for. Tokens and references match ``system`` and ``value`` where given; dates the
    range from ``low`` to before ``high``, as ``prefix`` says."""

    system: str | None = None
    value: str | None = None
    prefix: str = "eq"
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True)
class Query:
    """A search of one type of resource: every term must hold. ``after`` continues behind a place in the order."""

    type: str
    terms: tuple[Term, ...] = ()
    count: int = 20
    after: tuple[int, int] | None = None


@dataclass(frozen=True)
class Page:
    """What a search found: how many in all, this page of them, and where the next begins."""

    total: int
    found: tuple[Held, ...] = field(default=())
    next: tuple[int, int] | None = None
