"""Notices that responses on the FHIR server are new or changed, missed events, and the search for changes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.fhir.r4.datetimes import format_instant, parse_datetime
from service.ports.pulling.notices import MissedEvents, Notice, Progress, TooManyNotices

# A sender that makes up ids fills the table no further. Responses beyond it are found by the search for changes.
MAX_NOTICES = 100_000
# Ids in one statement.
IDS_AT_A_TIME = 500


class DatabaseNotices:
    """Notices, missed events, and the progress of the search for changes: a `NoticeStore`."""

    def __init__(self, database: Database, most: int = MAX_NOTICES) -> None:
        self.database, self.most = database, most

    def save_notices(self, ids: Collection[str], now: datetime) -> None:
        """Saves a notice of each response, due now. Raises TooManyNotices."""
        try:
            self.write_notices(list(dict.fromkeys(ids)), format_instant(now))
        except IntegrityError:
            # Another process noticed one of them at the same time: now it is there, and is only counted.
            self.write_notices(list(dict.fromkeys(ids)), format_instant(now))

    def write_notices(self, ids: list[str], now: str) -> None:
        """Inserts the notices that are new and counts the others. Raises TooManyNotices."""
        with self.database.write() as connection:
            known = read_known(connection, ids)
            new = [id for id in ids if id not in known]
            for id in known:
                again = {"times": t.notice.c.times + 1, "attempts": 0, "due": now}
                connection.execute(update(t.notice).where(t.notice.c.id == id).values(again))
            if new and count_rows(connection) + len(new) > self.most:
                raise TooManyNotices
            rows = [{"id": id, "times": 1, "attempts": 0, "first": now, "due": now} for id in new]
            if rows:
                connection.execute(insert(t.notice), rows)

    def count_waiting(self) -> int:
        """The number of notices."""
        with self.database.read() as connection:
            return count_rows(connection)

    def take_notices(self, now: datetime, until: datetime, most: int) -> list[Notice]:
        """The notices that are due, which nobody else gets before ``until``."""
        due = select(t.notice.c.id).where(t.notice.c.due <= format_instant(now)).order_by(t.notice.c.due).limit(most)
        with self.database.read() as connection:
            if connection.scalar(due.limit(1)) is None:
                return []
        with self.database.write() as connection:
            ids = connection.scalars(due.with_for_update(skip_locked=True)).all()
            taken = update(t.notice).where(t.notice.c.id.in_(ids))
            taken = taken.values(due=format_instant(until), attempts=t.notice.c.attempts + 1)
            rows = connection.execute(taken.returning(t.notice)).all()
        return [Notice(row.id, row.times, row.attempts - 1) for row in rows]

    def settle_notice(self, notice: Notice) -> None:
        """Deletes a notice, unless the response was noticed again meanwhile."""
        where = (t.notice.c.id == notice.id, t.notice.c.times == notice.times)
        with self.database.write() as connection:
            connection.execute(delete(t.notice).where(*where))

    def postpone_notice(self, notice: Notice, due: datetime) -> None:
        """Sets the next attempt, unless the response was noticed again meanwhile."""
        where = (t.notice.c.id == notice.id, t.notice.c.times == notice.times)
        with self.database.write() as connection:
            connection.execute(update(t.notice).where(*where).values(due=format_instant(due)))

    def save_events(self, subscription: str, first: int, last: int, now: datetime) -> int:
        """Saves that these events have arrived. Returns the number of events before them that have not, and that no
        notification had shown before; they are then missed events."""
        with self.database.write() as connection:
            known = read_last(connection, subscription)
            if known is None or last > known:
                write_last(connection, subscription, last, is_new=known is None)
            missing = first - (known or 0) - 1
            if missing > 0:
                row = {"subscription": subscription, "first": first - missing, "last": first - 1}
                connection.execute(insert(t.missed).values(**row, due=format_instant(now)))
        return max(missing, 0)

    def start_events(self, subscription: str, last: int) -> None:
        """Starts the count of events of a subscription anew."""
        with self.database.write() as connection:
            write_last(connection, subscription, last, is_new=read_last(connection, subscription) is None)

    def take_missed(self, now: datetime, until: datetime) -> MissedEvents | None:
        """A range of missed events that is due, which nobody else gets before ``until``; None if there is none."""
        is_due, order = t.missed.c.due <= format_instant(now), (t.missed.c.due, t.missed.c.id)
        due = select(t.missed.c.id).where(is_due).order_by(*order).limit(1)
        with self.database.read() as connection:
            if connection.scalar(due) is None:
                return None
        with self.database.write() as connection:
            id = connection.scalar(due.with_for_update(skip_locked=True))
            taken = update(t.missed).where(t.missed.c.id == id).values(due=format_instant(until))
            row = connection.execute(taken.returning(t.missed)).first()
        return None if row is None else MissedEvents(row.id, row.subscription, row.first, row.last)

    def settle_missed(self, missed: MissedEvents) -> None:
        """Deletes a range of missed events."""
        with self.database.write() as connection:
            connection.execute(delete(t.missed).where(t.missed.c.id == missed.number))

    def take_search(self, source: str, now: datetime, until: datetime) -> Progress | None:
        """The progress of the search for changes if it is due, which nobody else gets before ``until``; else None."""
        same = t.change_search.c.source == source
        with self.database.read() as connection:
            row = connection.execute(select(t.change_search).where(same)).first()
        if row is not None and row.due > format_instant(now):
            return None
        due = format_instant(until)
        try:
            with self.database.write() as connection:
                if row is None:
                    connection.execute(insert(t.change_search).values(source=source, due=due))
                    return Progress(None)
                taken = update(t.change_search).where(same, t.change_search.c.due == row.due).values(due=due)
                return as_progress(row) if connection.execute(taken).rowcount else None
        except IntegrityError:
            return None

    def save_progress(self, source: str, since: datetime | None, due: datetime) -> None:
        """Saves the progress of the search for changes, and when it is due again. Without ``since`` it stays."""
        moved = {} if since is None else {"since": format_instant(since)}
        changed = update(t.change_search).where(t.change_search.c.source == source)
        with self.database.write() as connection:
            connection.execute(changed.values(due=format_instant(due), **moved))

    def start_search(self, source: str, since: datetime | None, now: datetime) -> None:
        """Makes the search for changes due, from ``since`` on if it is given, whatever its progress is."""
        same = t.change_search.c.source == source
        kept = select(t.change_search.c.since).where(same)
        with self.database.write() as connection:
            start = connection.scalar(kept) if since is None else format_instant(since)
            connection.execute(delete(t.change_search).where(same))
            row = {"source": source, "since": start, "due": format_instant(now)}
            connection.execute(insert(t.change_search).values(row))

    def search_now(self, source: str, now: datetime) -> None:
        """Makes the search for changes due, unless it is due already."""
        instant = format_instant(now)
        due = case((t.change_search.c.due < instant, t.change_search.c.due), else_=instant)
        with self.database.write() as connection:
            connection.execute(update(t.change_search).where(t.change_search.c.source == source).values(due=due))


def count_rows(connection: Connection) -> int:
    """The number of notices."""
    return connection.scalar(select(func.count()).select_from(t.notice)) or 0


def read_known(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Those of the ids of which there is a notice."""
    known: set[str] = set()
    for start in range(0, len(ids), IDS_AT_A_TIME):
        some = t.notice.c.id.in_(ids[start : start + IDS_AT_A_TIME])
        known.update(connection.scalars(select(t.notice.c.id).where(some).with_for_update()))
    return known


def read_last(connection: Connection, subscription: str) -> int | None:
    """The greatest event number of a subscription; None if nothing is known of it."""
    same = t.subscription.c.reference == subscription
    return connection.scalar(select(t.subscription.c.last).where(same).with_for_update())


def write_last(connection: Connection, subscription: str, last: int, is_new: bool) -> None:
    """Sets the greatest event number of a subscription."""
    if is_new:
        connection.execute(insert(t.subscription).values(reference=subscription, last=last))
    else:
        connection.execute(update(t.subscription).where(t.subscription.c.reference == subscription).values(last=last))


def as_progress(row: Row[Any]) -> Progress:
    """A row of the table `change_search`."""
    return Progress(None if row.since is None else parse_datetime(row.since).sort_key)
