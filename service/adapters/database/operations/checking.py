"""Reads everything back that is kept compressed, and says what cannot be read or is not what it was."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, LargeBinary, Row, select, tuple_, type_coerce

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.keeping.bodies import resource_of, select_resources
from service.adapters.database.keeping.frames import BrokenFrame, decompress
from service.adapters.database.sending.outgoing import UnreadableEntry, read_outgoing
from service.fhir.r4.strict_json import parse
from service.fhir.r4.types import Resource
from service.issues import Malformed

# Acts, bodies as received, or entries that are read in one transaction.
AT_A_TIME = 50
UNREADABLE = "its body cannot be read"
Batches = Iterator[list[Any]]


@dataclass(frozen=True)
class ReadBack:
    """One thing that was read back: a resource, a body as received, an entry. ``fault`` is None if all is well.

    ``name`` has type, id and version, and nothing of the content.
    """

    name: str
    fault: str | None


def read_back(database: Database, digest: Callable[[Resource], str]) -> Iterator[ReadBack]:
    """Yields each version of each resource, each body as received, and each entry that is not delivered.

    ``digest`` gives the digest that a body as received was stored with. Raises Unavailable.
    """
    yield from (checked_resource(row) for rows in resources_by_act(database) for row in rows)
    yield from (checked_body(row, digest) for rows in received_bodies(database) for row in rows)
    yield from entries_read_back(database)


def resources_by_act(database: Database) -> Batches:
    """The rows of `select_resources`, some acts at a time."""
    last = None
    while True:
        with database.read() as connection:
            acts = acts_after(connection, last)
            rows = connection.execute(select_resources().where(t.resource.c.act.in_(acts))).all()
        if not acts:
            return
        yield list(rows)
        last = acts[-1]


def acts_after(connection: Connection, last: int | None) -> list[int]:
    """The next acts that have resources."""
    acts = select(t.resource.c.act).group_by(t.resource.c.act).order_by(t.resource.c.act).limit(AT_A_TIME)
    return list(connection.scalars(acts if last is None else acts.where(t.resource.c.act > last)))


def checked_resource(row: Row[Any]) -> ReadBack:
    """A version of a resource: its body is JSON with its type and id."""
    name = f"{row.type}/{row.id} version {row.version}"
    try:
        body = resource_of(row)
    except BrokenFrame:
        return ReadBack(name, UNREADABLE)
    is_own = (body["resourceType"], body.get("id")) == (row.type, row.id)
    return ReadBack(name, None if is_own else "its body is that of another resource")


def received_bodies(database: Database) -> Batches:
    """The bodies as received, as they are kept, some at a time."""
    key, frame = (t.received.c.id, t.received.c.version), type_coerce(t.received.c.body, LargeBinary).label("frame")
    last: tuple[str, int] = ("", 0)
    while True:
        page = select(*key, t.received.c.digest, frame).where(tuple_(*key) > tuple_(*last)).order_by(*key)
        with database.read() as connection:
            rows = list(connection.execute(page.limit(AT_A_TIME)).all())
        if not rows:
            return
        yield rows
        last = (rows[-1].id, rows[-1].version)


def checked_body(row: Row[Any], digest: Callable[[Resource], str]) -> ReadBack:
    """A body as received: it has the digest with which it was stored."""
    name = f"QuestionnaireResponse/{row.id} version {row.version} as received"
    try:
        is_same = digest(parse(decompress(bytes(row.frame)).decode())) == row.digest
    except (BrokenFrame, Malformed, ValueError):
        return ReadBack(name, UNREADABLE)
    return ReadBack(name, None if is_same else "its digest is not the one that was stored")


def entries_read_back(database: Database) -> Iterator[ReadBack]:
    """The entries of the outbox that are not delivered: the Bundle of each can be made."""
    last, unsent = 0, select(t.outbox).where(t.outbox.c.state.in_(("waiting", "parked"))).order_by(t.outbox.c.id)
    while True:
        with database.read() as connection:
            rows = connection.execute(unsent.where(t.outbox.c.id > last).limit(AT_A_TIME)).all()
            checked = [checked_entry(connection, row) for row in rows]
        if not rows:
            return
        yield from checked
        last = rows[-1].id


def checked_entry(connection: Connection, row: Row[Any]) -> ReadBack:
    """An entry of the outbox."""
    try:
        read_outgoing(connection, row)
    except UnreadableEntry:
        return ReadBack(f"entry {row.id} of the outbox", "what it sends cannot be read")
    return ReadBack(f"entry {row.id} of the outbox", None)
