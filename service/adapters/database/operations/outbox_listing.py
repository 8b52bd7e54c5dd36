"""The outbox as its operator sees it: entries by urgency, one entry with its details, and Bundles to export."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, select, update

from service.adapters.database.engine import Database
from service.adapters.database.sending.outgoing import URGENT, UnreadableEntry, read_outgoing, read_sent_addresses
from service.adapters.database.tables import outbox
from service.fhir.r4.datetimes import parse_datetime
from service.fhir.r4.strict_json import encode
from service.ports.outbox import PAUSED, OutboxDetails, OutboxSummary
from service.screening.rules.urgency import Urgency

PARKED_BY_OPERATOR = "parked by an operator"
# All but the Bundle, which may be large.
COLUMNS = tuple(column for column in outbox.c if column is not outbox.c.changed)


def has_flag(level: Urgency) -> ColumnElement[bool]:
    """Selects entries that are not delivered and have a red flag of this level in their Bundle."""
    return and_(outbox.c.state != "delivered", outbox.c.urgency.contains(level.code))


def select_listed() -> Select[Any]:
    """Selects the entries with their ``rank``, the urgent ones first, then the oldest.

    The rank is the place of the level in ``URGENT``, or their number.
    """
    ranked = ((has_flag(level), place) for place, level in enumerate(URGENT))
    rank = case(*ranked, else_=len(URGENT)).label("rank")
    return select(*COLUMNS, rank).order_by(rank, outbox.c.id)


def outbox_summary(row: Row[Any]) -> OutboxSummary:
    """A row of ``select_listed``."""
    due = parse_datetime(row.due).sort_key if row.state == "waiting" else None
    urgency = URGENT[row.rank].code if row.rank < len(URGENT) else None
    created = parse_datetime(row.created).sort_key
    return OutboxSummary(row.id, row.state, row.attempts, created, due, row.reason, urgency)


def list_entries(database: Database, state: str | None = None) -> list[OutboxSummary]:
    """The entries in this state, or all of them, the urgent ones first, then the oldest."""
    entries = select_listed()
    with database.read() as connection:
        rows = connection.execute(entries.where(outbox.c.state == state) if state else entries).all()
    return [outbox_summary(row) for row in rows]


def count_paused(database: Database) -> int:
    """The number of entries with which the FHIR server denied access. Unless it is 0, the queue is paused."""
    paused = select(func.count()).where(outbox.c.state == "waiting", outbox.c.reason == PAUSED)
    with database.read() as connection:
        return connection.scalar(paused) or 0


def read_details(database: Database, number: int) -> OutboxDetails | None:
    """All that is stored about an entry but its Bundle; None if there is no such entry."""
    with database.read() as connection:
        row = connection.execute(select_listed().add_columns(outbox.c.changed).where(outbox.c.id == number)).first()
        resources = {} if row is None else addresses_or_none(connection, row)
    if row is None:
        return None
    summary, ends = outbox_summary(row), (row.settled, row.lease, row.owner)
    return OutboxDetails(summary, row.patient, resources, row.failures, *ends, row.degraded)


def addresses_or_none(connection: Connection, row: Row[Any]) -> dict[str, int]:
    """Our version numbers of the resources in an entry, by address; none if they are not readable."""
    try:
        return read_sent_addresses(connection, row)
    except UnreadableEntry:
        return {}


def park_entries(database: Database, numbers: Sequence[int], now: str) -> list[int]:
    """Parks the waiting entries with these numbers; returns the numbers of those that it parked.

    The result of an attempt that is under way is not recorded any more.
    """
    parked = (
        update(outbox)
        .where(outbox.c.id.in_(numbers), outbox.c.state == "waiting")
        .values(state="parked", settled=now, reason=PARKED_BY_OPERATOR, lease=None, owner=None)
        .returning(outbox.c.id)
    )
    with database.write() as connection:
        return sorted(connection.execute(parked).scalars())


def read_bundles(database: Database, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Number and Bundle of the entries with these numbers, in this order; those that are not readable are left out."""
    for number in numbers:
        with database.read() as connection:
            row = connection.execute(select(outbox).where(outbox.c.id == number)).first()
            try:
                bundle = None if row is None else read_outgoing(connection, row)[0]
            except UnreadableEntry:
                continue
        if bundle is not None:
            yield number, encode(bundle).decode()
