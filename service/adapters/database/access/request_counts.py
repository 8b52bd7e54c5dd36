"""Rate limits by the library `limits`, which has no store in SQL: counts in PostgreSQL, common to all processes.

With SQLite there is one process, which counts in its memory.
https://limits.readthedocs.io/en/stable/custom-storage.html
"""

import hashlib
from collections.abc import Mapping
from datetime import timedelta

from limits import RateLimitItem
from limits.storage import MemoryStorage, Storage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from service.adapters.database.access.access_tables import request_count
from service.adapters.database.engine import Database
from service.fhir.r4.datetimes import format_instant, parse_datetime
from service.ports.access.rate_limits import LimitKind

COLUMNS = request_count.c


class DatabaseCounts(Storage):
    """The counts in PostgreSQL, by the clock of the database."""

    STORAGE_SCHEME = None

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database

    @property
    def base_exceptions(self) -> type[Exception]:
        """The failures of the database."""
        return DBAPIError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Counts under a key; begins again if its time is over. Returns the count."""
        now = self.database.now()
        text, until = format_instant(now), format_instant(now + timedelta(seconds=expiry))
        new = insert(request_count).values(key=key, count=amount, until=until)
        is_over = COLUMNS.until <= text
        counted = new.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "count": case((is_over, amount), else_=COLUMNS.count + amount),
                "until": case((is_over, until), else_=COLUMNS.until),
            },
        ).returning(COLUMNS.count)
        with self.database.write() as connection:
            found = int(connection.execute(counted).scalar_one())
            if found == amount:
                connection.execute(delete(request_count).where(COLUMNS.until <= text))
        return found

    def get(self, key: str) -> int:
        """The count under a key."""
        where = (COLUMNS.key == key, COLUMNS.until > format_instant(self.database.now()))
        with self.database.read() as connection:
            return connection.scalar(select(COLUMNS.count).where(*where)) or 0

    def get_expiry(self, key: str) -> float:
        """When the count under a key begins again, in seconds since 1970."""
        with self.database.read() as connection:
            until = connection.scalar(select(COLUMNS.until).where(COLUMNS.key == key))
        return (parse_datetime(until).sort_key if until else self.database.now()).timestamp()

    def check(self) -> bool:
        """True: a failure is raised where it happens."""
        return True

    def reset(self) -> int | None:
        """Deletes all counts."""
        with self.database.write() as connection:
            return connection.execute(delete(request_count)).rowcount

    def clear(self, key: str) -> None:
        """Deletes a count."""
        with self.database.write() as connection:
            connection.execute(delete(request_count).where(COLUMNS.key == key))


class CountedLimits:
    """The limits of the settings: a `RateLimits`. A kind without a limit is not counted."""

    def __init__(self, database: Database, limits: Mapping[LimitKind, RateLimitItem]) -> None:
        self.database, self.limits = database, limits
        self.limiter = FixedWindowRateLimiter(MemoryStorage() if database.is_sqlite else DatabaseCounts(database))

    def count_request(self, kind: LimitKind, name: str) -> int | None:
        """Counts a request. None if it is within the limit, else the seconds until requests are taken again."""
        limit = self.limits.get(kind)
        key = hashlib.sha256(name.encode()).hexdigest()
        if limit is None or self.limiter.hit(limit, kind, key):
            return None
        reset = self.limiter.get_window_stats(limit, kind, key).reset_time
        return max(1, round(reset - self.database.now().timestamp()))
