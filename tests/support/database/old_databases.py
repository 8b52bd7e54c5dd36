"""Databases of earlier versions, as the programs of those versions wrote them: tests/cases/databases."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from service.adapters.database.engine import Database
from tests.support.files import CASES

# The kinds of database: parameters of a fixture that asks for `filled_database`.
KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


def fill_sqlite(path: Path, version: int) -> str:
    """Writes a SQLite file with the tables of a version. Returns its address."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((CASES / "databases" / f"version-{version}.sqlite.sql").read_text())
    return f"sqlite:///{path}"


@contextmanager
def filled_postgres(server: str, version: int) -> Iterator[str]:
    """Makes a database with the tables of a version on a server; yields its address, and drops it."""
    with postgres_database(server) as url:
        with psycopg.connect(url) as connection:
            connection.execute((CASES / "databases" / f"version-{version}.postgresql.sql").read_bytes())
        yield url


@contextmanager
def postgres_database(server: str) -> Iterator[str]:
    """Makes an empty database on a server; yields its address, and drops it."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE fresh")
        try:
            yield make_url(server).set(database="fresh").render_as_string(hide_password=False)
        finally:
            connection.execute("DROP DATABASE fresh WITH (FORCE)")


@contextmanager
def filled_database(request: pytest.FixtureRequest, folder: Path, version: int) -> Iterator[Database]:
    """A database with the tables of a version, of the kind that the fixture of the request has as its parameter."""
    if request.param == "sqlite":
        with closing(Database(fill_sqlite(folder / "sural.db", version))) as database:
            yield database
        return
    with filled_postgres(request.getfixturevalue("postgres_url"), version) as url, closing(Database(url)) as database:
        yield database
