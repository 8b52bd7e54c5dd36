"""Rows that another transaction may have inserted already."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_if_new(connection: Connection, table: Table) -> Any:
    """An INSERT that skips rows whose unique columns exist. It waits for a transaction that inserts them."""
    return skipping_insert(connection.dialect.name, table)


def insert_or_replace(connection: Connection, table: Table, key: str) -> Any:
    """An INSERT that replaces the row with the same ``key``, the name of a unique column."""
    return replacing_insert(connection.dialect.name, table, key)


# A statement that is made once is executed in half the time: `make bench`, "write, with the commit".
@cache
def insert_of(dialect: str, table: Table) -> Any:
    """The INSERT that may say what happens to a row that is there: each of the two databases has its own."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def skipping_insert(dialect: str, table: Table) -> Any:
    """The INSERT of a database that skips rows whose unique columns exist."""
    return insert_of(dialect, table).on_conflict_do_nothing()


@cache
def replacing_insert(dialect: str, table: Table, key: str) -> Any:
    """The INSERT of a database that replaces the row with the same key."""
    new = insert_of(dialect, table)
    others = {column.name: new.excluded[column.name] for column in table.c if column.name != key}
    return new.on_conflict_do_update(index_elements=[key], set_=others)
