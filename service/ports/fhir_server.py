"""The FHIR server of the site, as the delivery needs it.

https://hl7.org/fhir/R4/http.html
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from service.fhir.r4.types import Resource

# The ``problem`` of a response if the connection is not safe.
UNTRUSTED = "the FHIR server's certificate cannot be trusted"
# The ``problem`` of a response whose body is beyond the limit.
TOO_LARGE = "the response of the FHIR server is too large"


@dataclass(frozen=True)
class ServerResponse:
    """The response of the FHIR server to one request.

    ``status`` is None if no response arrived; ``problem`` then says why, otherwise it lists the issue codes.
    ``retry_after`` is the wait that the server asks for, ``bundle`` the resource in the body, ``version`` the versionId
    in ETag, ``location`` the header Location.
    """

    status: int | None
    problem: str = ""
    retry_after: timedelta | None = None
    bundle: Resource | None = None
    version: str | None = None
    location: str | None = None


@dataclass(frozen=True)
class LookUp:
    """Resources on the FHIR server, by address, such as "Observation/o-1".

    An address is in ``found``, in ``missing``, or in neither of them if the server did not tell. ``failure`` is the
    first response that was no answer.
    """

    found: Mapping[str, Resource] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    failure: ServerResponse | None = None


@dataclass(frozen=True)
class Capabilities:
    """What the FHIR server says that it can do; everything, if it does not tell.

    ``types``: the resource types that it can write, None for all. ``without_update_create``: those of which an update
    creates none: there our id is an identifier or a tag, and the server assigns its own.
    """

    transaction: bool = True
    types: frozenset[str] | None = None
    without_update_create: frozenset[str] = frozenset()

    def has(self, type_name: str) -> bool:
        """True if resources of this type can be written."""
        return self.types is None or type_name in self.types


class FhirServer(Protocol):
    """The FHIR server of the site."""

    @property
    def base(self) -> str:
        """The base address, without a slash at the end."""

    def capabilities(self) -> Capabilities:
        """What the server says that it can do."""

    def transact(self, bundle: Resource) -> ServerResponse:
        """Sends a transaction Bundle."""

    def update(self, resource: Resource, if_match: str | None = None) -> ServerResponse:
        """Sends one resource under its id, with the ETag in If-Match if it is given."""

    def look_up(self, addresses: Collection[str], whole: bool = False) -> LookUp:
        """Searches for resources by address; with ``whole``, their whole content is returned.

        Sends one search per type, all of them within one time limit.
        """


@dataclass(frozen=True)
class ChangesPage:
    """One page of responses on the FHIR server, each with its `id` and `meta`, in the order of `meta.lastUpdated`.

    ``next_path`` is the address of the next page below the base; None if ``has_more`` is false, or its link leads to
    another server. ``failure`` is the response of the server if it is no page.
    """

    resources: Sequence[Resource] = ()
    has_more: bool = False
    next_path: str | None = None
    failure: ServerResponse | None = None


class ChangeServer(FhirServer, Protocol):
    """The FHIR server of the site, as the search for responses needs it."""

    def search_changes(self, since: str) -> ChangesPage:
        """The first page of the responses whose `meta.lastUpdated` is at this instant or later."""

    def search_page(self, path: str) -> ChangesPage:
        """A further page, by its address below the base."""

    def read_version(self, address: str, version: str) -> ServerResponse:
        """One version of a resource: the interaction `vread`."""

    def read_events(self, subscription: str, first: int, last: int) -> ServerResponse:
        """The events of a Subscription with these numbers, both ends included: the operation `$events`."""


class TaskServer(FhirServer, Protocol):
    """The FHIR server of the site, as the search for Tasks that ask for forms needs it."""

    def search_asked(self) -> ChangesPage:
        """The first page of the Tasks that ask for forms and that nobody has taken."""

    def search_asked_page(self, path: str) -> ChangesPage:
        """A further page, by its address below the base."""
