"""Makes, opens and revokes links to forms. Of a token only its SHA-256 is stored: nobody can open a stored link."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from service.ports.access.form_links import FormLink, LinkStore
from service.ports.form_visits import CompletionMode, FormSession

# 256 random bits: https://owasp.org/www-project-application-security-verification-standard/
TOKEN_BYTES = 32
USUAL_TIME, LONGEST_TIME = timedelta(hours=72), timedelta(days=14)


@dataclass(frozen=True)
class LinkOrder:
    """A link to make: for whom, to which forms (canonicals with version), for how long, and by whom.

    With a ``birth_date`` the patient is asked for it.
    """

    patient: str
    forms: tuple[str, ...]
    made_by: str
    time: timedelta = USUAL_TIME
    birth_date: date | None = None
    language: str = "en"
    mode: CompletionMode = "link"
    task: str | None = None


class MadeLink(NamedTuple):
    """A new link, and its token, which is told once and never again."""

    link: FormLink
    token: str


class OpenedLink(NamedTuple):
    """What a link gives: the session, or None. ``asks_again``: the birth date was wrong, and may be tried again."""

    session: FormSession | None
    asks_again: bool = False
    link: FormLink | None = None


def make_link(order: LinkOrder, store: LinkStore, id: str, token: str, now: datetime) -> MadeLink:
    """Makes a link. ``token`` is random (``TOKEN_BYTES``). A longer time than ``LONGEST_TIME`` is cut."""
    session = FormSession(order.patient, order.forms, order.mode, order.language, id)
    until = now + min(order.time, LONGEST_TIME)
    date_code = None if order.birth_date is None else birth_date_code(token, order.birth_date)
    link = FormLink(id, session, order.made_by, now, until, date_code, task=order.task)
    store.save_link(link, token_digest(token))
    return MadeLink(link, token)


def find_valid_link(token: str, store: LinkStore, now: datetime) -> FormLink | None:
    """The link of a token if it may be opened; changes nothing. Mail scanners open links before patients do."""
    link = store.find_link(token_digest(token))
    return link if link is not None and link.is_valid(now) else None


def open_link(token: str, birth_date: date | None, store: LinkStore, now: datetime) -> OpenedLink:
    """Opens a link. The answer is the same for a link that is unknown, expired, revoked, locked or sent."""
    link = find_valid_link(token, store, now)
    if link is None:
        return OpenedLink(None)
    if link.birth_date is not None:
        given = "" if birth_date is None else birth_date_code(token, birth_date)
        if not hmac.compare_digest(given, link.birth_date):
            store.count_wrong_date(link.id)
            again = find_valid_link(token, store, now)
            return OpenedLink(None, again is not None, link)
    store.note_opened(link.id, now)
    return OpenedLink(link.session, link=link)


def revoke_links(ids: Sequence[str], store: LinkStore, now: datetime) -> list[str]:
    """Revokes links. Returns the ids of which there is no link."""
    return [id for id in ids if not store.revoke_link(id, now)]


def token_digest(token: str) -> str:
    """The SHA-256 of a token in hex: it has 256 random bits, so nothing slower is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def birth_date_code(token: str, birth_date: date) -> str:
    """The HMAC of a birth date under the token: without the token, the date cannot be found by trying all dates."""
    return hmac.digest(token.encode(), birth_date.isoformat().encode(), "sha256").hex()
