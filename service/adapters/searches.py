"""Searches that were posted, kept for their further pages, and the key that signs the links to pages."""

import secrets
from datetime import datetime

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from service.adapters import tables as t
from service.adapters.database import Database
from service.fhir.search_requests import Given
from service.fhir.times import instant

NAME_BYTES = 16
KEY_BYTES = 32


class DatabaseSearches:
    """Posted searches in the database, so that every process knows them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def keep(self, type_name: str, given: Given, now: datetime, until: datetime) -> str:
        """Keeps the parameters of a search under a name that cannot be guessed; forgets those that have expired."""
        name = secrets.token_urlsafe(NAME_BYTES)
        row = {"name": name, "type": type_name, "parameters": msgspec.json.encode(given).decode()}
        with self.database.write() as connection:
            connection.execute(delete(t.posted_search).where(t.posted_search.c.until < instant(now)))
            connection.execute(insert(t.posted_search).values(**row, until=instant(until)))
        return name

    def kept(self, name: str, type_name: str, now: datetime) -> Given | None:
        """The parameters of a search, until it expires."""
        kept = t.posted_search.c
        where = (kept.name == name, kept.type == type_name, kept.until >= instant(now))
        with self.database.read() as connection:
            text = connection.scalar(select(kept.parameters).where(*where))
        return None if text is None else msgspec.json.decode(text, type=list[tuple[str, str]])

    def key(self) -> bytes:
        """The key for links, made by whoever asks first."""
        with self.database.read() as connection:
            found = connection.scalar(select(t.page_key.c.key))
        return bytes(found) if found is not None else self.make_key()

    def make_key(self) -> bytes:
        made = secrets.token_bytes(KEY_BYTES)
        try:
            with self.database.write() as connection:
                connection.execute(insert(t.page_key).values(row=1, key=made))
        except IntegrityError:
            return self.key()
        return made
