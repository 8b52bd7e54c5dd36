"""The outbox in the database: entries are leased, settled and listed.

waiting -> (leased, sent) -> delivered | waiting | parked;  parked -> waiting by an operator
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, get_args

import structlog
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from service.adapters.database.engine import Database
from service.adapters.database.in_flight import InFlight
from service.adapters.database.operations.outbox_listing import list_entries
from service.adapters.database.sending.outgoing import (
    UnreadableEntry,
    columns_of_bundle,
    read_outgoing,
)
from service.adapters.database.sending.server_versions import read_server_versions, save_server_versions
from service.adapters.database.tables import outbox
from service.fhir.r4.datetimes import format_instant, parse_datetime
from service.fhir.r4.types import Resource
from service.ports.outbox import PAUSED, OutboxEntry, OutboxState, OutboxSummary, ServerVersion
from service.unreadable import unreadable_parts

WAITING: OutboxState = "waiting"
DELIVERED: OutboxState = "delivered"
PARKED: OutboxState = "parked"
# Longer than every wait that a delivery sets (usecases/delivery/back_off.py): a later time is that of a wrong clock.
LONGEST_WAIT = timedelta(minutes=65)
LONGEST_REASON = 300
# The reason of entries that waited for the end of a pause.
RESUMED = "the FHIR server denied access, and gives it again"
NOT_READABLE = "the stored entry is not readable"

log = structlog.get_logger()


class DatabaseOutbox:
    """The entries to deliver to the FHIR server: an `Outbox`. ``owner`` is the host and process that leases them.

    An entry that this process sends is not leased a second time, whatever the clock says: its age is measured by
    ``monotonic``. Other processes compare the lease with the clock of the database.
    """

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.database = database
        self.in_flight = InFlight(monotonic)
        self.owner = f"{os.uname().nodename}:{os.getpid()}"

    def lease(self, now: datetime, until: datetime) -> OutboxEntry | None:
        """The next entry that is due and the first waiting one of its patient, leased until ``until``; or None.

        An entry that is not readable is parked, and the next one is leased.
        """
        with self.database.read() as connection:
            if connection.scalar(self.select_due(now, until)) is None:
                return None
        while True:
            with self.database.write() as connection:
                row = connection.execute(self.lease_statement(now, until)).first()
                entry = None if row is None else read_entry(connection, row)
            if row is None:
                return None
            if entry is not None:
                self.in_flight.add(entry.id, until - now)
                return entry
            unreadable_parts.tell(entry=row.id)
            log.error("entry_parked", entry=row.id, attempts=row.attempts, reason=NOT_READABLE)

    def select_due(self, now: datetime, until: datetime) -> Select[tuple[int]]:
        """Selects the id of the next entry that is due and that nobody sends."""
        earlier = outbox.alias("earlier")
        blocked = exists().where(
            earlier.c.patient == outbox.c.patient, earlier.c.state == WAITING, earlier.c.id < outbox.c.id
        )
        is_sent_here = outbox.c.id.in_(self.in_flight.ids())
        conditions = (outbox.c.state == WAITING, is_due(now), is_free(now, until), ~is_sent_here)
        return select(outbox.c.id).where(*conditions, ~blocked).order_by(outbox.c.due, outbox.c.id).limit(1)

    def lease_statement(self, now: datetime, until: datetime) -> ReturningUpdate[Any]:
        """Leases the entry that is due, and increments its attempts and failures."""
        due = self.select_due(now, until).with_for_update(skip_locked=True)
        # With `=` the subquery runs once; with `IN`, PostgreSQL may run it again and lease a second entry.
        leased = update(outbox).where(outbox.c.id == due.scalar_subquery())
        return leased.values(
            lease=format_instant(until),
            owner=self.owner,
            attempts=outbox.c.attempts + 1,
            failures=outbox.c.failures + 1,
        ).returning(outbox)

    def mark_delivered(self, entry: OutboxEntry, now: datetime, server_versions: Mapping[str, ServerVersion]) -> None:
        """Sets an entry to delivered and saves the versions that the server returned."""
        self.settle(entry, server_versions, state=DELIVERED, settled=format_instant(now), reason=None)

    def postpone(
        self,
        entry: OutboxEntry,
        due: datetime,
        reason: str,
        bundle: Resource | None = None,
        server_versions: Mapping[str, ServerVersion] | None = None,
    ) -> None:
        """Sets the next attempt, and replaces the Bundle and the server versions if they are given."""
        with self.database.write() as connection:
            changed = {} if bundle is None else columns_of_bundle(connection, entry.act, bundle, entry.versions)
            values = {"due": format_instant(due), "reason": bounded(reason), **changed}
            self.settle_in(connection, entry, server_versions or {}, values)
        self.in_flight.remove(entry.id)

    def end_pause(self) -> int:
        """Gives the entries with the reason ``PAUSED`` another one. Returns their number."""
        paused = update(outbox).where(outbox.c.state == WAITING, outbox.c.reason == PAUSED)
        with self.database.write() as connection:
            return connection.execute(paused.values(reason=RESUMED)).rowcount

    def park(self, entry: OutboxEntry, now: datetime, reason: str) -> None:
        """Sets an entry to parked: an operator must decide."""
        self.settle(entry, {}, state=PARKED, settled=format_instant(now), reason=bounded(reason))

    def degrade(self, entry: OutboxEntry, reason: str, bundle: Resource, versions: Mapping[str, int]) -> OutboxEntry:
        """Replaces the Bundle of a leased entry, and our version numbers by address. Returns the entry as it is now."""
        with self.database.write() as connection:
            values = {**columns_of_bundle(connection, entry.act, bundle, versions), "degraded": reason}
            connection.execute(update(outbox).where(self.is_mine(entry)).values(values))
            known = read_server_versions(connection, entry.act, versions)
        return replace(entry, bundle=bundle, versions=versions, server_versions=known, degraded=reason)

    def record_failure(self, entry: OutboxEntry, due: datetime, reason: str) -> None:
        """Sets the next attempt after a failure of this service. The lease has incremented ``failures``."""
        self.settle(entry, {}, due=format_instant(due), reason=bounded(reason), failures=entry.failures + 1)

    def settle(self, entry: OutboxEntry, server_versions: Mapping[str, ServerVersion], **values: Any) -> None:
        """Ends the lease and sets these columns, unless the lease has expired and another attempt has the entry."""
        with self.database.write() as connection:
            self.settle_in(connection, entry, server_versions, values)
        self.in_flight.remove(entry.id)

    def settle_in(
        self,
        connection: Connection,
        entry: OutboxEntry,
        server_versions: Mapping[str, ServerVersion],
        values: Mapping[str, Any],
    ) -> None:
        """Does what `settle` does, in a transaction."""
        ended = {"failures": 0, "lease": None, "owner": None, **values}
        if connection.execute(update(outbox).where(self.is_mine(entry)).values(ended)).rowcount:
            save_server_versions(connection, entry.act, server_versions)

    def is_mine(self, entry: OutboxEntry) -> ColumnElement[bool]:
        """Selects the entry as long as this attempt has the lease."""
        return and_(outbox.c.id == entry.id, outbox.c.owner == self.owner, outbox.c.attempts == entry.attempts + 1)

    def list_entries(self, state: str | None = None) -> list[OutboxSummary]:
        """The entries in this state, or all of them, the urgent ones first, then the oldest."""
        return list_entries(self.database, state)

    def count_entries(self) -> dict[OutboxState, int]:
        """The number of entries in each state."""
        by_state = select(outbox.c.state, func.count()).group_by(outbox.c.state)
        with self.database.read() as connection:
            counts = {row[0]: int(row[1]) for row in connection.execute(by_state)}
        return {state: counts.get(state, 0) for state in get_args(OutboxState)}

    def retry(self, numbers: Sequence[int], now: datetime) -> list[int]:
        """Sets entries to waiting, due now; returns their numbers. Sending an entry twice has the effect of once."""
        again = (
            update(outbox)
            .where(outbox.c.id.in_(numbers))
            .values(
                state=WAITING,
                due=format_instant(now),
                settled=None,
                lease=None,
                owner=None,
                reason=None,
                attempts=outbox.c.attempts + 1,
                failures=0,
            )
            .returning(outbox.c.id)
        )
        with self.database.write() as connection:
            return sorted(connection.execute(again).scalars())


def is_due(now: datetime) -> ColumnElement[bool]:
    """Selects entries that are due: never sent, due by the clock, or due later than any wait that we set.

    The latter follows from a clock that was set back.
    """
    due = outbox.c.due
    return or_(outbox.c.attempts == 0, due <= format_instant(now), due > format_instant(now + LONGEST_WAIT))


def is_free(now: datetime, until: datetime) -> ColumnElement[bool]:
    """Selects entries without a lease, or whose lease has ended or would last longer than two leases of this length.

    The latter is the lease of a clock that was set back.
    """
    lease = outbox.c.lease
    return or_(lease.is_(None), lease < format_instant(now), lease > format_instant(until + (until - now)))


def read_entry(connection: Connection, row: Row[Any]) -> OutboxEntry | None:
    """The entry in a row that was leased. One that is not readable is parked, and gives None."""
    try:
        bundle, versions = read_outgoing(connection, row)
    except UnreadableEntry:
        parked = {"state": PARKED, "settled": row.lease, "reason": NOT_READABLE, "lease": None, "owner": None}
        connection.execute(update(outbox).where(outbox.c.id == row.id).values(parked))
        return None
    known = read_server_versions(connection, row.act, versions)
    created = parse_datetime(row.created).sort_key
    failures = row.failures - 1
    attempts = row.attempts - 1
    return OutboxEntry(
        row.id, row.patient, bundle, attempts, created, versions, known, failures, row.reason, row.degraded, row.act
    )


def bounded(reason: str) -> str:
    """The reason, cut to ``LONGEST_REASON`` characters."""
    return reason[:LONGEST_REASON]
