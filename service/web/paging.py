"""Links to further pages: signed, bound to their search, for one hour; nothing in them says what was posted.

https://hl7.org/fhir/R4/http.html#paging
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from itsdangerous import BadData, URLSafeSerializer

from service.fhir.ids import canonical_json
from service.fhir.search_requests import Given
from service.screening.faults import Fault, Malformed

LIFE = timedelta(hours=1)
PAGE = "_page"
POSTED = "_posted"
Place = tuple[int, int]


@dataclass(frozen=True)
class Listing:
    """A search or a history: its address, the parameters really used, and the page of it that is asked for."""

    address: str
    used: Given
    page: str | None = None

    def place(self, key: bytes, now: datetime) -> Place | None:
        """Where the page begins. Raises Malformed when its link is not ours, of another search, or too old."""
        if self.page is None:
            return None
        try:
            until, act, position = self.signer(key).loads(self.page)
        except BadData:
            raise unknown_page() from None
        if now.timestamp() > until:
            raise unknown_page()
        return act, position

    def link(self) -> tuple[str, str]:
        """The link of this page to itself, which says what was really used."""
        page = [(PAGE, self.page)] if self.page else []
        return "self", f"{self.address}?{urlencode([*self.used, *page])}"

    def next(self, place: Place, key: bytes, now: datetime, posted: str | None = None) -> tuple[str, str]:
        """The link to the page that begins at a place; of a posted search, without its parameters."""
        page = self.signer(key).dumps([int((now + LIFE).timestamp()), *place])
        shown = [(POSTED, posted)] if posted else self.used
        return "next", f"{self.address}?{urlencode([*shown, (PAGE, page)])}"

    def signer(self, key: bytes) -> URLSafeSerializer:
        """Signs a place together with what it belongs to, which is not written with it."""
        signing: dict[str, Any] = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        return URLSafeSerializer(key, salt=canonical_json([self.address, *self.used]), signer_kwargs=signing)


def unknown_page() -> Malformed:
    text = "This page is not known, or no longer. Search again and follow the links from the first page."
    return Malformed([Fault("value", f"http.{PAGE}", text)])
