"""Reading and searching resources, stored or published.

https://hl7.org/fhir/R4/http.html#read
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.fhir.r4.types import StoredResource
from service.fhir.search.query import Cursor, ResultPage, SearchQuery


@dataclass(frozen=True)
class VersionQuery:
    """A page of the history of a resource: at most ``count`` versions that were stored at ``since`` or later.

    The cursor of a page is (0, number of the version before its first one).
    """

    type: str
    id: str
    count: int
    since: datetime | None = None
    after: Cursor | None = None


class ResourceReader(Protocol):
    """Resources with their versions: what is published, or what is stored."""

    def read(self, type_name: str, id: str, version: int | None = None) -> StoredResource | None:
        """This version of a resource, or the current version; None if there is none."""

    def read_versions(self, query: VersionQuery) -> ResultPage | None:
        """One page of the versions of a resource, the newest first; None if there is no such resource."""

    def search(self, query: SearchQuery) -> ResultPage:
        """One page of the resources that match a query."""
