"""Visits of patients to the form, and the sessions of their browsers, in the database."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.adapters.database import tables as t
from service.adapters.database.one_connection import Transactions
from service.adapters.database.tasks.form_task_table import note_change
from service.fhir.r4.datetimes import format_instant, parse_datetime
from service.fhir.r4.strict_json import encode, parse
from service.ports.form_visits import Draft, FormSession, FormVisit, VisitConflict

COLUMNS = t.form_visit.c


class DatabaseVisits:
    """The visits, common to all processes on one database: a `VisitStore`."""

    def __init__(self, database: Transactions) -> None:
        self.database = database

    def save_new_visit(self, visit: FormVisit) -> None:
        """Stores a new visit. Raises VisitConflict if its link has a visit already."""
        try:
            with self.database.write() as connection:
                connection.execute(insert(t.form_visit).values(id=visit.id, **row_of_visit(visit)))
        except IntegrityError:
            raise VisitConflict from None

    def find_visit_of_link(self, link: str) -> FormVisit | None:
        """The visit that was opened with a link, or None."""
        with self.database.read() as connection:
            return read_visit(connection.execute(select(t.form_visit).where(COLUMNS.link == link)).first())

    def read_current(self, id: str) -> FormVisit | None:
        """The visit with an id as it is now, or None."""
        with self.database.read() as connection:
            return read_visit(connection.execute(select(t.form_visit).where(COLUMNS.id == id)).first())

    def save_session(self, key: str, visit: FormVisit, until: datetime, now: datetime) -> None:
        """Gives a browser a session, or extends it. Deletes the sessions that have expired."""
        session = t.form_session
        row = {"visit": visit.id, "until": format_instant(until)}
        with self.database.write() as connection:
            connection.execute(delete(session).where(session.c.until < format_instant(now)))
            if not connection.execute(update(session).where(session.c.key == key).values(row)).rowcount:
                connection.execute(insert(session).values(key=key, **row))

    def find_visit(self, key: str, now: datetime) -> FormVisit | None:
        """The visit of a session; None if there is no such session, it has expired, or its link was revoked."""
        session = t.form_session
        where = (session.c.key == key, session.c.until >= format_instant(now), ~is_revoked())
        query = select(t.form_visit).join(session, session.c.visit == COLUMNS.id).where(*where)
        with self.database.read() as connection:
            return read_visit(connection.execute(query).first())

    def end_session(self, key: str) -> None:
        """Deletes a session."""
        with self.database.write() as connection:
            connection.execute(delete(t.form_session).where(t.form_session.c.key == key))

    def save_visit(self, visit: FormVisit) -> None:
        """Stores a changed visit. Raises VisitConflict if it was changed or sent since it was read."""
        with self.database.write() as connection:
            update_visit(connection, visit)

    def delete_unsent(self, opened_before: datetime, now: datetime, most: int) -> int:
        """Deletes visits that were opened before a time and not sent, the oldest first, ``most`` at a time; returns
        how many. A visit stays that a browser works on, or to which a link leads that is still valid."""
        session, link, moment = t.form_session, t.form_link, format_instant(now)
        worked_on = select(session.c.key).where(session.c.until >= moment, session.c.visit == COLUMNS.id)
        reached = select(link.c.id).where(link.c.id == COLUMNS.link, link.c.until >= moment, link.c.revoked.is_(None))
        old = (COLUMNS.sent.is_(None), COLUMNS.opened < format_instant(opened_before))
        found = select(COLUMNS.id).where(*old, ~worked_on.exists(), ~reached.exists()).order_by(COLUMNS.opened)
        with self.database.write() as connection:
            ids = connection.scalars(found.limit(most)).all()
            return connection.execute(delete(t.form_visit).where(COLUMNS.id.in_(ids), COLUMNS.sent.is_(None))).rowcount


def is_revoked() -> ColumnElement[bool]:
    """Selects visits whose link was revoked."""
    return exists().where(t.form_link.c.revoked.is_not(None), t.form_link.c.id == COLUMNS.link)


def update_visit(connection: Connection, visit: FormVisit) -> None:
    """Stores a changed visit. Raises VisitConflict if it was changed or sent since it was read, or its link revoked."""
    where = (COLUMNS.id == visit.id, COLUMNS.version == visit.version, COLUMNS.sent.is_(None), ~is_revoked())
    row = row_of_visit(replace(visit, version=visit.version + 1))
    if not connection.execute(update(t.form_visit).where(*where).values(row)).rowcount:
        raise VisitConflict
    if visit.sent is not None and visit.session.link is not None:
        note_change(connection, visit.session.link, visit.sent)


def row_of_visit(visit: FormVisit) -> dict[str, Any]:
    """The columns of a visit, without its id."""
    return {
        "patient": visit.session.patient,
        "link": visit.session.link,
        "session": msgspec.json.encode(visit.session).decode(),
        "responses": msgspec.json.encode(visit.response_ids).decode(),
        "draft": draft_text(visit.draft),
        "opened": format_instant(visit.opened),
        "version": visit.version,
        "is_stored": visit.is_stored,
        "sent": None if visit.sent is None else format_instant(visit.sent),
    }


def read_visit(row: Row[Any] | None) -> FormVisit | None:
    """The visit in a row; None without a row."""
    if row is None:
        return None
    return FormVisit(
        id=row.id,
        session=msgspec.json.decode(row.session, type=FormSession),
        response_ids=tuple(msgspec.json.decode(row.responses, type=list[str])),
        opened=parse_datetime(row.opened).sort_key,
        draft=read_draft(row.draft),
        version=row.version,
        is_stored=row.is_stored,
        sent=None if row.sent is None else parse_datetime(row.sent).sort_key,
    )


def draft_text(draft: Draft) -> str:
    """The draft as JSON. Numbers stay as they were entered."""
    parts = {"answers": draft.answers, "helper": draft.helper, "shown_help": list(draft.shown_help)}
    return encode({**parts, "saved_pages": sorted(draft.saved_pages)}).decode()


def read_draft(text: str) -> Draft:
    """The draft in a text of `draft_text`."""
    parts = parse(text)
    return Draft(parts["answers"], frozenset(parts["saved_pages"]), parts["helper"], tuple(parts["shown_help"]))
