"""Rows that another transaction may have inserted already."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(connection: Connection, table: Table) -> Any:
    """An INSERT that may say what happens to a row that is there: each of the two databases has its own."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_if_new(connection: Connection, table: Table) -> Any:
    """An INSERT that skips rows whose unique columns exist. It waits for a transaction that inserts them."""
    return insert_into(connection, table).on_conflict_do_nothing()
