"""What was received and the bodies of resources are compressed; a response says itself whether it is a test.

Rows are read in batches: a store may be larger than the memory. SQLite gives the space back with VACUUM.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from alembic import op
from sqlalchemy import Boolean, Column, Connection, Integer, LargeBinary, MetaData, Row, Table, insert, text

from service.adapters.database.keeping.frames import compress

revision = "0017"
down_revision = "0016"

AT_A_TIME = 50
TEST = ("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST")

content = Table(
    "content",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("act", Integer, nullable=False, index=True),
    Column("frame", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)


def upgrade() -> None:
    """Moves the bodies into frames, and compresses what was received."""
    connection = op.get_bind()
    content.create(connection)
    for name in ("content", "line"):
        op.add_column("resource", Column(name, Integer, nullable=False, server_default="0"))
    op.add_column("response", Column("is_test", Boolean, nullable=False, server_default=text("false")))
    for act in acts(connection):
        keep_act(connection, act)
    for row in received_rows(connection):
        connection.execute(COMPRESS, {"id": row.id, "version": row.version, "body": compress(bytes(row.body))})
    if connection.dialect.name == "postgresql":
        for table, name in (("resource", "content"), ("resource", "line"), ("response", "is_test")):
            op.alter_column(table, name, server_default=None)
    connection.execute(text("ALTER TABLE resource DROP COLUMN body"))


COMPRESS = text("UPDATE received SET body = :body WHERE id = :id AND version = :version")
PLACE = text(
    "UPDATE resource SET content = :content, line = :line WHERE type = :type AND id = :id AND version = :version"
)
MARK = text("UPDATE response SET is_test = true WHERE id = :id")


def acts(connection: Connection) -> Iterator[int]:
    """The acts that have resources, in order."""
    after = text("SELECT min(act) FROM resource WHERE act > :last")
    act = connection.scalar(text("SELECT min(act) FROM resource"))
    while act is not None:
        yield int(act)
        act = connection.scalar(after, {"last": act})


def keep_act(connection: Connection, act: int) -> None:
    """Moves the bodies of an act into a frame for each time of storing."""
    query = "SELECT type, id, version, current, stored, body FROM resource WHERE act = :act ORDER BY stored, position"
    rows = connection.execute(text(query), {"act": act}).all()
    for _, some in groupby(rows, key=lambda row: row.stored):
        keep_bodies_of(connection, act, list(some))


def keep_bodies_of(connection: Connection, act: int, rows: Sequence[Row[Any]]) -> None:
    """Moves the bodies of these rows into one frame."""
    frame = compress(b"\n".join(row.body.encode() for row in rows))
    id = connection.execute(insert(content).values(act=act, frame=frame).returning(content.c.id)).scalar_one()
    for line, row in enumerate(rows):
        connection.execute(PLACE, {"content": id, "line": line, "type": row.type, "id": row.id, "version": row.version})
        if row.current and TEST[1] in row.body and is_test(json.loads(row.body)):
            connection.execute(MARK, {"id": row.id})


def is_test(resource: Any) -> bool:
    """True for a response that is labelled as a test."""
    labels = resource.get("meta", {}).get("security", ())
    is_labelled = any((label.get("system"), label.get("code")) == TEST for label in labels)
    return is_labelled and resource["resourceType"] == "QuestionnaireResponse"


def received_rows(connection: Connection) -> Iterator[Row[Any]]:
    """What was received, a few rows at a time."""
    after = "SELECT id, version, body FROM received WHERE (id, version) > (:id, :version) ORDER BY id, version"
    last = {"id": "", "version": 0}
    while rows := connection.execute(text(f"{after} LIMIT {AT_A_TIME}"), last).all():
        yield from rows
        last = {"id": rows[-1].id, "version": rows[-1].version}
