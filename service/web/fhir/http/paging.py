"""Links to further pages: signed, valid for one hour, and only for the same search or history.

https://hl7.org/fhir/R4/http.html#paging
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from itsdangerous import BadData, URLSafeSerializer

from service.fhir.ids import canonical_json
from service.fhir.search.bundles import BundleLink
from service.fhir.search.query import Cursor
from service.fhir.search.request_parser import QueryParameters
from service.issues import Issue, Malformed

LINK_LIFETIME = timedelta(hours=1)
PAGE = "_page"
POSTED = "_posted"


@dataclass(frozen=True)
class PagedListing:
    """A search or a history: its address, the parameters that were applied, and the value of `_page` if any.

    ``caller`` is the key of whoever asks, empty without access control.
    """

    address: str
    used: QueryParameters
    page: str | None = None
    caller: str = ""

    def read_cursor(self, key: bytes, now: datetime) -> Cursor | None:
        """The start of the requested page; None for the first page.

        Raises Malformed if the link was not made by this service, belongs to another listing, or has expired.
        """
        if self.page is None:
            return None
        try:
            until, *cursor = self.serializer(key).loads(self.page)
        except BadData:
            raise unknown_page() from None
        if now.timestamp() > until:
            raise unknown_page()
        return tuple(cursor)

    def self_link(self) -> BundleLink:
        """Relation and address of this page, with the parameters that were applied."""
        page = [(PAGE, self.page)] if self.page else []
        return BundleLink("self", f"{self.address}?{urlencode([*self.used, *page])}")

    def next_link(self, cursor: Cursor, key: bytes, now: datetime, posted: str | None = None) -> BundleLink:
        """Relation and address of the page at a cursor.

        For a posted search the address contains its name ``posted`` instead of its parameters.
        """
        page = self.serializer(key).dumps([int((now + LINK_LIFETIME).timestamp()), *cursor])
        shown = [(POSTED, posted)] if posted else self.used
        return BundleLink("next", f"{self.address}?{urlencode([*shown, (PAGE, page)])}")

    def serializer(self, key: bytes) -> URLSafeSerializer:
        """Signs a cursor together with address and parameters, which are not part of the signed text."""
        signing: dict[str, Any] = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        # "effective" names the form of the cursor: a link of an earlier release has another form, and is not valid.
        # With access control, a link is valid for the caller that it was made for.
        own = [self.caller] if self.caller else []
        salt = canonical_json(["effective", self.address, *self.used, *own])
        return URLSafeSerializer(key, salt=salt, signer_kwargs=signing)


def unknown_page() -> Malformed:
    """The failure that a page link is not valid, or no longer."""
    text = "This page link is not valid, or has expired. Search again and follow the links from the first page."
    return Malformed([Issue("value", f"http.{PAGE}", text)])
