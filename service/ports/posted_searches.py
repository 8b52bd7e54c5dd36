"""Searches sent by POST, kept for their further pages: the addresses of these must not contain the parameters.

https://hl7.org/fhir/R4/http.html#search
"""

from datetime import datetime
from typing import Protocol

from service.fhir.search.request_parser import QueryParameters


class PostedSearches(Protocol):
    """The parameters of posted searches, by a name that cannot be guessed."""

    def save_search(
        self, type_name: str, parameters: QueryParameters, now: datetime, until: datetime, owner: str = ""
    ) -> str:
        """Saves the parameters of a search until ``until``, for ``owner`` alone. Returns their name."""

    def find_search(self, name: str, type_name: str, now: datetime, owner: str = "") -> QueryParameters | None:
        """The parameters with this name of ``owner``; None if there are none or they have expired."""
