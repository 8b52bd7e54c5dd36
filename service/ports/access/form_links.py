"""Links by which a patient opens forms: each for one patient, for some time, and for one submission."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.ports.form_visits import FormSession

# A guess of a birth date has one chance in some 20,000: five tries in the life of a link.
MAX_WRONG_DATES = 5


@dataclass(frozen=True)
class FormLink:
    """A link, without its token. ``session`` is what it opens; the id of the link is in it.

    ``birth_date`` is the HMAC of the date under the token, None if no date is asked. ``opened`` is when it was first
    opened; ``is_sent`` is True once its forms were sent. ``task`` is the id of the Task that it belongs to.
    """

    id: str
    session: FormSession
    made_by: str
    made: datetime
    until: datetime
    birth_date: str | None = None
    wrong_dates: int = 0
    opened: datetime | None = None
    revoked: datetime | None = None
    is_sent: bool = False
    task: str | None = None

    def is_valid(self, now: datetime) -> bool:
        """True if the link may be opened: not expired, revoked, sent, or locked after wrong birth dates."""
        is_locked = self.wrong_dates >= MAX_WRONG_DATES
        return now < self.until and self.revoked is None and not self.is_sent and not is_locked


class LinkStore(Protocol):
    """The links."""

    def save_link(self, link: FormLink, digest: str) -> None:
        """Stores a new link. ``digest`` is the SHA-256 of its token."""

    def find_link(self, digest: str) -> FormLink | None:
        """The link of the token with this SHA-256, or None."""

    def list_links(self) -> Sequence[FormLink]:
        """All links, the oldest first."""

    def count_wrong_date(self, id: str) -> None:
        """Counts a wrong birth date."""

    def note_opened(self, id: str, now: datetime) -> None:
        """Notes when a link was first opened."""

    def revoke_link(self, id: str, now: datetime) -> bool:
        """Revokes a link, and with it every browser that works with it. False if there is no such link."""
