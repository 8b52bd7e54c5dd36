"""Links to forms in the database."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, func, insert, select, update

from service.adapters.database import tables as t
from service.adapters.database.one_connection import Transactions
from service.adapters.database.tasks.form_task_table import note_change
from service.fhir.r4.datetimes import format_instant, parse_datetime
from service.ports.access.form_links import FormLink
from service.ports.form_visits import FormSession

COLUMNS = t.form_link.c
WITH_VISIT = select(t.form_link, t.form_visit.c.sent).outerjoin(t.form_visit, t.form_visit.c.link == COLUMNS.id)


class DatabaseLinks:
    """The links, common to all processes on one database: a `LinkStore`."""

    def __init__(self, database: Transactions) -> None:
        self.database = database

    def save_link(self, link: FormLink, digest: str) -> None:
        """Stores a new link."""
        row = {
            "id": link.id,
            "digest": digest,
            "patient": link.session.patient,
            "session": msgspec.json.encode(link.session).decode(),
            "made_by": link.made_by,
            "made": format_instant(link.made),
            "until": format_instant(link.until),
            "birth_date": link.birth_date,
            "wrong_dates": 0,
            "task": link.task,
        }
        with self.database.write() as connection:
            connection.execute(insert(t.form_link).values(row))

    def find_link(self, digest: str) -> FormLink | None:
        """The link of the token with this SHA-256, or None."""
        with self.database.read() as connection:
            row = connection.execute(WITH_VISIT.where(COLUMNS.digest == digest)).first()
        return None if row is None else read_link(row)

    def list_links(self) -> list[FormLink]:
        """All links, the oldest first."""
        with self.database.read() as connection:
            return [read_link(row) for row in connection.execute(WITH_VISIT.order_by(COLUMNS.made, COLUMNS.id))]

    def count_wrong_date(self, id: str) -> None:
        """Counts a wrong birth date."""
        counted = update(t.form_link).where(COLUMNS.id == id).values(wrong_dates=COLUMNS.wrong_dates + 1)
        with self.database.write() as connection:
            connection.execute(counted)

    def note_opened(self, id: str, now: datetime) -> None:
        """Notes when a link was first opened."""
        opened = func.coalesce(COLUMNS.used, format_instant(now))
        with self.database.write() as connection:
            connection.execute(update(t.form_link).where(COLUMNS.id == id).values(used=opened))
            note_change(connection, id, now)

    def revoke_link(self, id: str, now: datetime) -> bool:
        """Revokes a link, and with it every browser that works with it. False if there is no such link."""
        revoked = func.coalesce(COLUMNS.revoked, format_instant(now))
        changed = update(t.form_link).where(COLUMNS.id == id).values(revoked=revoked)
        # A request that is about to send the visit reads it again, and finds its link revoked.
        visit = update(t.form_visit).where(t.form_visit.c.link == id, t.form_visit.c.sent.is_(None))
        with self.database.write() as connection:
            note_change(connection, id, now)
            connection.execute(visit.values(version=t.form_visit.c.version + 1))
            return connection.execute(changed).rowcount == 1


def read_link(row: Row[Any]) -> FormLink:
    """The link in a row."""
    made = FormLink(
        id=row.id,
        session=msgspec.json.decode(row.session, type=FormSession),
        made_by=row.made_by,
        made=parse_datetime(row.made).sort_key,
        until=parse_datetime(row.until).sort_key,
        birth_date=row.birth_date,
        wrong_dates=row.wrong_dates,
        is_sent=row.sent is not None,
        task=row.task,
    )
    return replace(made, opened=read_time(row.used), revoked=read_time(row.revoked))


def read_time(text: str | None) -> datetime | None:
    """The time in a column that may be empty."""
    return None if text is None else parse_datetime(text).sort_key
