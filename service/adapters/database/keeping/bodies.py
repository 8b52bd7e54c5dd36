"""The bodies of resources: all that one write keeps of an act is one frame, with a line for each resource."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, Select, insert, select

from service.adapters.database import tables as t
from service.adapters.database.keeping.frames import BrokenFrame, Frame, compress, decompress
from service.fhir.r4.strict_json import parse
from service.fhir.r4.types import Resource
from service.issues import Malformed

# A subquery, not a join: SQLite would begin with the frames.
FRAME = (
    select(t.content.c.frame)
    .where(t.content.c.id == t.resource.c.content)
    .correlate(t.resource)
    .scalar_subquery()
    .label("frame")
)

INSERT_FRAME = insert(t.content).returning(t.content.c.id)


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
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise BrokenFrame("the line is no text") from None


def resource_of(row: Row[Any] | RowMapping) -> Resource:
    """The resource of a row of `select_resources`. Raises BrokenFrame if it cannot be read, or is none."""
    try:
        resource: Resource = parse(body_of(row))
    except Malformed:
        raise BrokenFrame("the line is no JSON") from None
    if not isinstance(resource, dict) or "resourceType" not in resource:
        raise BrokenFrame("the line is no resource")
    return resource


def frame_of(bodies: Iterable[bytes]) -> Frame:
    """The frame with these bodies, each of one line."""
    # JSON has no line break outside of a string, and in a string it is escaped.
    return compress(b"\n".join(bodies))


def insert_frame(connection: Connection, act: int, frame: Frame) -> int:
    """Inserts a frame with bodies of resources of an act. Returns its number."""
    return int(connection.execute(INSERT_FRAME, {"act": act, "frame": frame}).scalar_one())
