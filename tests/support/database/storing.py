"""Writes resource versions directly to the database, for tests that only read."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.keeping.bodies import body_of, frame_of, insert_frame, select_resources
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.strict_json import encode, parse
from service.fhir.r4.types import Resource


def next_version(database: Database, type_name: str, id: str, at: datetime, **changes: Any) -> None:
    """Writes a new current version of a stored resource with these elements changed."""
    which = (t.resource.c.type == type_name, t.resource.c.id == id, t.resource.c.current)
    with database.write() as connection:
        found = connection.execute(select_resources().where(*which)).one()
        row = {name: value for name, value in found._mapping.items() if name != "frame"}
        kept = keep_body(connection, row["act"], {**parse(body_of(found)), **changes})
        connection.execute(update(t.resource).where(*which).values(current=False))
        new = {**row, "version": row["version"] + 1, "stored": format_instant(at), **kept}
        connection.execute(insert(t.resource).values(new))


def keep_body(connection: Connection, act: int, resource: Resource) -> dict[str, int]:
    """Writes the body of a resource of an act alone. Returns the columns that find it."""
    return {"content": insert_frame(connection, act, frame_of([encode(resource)])), "line": 0}
