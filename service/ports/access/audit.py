"""The audit store: who did what to whose data, kept apart from the log, never changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from service.fhir.r4.types import Resource


@dataclass(frozen=True)
class Actor:
    """Whoever asked. ``client`` and ``subject`` are names at the ``issuer``, ``user`` a reference; None if not known.

    ``address`` is that of the connection.
    """

    address: str
    issuer: str | None = None
    client: str | None = None
    subject: str | None = None
    user: str | None = None


@dataclass(frozen=True)
class Access:
    """One access or refusal.

    ``interaction`` is a code of restful-interaction, ``reference`` what it was about, such as "Observation/o-1",
    ``query`` the parameters of a search as they were sent, ``status`` the HTTP status, ``request`` the X-Request-Id.
    """

    at: datetime
    request: str
    interaction: str
    status: int
    actor: Actor
    server: str
    patient: str | None = None
    reference: str | None = None
    query: str | None = None


class Written(NamedTuple):
    """A resource that a transaction wrote: the interaction, its reference, and its patient."""

    interaction: str
    reference: str
    patient: str


class WriteAudit(Protocol):
    """What a store asks for the AuditEvents of what it writes, which it writes in the same transaction."""

    def events_of(self, written: Sequence[Written]) -> Sequence[Resource]:
        """The AuditEvents of these writes."""

    def settle(self, is_committed: bool) -> None:
        """Says whether the transaction of the latest writes was committed, or undone."""


class AuditTrail(Protocol):
    """The audit store."""

    def append_events(self, events: Sequence[Resource]) -> None:
        """Keeps AuditEvents, in this order. Raises Unavailable if it cannot: then nothing may be served."""


@dataclass(frozen=True)
class AuditRecord:
    """One kept AuditEvent, as text, and its place in the chain of hashes."""

    sequence: int
    body: str
    previous: str
    hash: str


@dataclass(frozen=True)
class ChainReport:
    """What a check of the chain found: number of records, the last hash, and where the chain is broken."""

    count: int
    last: str
    broken: tuple[int, ...] = field(default=())


class AuditReader(Protocol):
    """The kept AuditEvents."""

    def records(self) -> Iterator[AuditRecord]:
        """All records, in order."""
