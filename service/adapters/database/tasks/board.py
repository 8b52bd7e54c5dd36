"""The Tasks in the database, as the watch needs them: a `TaskBoard`.

Each change is one transaction with the new version of the Task and its outbox entry.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Select,
    String,
    and_,
    cast,
    exists,
    func,
    or_,
    select,
    update,
)

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.keeping.bodies import FRAME, resource_of, select_resources
from service.adapters.database.keeping.frames import BrokenFrame
from service.adapters.database.resources.resource_writes import insert_versions
from service.adapters.database.searching.unindexed import Unindexed
from service.adapters.database.submissions.submission_writes import write_versions
from service.adapters.database.tasks.rows import save_task
from service.adapters.database.tasks.table import task as table
from service.fhir.r4.datetimes import format_instant, parse_datetime
from service.fhir.r4.types import Resource
from service.fhir.results.tasks.earlier_tasks import CLOSED, TAKEN
from service.fhir.results.versions import ResourceVersion
from service.ports.tasks import WATCHED, EscalationPolicy, WatchedTask
from service.screening.rules.urgency import Urgency
from service.unreadable import unreadable_parts

# The state of a Task is read again after a twentieth of its age, but within these limits.
SOONEST, LATEST, PART = timedelta(minutes=1), timedelta(hours=1), 20
# The current version of a Task, whose type and id an index has.
IS_ITS_RESOURCE = (t.resource.c.type == "Task", t.resource.c.id == table.c.id, t.resource.c.current)


class DatabaseTasks:
    """The Tasks that are not closed."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def read_due(self, now: datetime, at_most: int) -> list[WatchedTask]:
        """Tasks whose state must be read now, also those that are not delivered. The next time for each is set at once.

        While the FHIR server is down many wait for delivery: each look passes a bounded number of them.
        """
        which = table.c.due <= format_instant(now)
        with self.database.read() as connection:
            rows = connection.execute(select_tasks(which).order_by(table.c.due).limit(at_most)).all()
        if not rows:
            return []
        with self.database.write() as connection:
            for row in rows:
                due = format_instant(next_look(row.since, now))
                connection.execute(update(table).where(table.c.id == row.id, table.c.due == row.due).values(due=due))
        return [watched_task(row) for row in rows]

    def read_late(self, now: datetime, policy: EscalationPolicy, at_most: int) -> list[WatchedTask]:
        """Tasks that nobody has taken within the time of the policy, and that it escalates once more.

        The emergencies first, then the oldest. A search for each level and number of steps follows the index, and
        passes none of the Tasks that were escalated as often as the policy says.
        """
        found: list[Row[Any]] = []
        with self.database.read() as connection:
            for level, limit in sorted(policy.limits.items(), reverse=True):
                late = (table.c.urgency == level.code, table.c.since <= format_instant(now - limit), is_untaken())
                rows: list[Row[Any]] = []
                for steps in range(policy.steps):
                    one = select_tasks(*late, table.c.steps == steps).order_by(table.c.since).limit(at_most)
                    rows += connection.execute(one)
                found += sorted(rows, key=lambda row: row.since)
        return [watched_task(row) for row in found[:at_most]]

    def read_followers(self, tasks: Sequence[WatchedTask]) -> list[WatchedTask]:
        """The Tasks that escalate these: whoever has taken one of them has taken both."""
        ids = [task.id for task in tasks if task.escalated]
        if not ids:
            return []
        with self.database.read() as connection:
            return [watched_task(row) for row in connection.execute(select_tasks(table.c.root.in_(ids)))]

    def read_overdue(self, now: datetime, at_most: int) -> list[WatchedTask]:
        """Tasks of the same day whose end has passed, that nobody has begun, and that are not raised for that yet.

        An index has them alone: the ends of all Tasks that were ever taken are not passed at each look.
        """
        same_day, passed = table.c.urgency == Urgency.SAME_DAY.code, table.c.ends < format_instant(now)
        untaken = (table.c.root.is_(None), table.c.taken.is_(None), table.c.status == "requested")
        rows = select_tasks(*untaken, same_day, passed)
        with self.database.read() as connection:
            return [watched_task(row) for row in connection.execute(rows.order_by(table.c.ends).limit(at_most))]

    def save_status(self, task: WatchedTask, status: str, now: datetime) -> None:
        """Stores the status that the Task has on the FHIR server, as a new version if it has changed."""
        if task.status == status:
            return
        with self.database.write() as connection:
            row = lock_row(connection, task.id)
            if row is None or row.status == status:
                return
            body, version = current_version(connection, task.id)
            changed = {**body, "status": status, "lastModified": format_instant(now)}
            insert_versions(connection, row.act, [ResourceVersion(changed, version + 1)], format_instant(now))
            closed = {"due": None} if status in CLOSED else {}
            connection.execute(update(table).where(table.c.id == task.id).values(status=status, **closed))
            set_taken(connection, row.root or row.id, format_instant(now))

    def escalate(self, task: WatchedTask, made: Resource | None, now: datetime, tell: Callable[[], None]) -> bool:
        """Counts one step, and stores the Task for the next owner. False if it is taken, or escalated already.

        ``tell`` is called within the transaction, so that no step is counted that was not told.
        """
        at = format_instant(now)
        same = (table.c.id == task.id, table.c.escalated == task.escalated, is_untaken())
        counted = {"steps": table.c.steps + 1, "escalated": table.c.escalated + 1, "since": at}
        with self.database.write() as connection:
            row = lock_row(connection, task.id)
            if row is None or connection.execute(update(table).where(*same).values(counted)).rowcount != 1:
                return False
            if made is not None:
                save_task(connection, made, row.act, row.patient, at, root=task.id)
                write_versions(connection, row.act, row.patient, [ResourceVersion(made, 1)], at)
            tell()
        return True

    def add_second(self, task: WatchedTask, level: Urgency, made: Resource, now: datetime) -> None:
        """Stores a second Task beside one that a person has changed, and that has this lower level."""
        lowered = level.code if level in WATCHED else None
        same = (table.c.id == task.id, table.c.urgency == task.urgency.code)
        with self.database.write() as connection:
            row = lock_row(connection, task.id)
            if row is None or connection.execute(update(table).where(*same).values(urgency=lowered)).rowcount != 1:
                return
            set_taken(connection, task.id, format_instant(now))
            write_versions(connection, row.act, row.patient, [ResourceVersion(made, 1)], format_instant(now))

    def save_overdue(self, task: WatchedTask, made: Resource | None, now: datetime) -> None:
        """Stores the raised version of a Task whose end has passed; None if there is nothing to raise."""
        with self.database.write() as connection:
            row = lock_row(connection, task.id)
            if row is None or row.ends is None:
                return
            if made is not None and row.status == task.status:
                _, version = current_version(connection, task.id)
                write_versions(
                    connection, row.act, row.patient, [ResourceVersion(made, version + 1)], format_instant(now)
                )
            connection.execute(update(table).where(table.c.id == task.id).values(ends=None))


def is_untaken() -> ColumnElement[bool]:
    """Selects urgent Tasks that nobody has taken; those that escalate another one follow that one."""
    return and_(table.c.root.is_(None), table.c.urgency.is_not(None), table.c.taken.is_(None))


def is_delivered() -> ColumnElement[bool]:
    """Selects Tasks that the FHIR server has confirmed."""
    place = '"' + cast(place_of_task(), String) + '":'
    return exists().where(t.delivered.c.act == table.c.act, t.delivered.c.versions.contains(place))


def place_of_task() -> ScalarSelect[int]:
    """The place of a Task in its act."""
    return select(t.resource.c.position).where(*IS_ITS_RESOURCE).correlate(table).scalar_subquery()


def entries_with() -> ColumnElement[bool]:
    """Joins the outbox entries that contain a Task."""
    sent = "[" + cast(place_of_task(), String) + ","
    return and_(t.outbox.c.act == table.c.act, t.outbox.c.sends.contains(sent))


def select_tasks(*where: ColumnElement[bool]) -> Select[Any]:
    """Selects Tasks with their current version, their first outbox entry, and whether they are delivered."""
    first = select(func.min(t.outbox.c.id)).where(entries_with()).scalar_subquery().label("entry")
    waits = exists().where(entries_with(), Unindexed(t.outbox.c.state) == "waiting").label("waits")
    # No join: SQLite would begin with the resources, of which there are more.
    line = select(t.resource.c.line).where(*IS_ITS_RESOURCE).scalar_subquery().label("line")
    frame = select(FRAME).where(*IS_ITS_RESOURCE).scalar_subquery().label("frame")
    return select(table, line, frame, first, waits, is_delivered().label("is_delivered")).where(*where)


def watched_task(row: Row[Any]) -> WatchedTask:
    """A row of `select_tasks`."""
    level = Urgency.NONE if row.urgency is None else Urgency.of(row.urgency)
    counts = (row.status, row.steps, row.escalated, row.entry or 0)
    return WatchedTask(row.id, readable_body(row), level, *counts, row.is_delivered, not row.waits)


def readable_body(row: Row[Any]) -> Resource:
    """The body of a Task; an empty one if it cannot be read: its escalation, and those of all others, must not fail."""
    try:
        body: Resource = resource_of(row)
    except BrokenFrame:
        unreadable_parts.tell(reason="a Task")
        return {}
    return body


def next_look(since: str, now: datetime) -> datetime:
    """When the state of a Task is read next."""
    return now + min(max((now - parse_datetime(since).sort_key) / PART, SOONEST), LATEST)


def lock_row(connection: Connection, id: str) -> Row[Any] | None:
    """The row of a Task, whose patient nobody else writes for until the end of the transaction."""
    row = connection.execute(select(table).where(table.c.id == id)).first()
    if row is not None:
        same = t.patient.c.reference == row.patient
        connection.execute(update(t.patient).where(same).values(revision=t.patient.c.revision + 1))
        row = connection.execute(select(table).where(table.c.id == id)).first()
    return row


def current_version(connection: Connection, id: str) -> tuple[Resource, int]:
    """The current version of a stored Task, and its number."""
    where = (t.resource.c.type == "Task", t.resource.c.id == id, t.resource.c.current)
    row = connection.execute(select_resources(t.resource.c.version).where(*where)).one()
    return resource_of(row), row.version


def set_taken(connection: Connection, root: str, now: str) -> None:
    """Sets whether a Task is taken: it is if a person has taken it, or one that escalates it."""
    statuses = list(statuses_of(connection, root))
    taken = {"taken": now} if any(status in TAKEN for status in statuses) else {"taken": None}
    connection.execute(update(table).where(table.c.id == root).values(taken))


def statuses_of(connection: Connection, root: str) -> Iterator[str]:
    """The statuses of a Task and of those that escalate it."""
    yield from connection.scalars(select(table.c.status).where(or_(table.c.id == root, table.c.root == root)))
