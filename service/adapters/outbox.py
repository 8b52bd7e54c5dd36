"""The outbox in the database: entries leased, settled, parked, listed.

waiting -> (leased, sent) -> delivered | waiting | parked;  parked -> waiting by an operator
"""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, exists, func, insert, or_, select, update

from service.adapters.database import Database
from service.adapters.tables import delivered, outbox
from service.fhir.encoding import encode
from service.fhir.reading import Resource, parse
from service.fhir.records import Entry, OutboxLine, There
from service.fhir.times import instant, moment

WAITING, DELIVERED, PARKED = "waiting", "delivered", "parked"


class DatabaseOutbox:
    """The outbox of the service."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.owner = f"{os.uname().nodename}:{os.getpid()}"

    def lease(self, now: datetime, until: datetime) -> Entry | None:
        """The next entry that is due and first of its patient, taken until a moment."""
        earlier = outbox.alias("earlier")
        blocked = exists().where(
            earlier.c.patient == outbox.c.patient, earlier.c.state == WAITING, earlier.c.id < outbox.c.id
        )
        due = (
            select(outbox.c.id)
            .where(
                outbox.c.state == WAITING,
                outbox.c.due <= instant(now),
                or_(outbox.c.lease.is_(None), outbox.c.lease < instant(now)),
                ~blocked,
            )
            .order_by(outbox.c.due, outbox.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        # Compared with =, the subquery is run once; with IN, PostgreSQL may run it again and take more than one.
        taken = update(outbox).where(outbox.c.id == due.scalar_subquery())
        with self.database.write() as connection:
            row = connection.execute(taken.values(lease=instant(until), owner=self.owner).returning(outbox)).first()
            if row is None:
                return None
            versions = parse(row.versions)
            held = connection.execute(select(delivered).where(delivered.c.url.in_(versions))).all()
        return entry_of(row, versions, {known.url: There(known.ours, known.theirs) for known in held})

    def delivered(self, entry: Entry, now: datetime, there: Mapping[str, There]) -> None:
        """Settles an entry: the server has it, under these versions."""
        self.settle(entry, there, state=DELIVERED, settled=instant(now), reason=None)

    def wait(
        self,
        entry: Entry,
        due: datetime,
        reason: str,
        bundle: Resource | None = None,
        there: Mapping[str, There] | None = None,
    ) -> None:
        """Puts an entry off, perhaps with another Bundle, or with what the server was found to hold."""
        changed = {} if bundle is None else {"bundle": encode(bundle).decode()}
        self.settle(entry, there or {}, due=instant(due), reason=reason, **changed)

    def park(self, entry: Entry, now: datetime, reason: str) -> None:
        """Sets an entry aside for a person."""
        self.settle(entry, {}, state=PARKED, settled=instant(now), reason=reason)

    def settle(self, entry: Entry, there: Mapping[str, There], **values: str | None) -> None:
        """Writes an outcome, unless the lease ran out and another process has the entry now."""
        mine = and_(outbox.c.id == entry.id, outbox.c.owner == self.owner, outbox.c.attempts == entry.attempts)
        done = update(outbox).where(mine).values(attempts=outbox.c.attempts + 1, lease=None, owner=None, **values)
        with self.database.write() as connection:
            if connection.execute(done).rowcount:
                note(connection, there)

    def lines(self, state: str | None = None) -> list[OutboxLine]:
        """The entries as an operator sees them, the oldest first."""
        wanted = select(outbox).order_by(outbox.c.id)
        with self.database.read() as connection:
            rows = connection.execute(wanted.where(outbox.c.state == state) if state else wanted).all()
        return [line_of(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many entries there are in each state."""
        by_state = select(outbox.c.state, func.count()).group_by(outbox.c.state)
        with self.database.read() as connection:
            found = {row[0]: int(row[1]) for row in connection.execute(by_state)}
        return {state: found.get(state, 0) for state in (WAITING, DELIVERED, PARKED)}

    def resend(self, ids: Sequence[int], now: datetime) -> int:
        """Makes entries wait again, due now; how many there were. Sending twice writes once."""
        again = (
            update(outbox)
            .where(outbox.c.id.in_(ids))
            .values(
                state=WAITING, due=instant(now), settled=None, lease=None, owner=None, attempts=outbox.c.attempts + 1
            )
        )
        with self.database.write() as connection:
            return connection.execute(again).rowcount


def note(connection: Connection, there: Mapping[str, There]) -> None:
    """Keeps what the server holds now."""
    if there:
        connection.execute(delete(delivered).where(delivered.c.url.in_(there)))
        rows = [{"url": url, "ours": one.ours, "theirs": one.theirs} for url, one in there.items()]
        connection.execute(insert(delivered), rows)


def entry_of(row: Row[Any], versions: Mapping[str, int], there: Mapping[str, There]) -> Entry:
    return Entry(row.id, row.patient, parse(row.bundle), row.attempts, moment(row.created).order, versions, there)


def line_of(row: Row[Any]) -> OutboxLine:
    due = moment(row.due).order if row.state == WAITING else None
    return OutboxLine(row.id, row.state, row.attempts, moment(row.created).order, due, row.reason)
