"""Refused responses in the database: kept for some days, and no more than a number of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select

from service.adapters.database.engine import Database
from service.adapters.database.tables import refused
from service.fhir.r4.datetimes import format_instant, parse_datetime
from service.ports.refusals import Refusal, RefusedAnswer

KEPT_DAYS = 30
MOST_ROWS = 10_000


class DatabaseRefusals:
    """Refused responses: a `RefusalStore`. Rows are deleted when others are written."""

    def __init__(self, database: Database, days: int = KEPT_DAYS, most: int = MOST_ROWS) -> None:
        self.database = database
        self.days = days
        self.most = most

    def save_refusals(self, refusals: Sequence[Refusal], now: datetime) -> list[int]:
        """Keeps these, and deletes those that are too old or too many. Returns their numbers, in the same order."""
        with self.database.write() as connection:
            numbers = [insert_refusal(connection, refusal) for refusal in refusals]
            self.prune(connection, now)
        return numbers

    def prune(self, connection: Connection, now: datetime) -> None:
        """Deletes rows that are too old, then the oldest beyond ``most``.

        Rows with a danger sign are deleted last, so that a sender that repeats a faulty request does not displace them.
        """
        before = format_instant(now - timedelta(days=self.days))
        connection.execute(delete(refused).where(refused.c.at < before))
        kept = select(refused.c.id).order_by(refused.c.has_sign.desc(), refused.c.id.desc())
        connection.execute(delete(refused).where(refused.c.id.in_(kept.offset(self.most).scalar_subquery())))

    def list_refusals(self) -> list[Refusal]:
        """All that are kept, the oldest first."""
        with self.database.read() as connection:
            return [read_refusal(row) for row in connection.execute(select(refused).order_by(refused.c.id))]

    def find_refusal(self, id: int) -> Refusal | None:
        """The one with this number, or None."""
        with self.database.read() as connection:
            row = connection.execute(select(refused).where(refused.c.id == id)).first()
        return None if row is None else read_refusal(row)

    def drop_refusals(self, ids: Sequence[int]) -> int:
        """Deletes these. Returns how many there were."""
        with self.database.write() as connection:
            return connection.execute(delete(refused).where(refused.c.id.in_(ids))).rowcount


def insert_refusal(connection: Connection, refusal: Refusal) -> int:
    """Inserts one row. Returns its number."""
    row = {
        "at": format_instant(refusal.at),
        "status": refusal.status,
        "request": refusal.request,
        "subject": refusal.subject,
        "faults": msgspec.json.encode(refusal.faults).decode(),
        "fault_count": refusal.fault_count,
        "answers": msgspec.json.encode(refusal.answers).decode(),
        "has_sign": refusal.has_sign,
    }
    return int(connection.execute(insert(refused).values(row).returning(refused.c.id)).scalar_one())


def read_refusal(row: Row[Any]) -> Refusal:
    """The refusal in a row."""
    columns = row._asdict()
    del columns["has_sign"]
    made = Refusal(**columns)
    return replace(
        made,
        at=parse_datetime(columns["at"]).sort_key,
        faults=msgspec.json.decode(columns["faults"], type=tuple[str, ...]),
        answers=msgspec.json.decode(columns["answers"], type=tuple[RefusedAnswer, ...]),
    )
