"""The rows of the Tasks that we write, kept in the transactions that write them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from service.adapters.database.tasks.table import task
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.types import Resource
from service.fhir.results.tasks.earlier_tasks import CLOSED, OLD_ANSWERS, TAKEN, read_task
from service.ports.tasks import WATCHED
from service.screening.rules.urgency import Urgency


def save_task(
    connection: Connection, resource: Resource, act: int, patient: str, now: str, root: str | None = None
) -> None:
    """Inserts or updates the row of a Task that is being written; ``root``: the Task that it escalates.

    Does nothing for another resource. A higher urgency than before starts the time to the next escalation again.
    """
    if resource["resourceType"] != "Task":
        return
    same = task.c.id == resource["id"]
    before = connection.execute(select(task.c.urgency).where(same)).first()
    if before is None:
        row = {"id": resource["id"], "act": act, "patient": patient, "root": root, **new_columns(resource, now)}
        connection.execute(insert(task).values(row))
        return
    known = columns_of(resource)
    raised = level_or_none(known["urgency"]) > level_or_none(before.urgency)
    again = {"since": now, "steps": 0, "taken": None, "due": now} if raised else {}
    closed = {"taken": now, "due": None} if known["status"] in CLOSED else {}
    connection.execute(update(task).where(same).values({**known, **again, **closed}))


def columns_of(resource: Resource) -> dict[str, Any]:
    """The columns that a version of a Task sets."""
    read = read_task(resource)
    is_watched = read.kind != OLD_ANSWERS and read.level in WATCHED
    end = None if read.end is None else format_instant(read.end)
    return {"urgency": read.level.code if is_watched else None, "ends": end, "status": read.status}


def new_columns(resource: Resource, now: str) -> dict[str, Any]:
    """The columns of a Task that is new, but for whom it is."""
    counted = {"written": now, "since": now, "steps": 0, "escalated": 0, "due": now}
    return {**columns_of(resource), **counted, "taken": None}


def level_or_none(code: str | None) -> Urgency:
    """The level in the column `urgency`."""
    return Urgency.NONE if code is None else Urgency.of(code)


def call_again(connection: Connection, references: Collection[str], now: str) -> None:
    """Starts the escalation of Tasks again that nobody has taken, although it was told, and that are needed again."""
    ids = [reference.removeprefix("Task/") for reference in references]
    if not ids:
        return
    waits = (task.c.id.in_(ids), task.c.status.not_in(TAKEN), or_(task.c.steps > 0, task.c.taken.is_not(None)))
    connection.execute(update(task).where(*waits).values(since=now, steps=0, taken=None, due=now))
