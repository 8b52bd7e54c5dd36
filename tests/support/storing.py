"""Writes resource versions directly to the database, for tests that only read."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.strict_json import encode, parse


def next_version(database: Database, type_name: str, id: str, at: datetime, **changes: Any) -> None:
    """Writes a new current version of a stored resource with these elements changed."""
    which = (t.resource.c.type == type_name, t.resource.c.id == id, t.resource.c.current)
    with database.write() as connection:
        row = connection.execute(select(t.resource).where(*which)).one()._asdict()
        body = encode({**parse(row["body"]), **changes}).decode()
        connection.execute(update(t.resource).where(*which).values(current=False))
        new = {**row, "version": row["version"] + 1, "stored": format_instant(at), "body": body}
        connection.execute(insert(t.resource).values(new))
