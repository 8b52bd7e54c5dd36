"""The outbox, as the delivery needs it: entries to send, and what the FHIR server has received.

An entry is waiting, delivered or parked; a waiting entry is leased while a worker sends it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from service.fhir.r4.types import Resource

OutboxState = Literal["waiting", "delivered", "parked"]
# The reason of the entries with which the FHIR server denied access. While there are any, the queue is paused.
PAUSED = "the FHIR server denies access: the queue is paused"


@dataclass(frozen=True)
class ServerVersion:
    """The last version of a resource that we delivered.

    ``local`` is our version number, ``remote`` the versionId of the FHIR server if it returned one.
    """

    local: int
    remote: str | None = None


@dataclass(frozen=True)
class OutboxEntry:
    """One entry that is due: the Bundle of a submission or of a change of one, and the attempts before this one.

    ``failures`` are the last attempts in a row that this service did not finish: it failed or was killed.
    By address, such as "Observation/o-1": ``versions`` are our version numbers of the resources in the Bundle,
    ``server_versions`` are their versions on the FHIR server. ``reason`` is why an earlier attempt was not the last;
    None if the entry has not waited for another attempt. ``degraded`` says what was changed for a FHIR server that
    cannot take the entry as it was; None if nothing was. ``act`` is the submission, in order of acceptance.
    """

    id: int
    patient: str
    bundle: Resource
    attempts: int
    created: datetime
    versions: Mapping[str, int] = field(default_factory=dict)
    server_versions: Mapping[str, ServerVersion] = field(default_factory=dict)
    failures: int = 0
    reason: str | None = None
    degraded: str | None = None
    act: int = 0

    def age(self, now: datetime) -> timedelta:
        """The time since the entry was created; zero if the clock was set back."""
        return max(now - self.created, timedelta())


@dataclass(frozen=True)
class OutboxSummary:
    """One entry as an operator sees it, without patient and content.

    ``urgency`` is ``emergency`` or ``same-day`` if the entry is not delivered and has a red flag of that level.
    """

    id: int
    state: OutboxState
    attempts: int
    created: datetime
    due: datetime | None
    reason: str | None
    urgency: str | None = None


@dataclass(frozen=True)
class OutboxDetails:
    """One entry with all that is stored about it but its Bundle. ``resources`` are addresses with our versions.

    ``lease`` and ``owner`` say until when and by which process it is being sent.
    """

    summary: OutboxSummary
    patient: str
    resources: Mapping[str, int]
    failures: int
    settled: str | None
    lease: str | None
    owner: str | None
    degraded: str | None = None


class Outbox(Protocol):
    """The entries to deliver to the FHIR server."""

    def lease(self, now: datetime, until: datetime) -> OutboxEntry | None:
        """The next entry that is due, leased until ``until``; None if no entry is due.

        The same transaction increments its attempts, so that a later attempt knows that this one may have been sent.
        """

    def mark_delivered(self, entry: OutboxEntry, now: datetime, server_versions: Mapping[str, ServerVersion]) -> None:
        """Sets an entry to delivered and saves the versions that the server returned."""

    def postpone(
        self,
        entry: OutboxEntry,
        due: datetime,
        reason: str,
        bundle: Resource | None = None,
        server_versions: Mapping[str, ServerVersion] | None = None,
    ) -> None:
        """Sets the next attempt, and replaces the Bundle and the server versions if they are given."""

    def end_pause(self) -> int:
        """Gives the entries with the reason ``PAUSED`` another one. Returns their number."""

    def park(self, entry: OutboxEntry, now: datetime, reason: str) -> None:
        """Sets an entry to parked: an operator must decide."""

    def degrade(self, entry: OutboxEntry, reason: str, bundle: Resource, versions: Mapping[str, int]) -> OutboxEntry:
        """Replaces the Bundle of a leased entry, and our version numbers by address. Returns the entry as it is now."""

    def record_failure(self, entry: OutboxEntry, due: datetime, reason: str) -> None:
        """Sets the next attempt after a failure of this service, and increments ``failures``."""
