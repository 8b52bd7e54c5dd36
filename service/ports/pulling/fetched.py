"""Versions of responses that this service has seen on the FHIR server.

https://hl7.org/fhir/R4/resource.html#Meta
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from service.fhir.r4.types import Resource
from service.ports.outbox import ServerVersion

# assessed: it made a new version here. known: this service has this content already, for example because it wrote it.
# skipped: it answers the form of somebody else, or was withdrawn before it was seen. refused: it cannot be accepted.
PickUpOutcome = Literal["assessed", "known", "skipped", "refused"]


@dataclass(frozen=True)
class FetchedVersion:
    """A version of a response on the FHIR server with the base ``source``.

    ``version`` is its `meta.versionId`, ``updated`` its `meta.lastUpdated` as an instant in UTC; each is None if the
    server does not tell.
    """

    id: str
    source: str
    version: str | None = None
    updated: str | None = None

    def is_newer_than(self, other: "FetchedVersion") -> bool:
        """True if this version replaced the other one.

        R4 does not order versionIds, but servers that use numbers count up. Others are ordered by `meta.lastUpdated`.
        """
        numbers = [each.version for each in (self, other) if each.version is not None and each.version.isdecimal()]
        if len(numbers) == 2:
            return int(numbers[0]) > int(numbers[1])
        if self.updated is not None and other.updated is not None and self.updated != other.updated:
            return self.updated > other.updated
        return self.version != other.version


class FetchedStore(Protocol):
    """What this service knows of the responses on the FHIR server."""

    def read_fetched(self, ids: Sequence[str]) -> Mapping[str, FetchedVersion]:
        """The last version seen of each of these responses, by id; those that were never seen are left out."""

    def save_fetched(self, fetched: FetchedVersion, outcome: PickUpOutcome) -> None:
        """Saves that a version was seen, and what became of it, unless a newer one was seen meanwhile."""

    def read_sent(self, id: str) -> Sequence[Resource]:
        """The contents of a response for the FHIR server that were changed for it, and are no stored version."""

    def read_delivered(self, address: str) -> ServerVersion | None:
        """The last version of a resource that we delivered, or that was picked up; None if there is none."""
