"""How often a client, an address or a link may ask."""

from typing import Literal, Protocol

# A client with a token, an address whatever it sends, tries to open one link.
LimitKind = Literal["client", "address", "link"]


class RateLimits(Protocol):
    """Counts requests, for all processes on one database together."""

    def count_request(self, kind: LimitKind, name: str) -> int | None:
        """Counts a request. None if it is within the limit, else the seconds until requests are taken again."""
