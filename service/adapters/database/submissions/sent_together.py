"""Statements whose results nobody reads, sent to PostgreSQL at once: one way there and back instead of one for each.

https://www.psycopg.org/psycopg3/docs/advanced/pipeline.html
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError


@contextmanager
def sent_together(connection: Connection) -> Iterator[None]:
    """Sends what is executed in it at its end. No statement in it may return rows. SQLite executes each at once.

    Raises IntegrityError, or another DBAPIError, as a statement alone would: the driver finds it at the end.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    driver: Any = connection.dialect.dbapi
    pooled: Any = connection.connection.driver_connection
    try:
        with pooled.pipeline():
            yield
    except driver.IntegrityError as problem:
        raise IntegrityError(None, None, problem) from problem
    except driver.Error as problem:
        raise DBAPIError(None, None, problem) from problem
