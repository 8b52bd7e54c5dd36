"""The Tasks that we wrote, and what became of them. Those that are stored already are watched from now on."""

import json
from typing import Any

from alembic import op
from sqlalchemy import Column, Index, Integer, MetaData, String, Table, insert, text

from service import clock
from service.fhir.r4.datetimes import format_instant

revision = "0010"
down_revision = "0009"

metadata = MetaData()
task = Table(
    "task",
    metadata,
    Column("id", String, primary_key=True),
    Column("act", Integer, nullable=False, index=True),
    Column("patient", String, nullable=False, index=True),
    Column("root", String, index=True),
    Column("urgency", String),
    Column("written", String, nullable=False),
    Column("since", String, nullable=False),
    Column("ends", String, index=True),
    Column("status", String, nullable=False),
    Column("taken", String),
    Column("steps", Integer, nullable=False),
    Column("escalated", Integer, nullable=False),
    Column("due", String, index=True),
    Index("task_late", "urgency", "taken", "since"),
)

CURRENT = (
    "SELECT r.id, r.act, a.patient, r.stored, r.body FROM resource r JOIN act a ON a.sequence = r.act "
    "WHERE r.type = 'Task' AND r.current"
)
CLOSED = ("completed", "cancelled", "entered-in-error")
LEVELS = ("emergency", "same-day")


def upgrade() -> None:
    """Creates the table, with a row for each Task that is stored. The time to its escalation begins now."""
    connection, now = op.get_bind(), format_instant(clock.now())
    metadata.create_all(connection)
    rows = [row_of(row, json.loads(row.body), now) for row in connection.execute(text(CURRENT)).all()]
    if rows:
        connection.execute(insert(task), rows)


def row_of(stored: Any, resource: Any, now: str) -> dict[str, Any]:
    """The row of a Task that is stored. One whose end has passed is raised with the next answers, as before."""
    levels = [each.get("valueCodeableConcept", {}).get("coding", [{}])[0].get("code") for each in resource["input"]]
    is_closed = resource["status"] in CLOSED
    return {
        "id": stored.id,
        "act": stored.act,
        "patient": stored.patient,
        "root": None,
        "urgency": next((level for level in LEVELS if level in levels), None),
        "written": resource.get("authoredOn") or stored.stored,
        "since": now,
        "ends": None,
        "status": resource["status"],
        "taken": now if is_closed else None,
        "steps": 0,
        "escalated": 0,
        "due": None if is_closed else now,
    }
