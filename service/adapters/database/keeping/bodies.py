"""The bodies of resources: all that one write keeps of an act is one frame, with a line for each resource."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, Select, insert, select

from service.adapters.database import tables as t
from service.adapters.database.keeping.frames import BrokenFrame, compress, decompress
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource

# A subquery, not a join: SQLite would begin with the frames.
FRAME = (
    select(t.content.c.frame)
    .where(t.content.c.id == t.resource.c.content)
    .correlate(t.resource)
    .scalar_subquery()
    .label("frame")
)


def select_resources(*columns: Any) -> Select[Any]:
    """Selects these columns of `resource`, or all, with what `body_of` needs."""
    if not columns:
        return select(t.resource, FRAME)
    return select(*columns, t.resource.c.line, FRAME)


def body_of(row: Row[Any] | RowMapping) -> str:
    """The JSON of a resource, of a row of `select_resources`. Raises BrokenFrame if it cannot be read."""
    columns = row._mapping if isinstance(row, Row) else row
    if columns["frame"] is None:
        raise BrokenFrame("there is no frame")
    lines = decompress(columns["frame"]).split(b"\n")
    if columns["line"] >= len(lines):
        raise BrokenFrame("the frame has too few lines")
    line: bytes = lines[columns["line"]]
    return line.decode()


def keep_bodies(connection: Connection, act: int, resources: Sequence[Resource]) -> list[dict[str, int]]:
    """Writes the bodies of resources of an act. Returns the columns of each that find its body."""
    # JSON has no line break outside of a string, and in a string it is escaped.
    frame = compress(b"\n".join(encode(resource) for resource in resources))
    inserted = connection.execute(insert(t.content).returning(t.content.c.id), {"act": act, "frame": frame})
    id = int(inserted.scalar_one())
    return [{"content": id, "line": line} for line in range(len(resources))]
