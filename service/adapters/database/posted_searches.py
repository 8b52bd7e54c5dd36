"""Posted searches in the database, and the key that signs the links to further pages."""

import hashlib
import secrets
from datetime import datetime

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.fhir.r4.datetimes import format_instant
from service.fhir.search.request_parser import QueryParameters

NAME_BYTES = 16
KEY_BYTES = 32
# Each is at most ``MAX_LENGTH`` characters (fhir/search/request_parser.py): together about 160 MB.
MAX_SEARCHES = 10_000


class DatabaseSearches:
    """Posted searches, common to all processes on one database: a `PostedSearches`."""

    def __init__(self, database: Database, most: int = MAX_SEARCHES) -> None:
        self.database = database
        self.most = most

    def save_search(
        self, type_name: str, parameters: QueryParameters, now: datetime, until: datetime, owner: str = ""
    ) -> str:
        """Saves the parameters of a search until ``until``, for ``owner`` alone. Returns a random name.

        Deletes expired searches, and the oldest ones beyond ``most``.
        """
        name = secrets.token_urlsafe(NAME_BYTES)
        row = {
            "name": owned_name(name, owner),
            "type": type_name,
            "parameters": msgspec.json.encode(parameters).decode(),
        }
        with self.database.write() as connection:
            connection.execute(delete(t.posted_search).where(t.posted_search.c.until < format_instant(now)))
            kept = select(t.posted_search.c.name).order_by(t.posted_search.c.until.desc(), t.posted_search.c.name)
            oldest = kept.offset(self.most - 1).scalar_subquery()
            connection.execute(delete(t.posted_search).where(t.posted_search.c.name.in_(oldest)))
            connection.execute(insert(t.posted_search).values(**row, until=format_instant(until)))
        return name

    def find_search(self, name: str, type_name: str, now: datetime, owner: str = "") -> QueryParameters | None:
        """The parameters with this name of ``owner``; None if there are none or they have expired."""
        columns = t.posted_search.c
        where = (
            columns.name == owned_name(name, owner),
            columns.type == type_name,
            columns.until >= format_instant(now),
        )
        with self.database.read() as connection:
            text = connection.scalar(select(columns.parameters).where(*where))
        return None if text is None else msgspec.json.decode(text, type=list[tuple[str, str]])

    def read_page_key(self) -> bytes:
        """The key that signs page links; made at the first call."""
        with self.database.read() as connection:
            key = connection.scalar(select(t.page_key.c.key))
        return bytes(key) if key is not None else self.make_page_key()

    def make_page_key(self) -> bytes:
        """A new random key, or the key that another process has just made."""
        key = secrets.token_bytes(KEY_BYTES)
        try:
            with self.database.write() as connection:
                connection.execute(insert(t.page_key).values(row=1, key=key))
        except IntegrityError:
            return self.read_page_key()
        return key


def owned_name(name: str, owner: str) -> str:
    """The name as it is stored: another owner does not find it."""
    return hashlib.sha256(f"{owner} {name}".encode()).hexdigest() if owner else name
