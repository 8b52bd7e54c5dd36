"""The table of the Tasks that ask for forms, and the note that something has happened to the link of one."""

from datetime import datetime

from sqlalchemy import Column, Connection, Integer, String, Table, update

from service.adapters.database.tables import metadata
from service.fhir.r4.datetimes import format_instant

# The Tasks that ask for forms. `task` is the id of one of ours, whose `act` is its place in the order of acceptance;
# otherwise its address on the FHIR server with the base `source`. `due` is null once it has ended.
form_task = Table(
    "form_task",
    metadata,
    Column("task", String, primary_key=True),
    Column("patient", String, nullable=False, index=True),
    Column("link", String, nullable=False, unique=True),
    Column("act", Integer),
    Column("source", String, nullable=False),
    Column("status", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", String, index=True),
)


def note_change(connection: Connection, link: str, now: datetime) -> None:
    """Makes the Task of a link due, in the transaction that opens, revokes or uses up the link."""
    waits = (form_task.c.link == link, form_task.c.due.is_not(None))
    connection.execute(update(form_task).where(*waits).values(due=format_instant(now), attempts=0))
