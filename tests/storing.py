"""Puts versions into the store as they would be written, for tests that only read."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from service.adapters import tables as t
from service.adapters.database import Database
from service.fhir.encoding import encode
from service.fhir.reading import parse
from service.fhir.times import instant


def next_version(database: Database, type_name: str, id: str, at: datetime, **changes: Any) -> None:
    """A new current version of a stored resource, with some elements changed."""
    which = (t.resource.c.type == type_name, t.resource.c.id == id, t.resource.c.current)
    with database.write() as connection:
        row = connection.execute(select(t.resource).where(*which)).one()._asdict()
        body = encode({**parse(row["body"]), **changes}).decode()
        connection.execute(update(t.resource).where(*which).values(current=False))
        new = {**row, "version": row["version"] + 1, "stored": instant(at), "body": body}
        connection.execute(insert(t.resource).values(new))
