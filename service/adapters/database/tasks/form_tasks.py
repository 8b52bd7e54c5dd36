"""The Tasks that ask for forms, in the database: a `FormTaskStore`.

A Task of ours is a resource of an act without a response, so that it is found, filtered by patient and erased like all
others. It is not sent to the FHIR server.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, insert, select, update

from service.adapters.database import tables as t
from service.adapters.database.access.audit_of_writes import AuditOfWrites
from service.adapters.database.access.form_links import WITH_VISIT, read_link
from service.adapters.database.keeping.bodies import select_resources
from service.adapters.database.one_connection import Transactions
from service.adapters.database.resources.resource_writes import insert_versions
from service.adapters.database.store_rows import stored_resource
from service.adapters.database.tasks.form_task_table import form_task
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.types import Resource, StoredResource
from service.fhir.results.tasks.form_task import ENDED, FormTaskStatus
from service.fhir.results.versions import ResourceVersion
from service.issues import Forbidden, Issue
from service.ports.access.audit import Written
from service.ports.access.form_links import FormLink
from service.ports.form_tasks import Change, FormTask

COLUMNS = form_task.c
# An act that brings no response has no rules.
EMPTY_ACT = {"rules": "", "uses": "[]", "brings": "[]"}


class DatabaseFormTasks:
    """The Tasks that ask for forms."""

    def __init__(self, database: Transactions, patient: str | None = None, audit: AuditOfWrites | None = None) -> None:
        self.database, self.patient, self.audit = database, patient, audit or AuditOfWrites(None)

    def save_task(self, task: Resource, link: FormLink, now: datetime) -> StoredResource:
        """Stores a Task that was sent to us. Raises Forbidden if the store is that of another patient."""
        patient, at = link.session.patient, format_instant(now)
        require_own(self.patient, patient)
        act = {"lead": f"Task/{task['id']}", "patient": patient, "as_of": at, "accepted": at, **EMPTY_ACT}
        with self.database.write() as connection:
            sequence = connection.execute(insert(t.act).values(act).returning(t.act.c.sequence)).scalar_one()
            insert_versions(connection, sequence, [ResourceVersion(task, 1)], at)
            row = form_task_row(task["id"], link, "", task["status"], format_instant(link.until))
            connection.execute(insert(form_task).values(**row, act=sequence))
            self.audit.add(connection, [Written("create", f"Task/{task['id']}", patient)])
            return current_task(connection, task["id"])

    def find_task(self, id: str) -> FormTask | None:
        """The Task of ours with this id, if it may be seen; None without one."""
        mine = [] if self.patient is None else [COLUMNS.patient == self.patient]
        with self.database.read() as connection:
            row = connection.execute(select_form_tasks("", COLUMNS.task == id, COLUMNS.source == "", *mine)).first()
        return None if row is None else read_form_task(row)

    def read_due_tasks(self, now: datetime, at_most: int, source: str = "") -> list[FormTask]:
        """The Tasks to look at now: those of ours, or those on the FHIR server with this base."""
        due = (COLUMNS.due <= format_instant(now), COLUMNS.source == source)
        query = select_form_tasks(format_instant(now), *due).order_by(COLUMNS.due).limit(at_most)
        with self.database.read() as connection:
            return [read_form_task(row) for row in connection.execute(query)]

    def save_state(
        self, task: FormTask, status: FormTaskStatus, change: Change, now: datetime
    ) -> StoredResource | None:
        """Stores the next version of a Task of ours. None if another request has changed it since it was read."""
        due = None if status in ENDED else format_instant(task.link.until)
        with self.database.write() as connection:
            same = (COLUMNS.task == task.name, COLUMNS.status == task.status)
            changed = update(form_task).where(*same).values(status=status, due=due, attempts=0)
            act = connection.scalar(changed.returning(COLUMNS.act))
            if act is None:
                return None
            before = current_task(connection, task.name)
            made = ResourceVersion(change(before.resource), before.version + 1)
            insert_versions(connection, act, [made], format_instant(now))
            self.audit.add(connection, [Written("update", f"Task/{task.id}", task.link.session.patient)])
            return current_task(connection, task.name)

    def save_due(self, task: FormTask, due: datetime) -> None:
        """Sets when a Task is looked at next, unless something has happened to its link since it was read."""
        same = (COLUMNS.task == task.name, COLUMNS.due == task.due)
        with self.database.write() as connection:
            connection.execute(update(form_task).where(*same).values(due=format_instant(due), attempts=task.attempts))

    def forget_unfinished(self, name: str) -> bool:
        """Deletes a Task on the FHIR server, with its link, that was not accepted there. False if it was."""
        with self.database.write() as connection:
            row = connection.execute(select(form_task).where(COLUMNS.task == name)).first()
            if row is None:
                return True
            if row.status != "requested":
                return False
            connection.execute(delete(form_task).where(COLUMNS.task == name))
            connection.execute(delete(t.form_link).where(t.form_link.c.id == row.link))
        return True

    def save_found(self, link: FormLink, source: str, due: datetime) -> FormTask:
        """Stores that a Task on the FHIR server is being accepted with a link."""
        made = FormTask(link.task or "", source, link, "requested", format_instant(due))
        with self.database.write() as connection:
            connection.execute(insert(form_task).values(form_task_row(made.name, link, source, made.status, made.due)))
        return made

    def save_told(self, task: FormTask, status: FormTaskStatus, due: datetime) -> None:
        """Stores the status that a Task has on the FHIR server, and when it is looked at next."""
        same = COLUMNS.task == task.name
        ended = {"due": None} if status in ENDED else {}
        with self.database.write() as connection:
            connection.execute(update(form_task).where(same).values(status=status, attempts=0, **ended))
            if not ended:
                unchanged = update(form_task).where(same, COLUMNS.due == task.due)
                connection.execute(unchanged.values(due=format_instant(due)))


def require_own(patient: str | None, subject: str) -> None:
    """Raises Forbidden if a store of one patient is asked to write for another one."""
    if patient is not None and subject != patient:
        raise Forbidden([Issue("forbidden", "Task.for", "`for` must be the patient that the token is for.")])


def form_task_row(name: str, link: FormLink, source: str, status: str, due: str) -> dict[str, Any]:
    """The columns of a new Task."""
    known = {"task": name, "patient": link.session.patient, "link": link.id, "source": source}
    return {**known, "status": status, "due": due, "attempts": 0}


def select_form_tasks(now: str, *where: ColumnElement[bool]) -> Any:
    """Selects Tasks with their link, its visit, and whether a browser works on that."""
    session, visit = t.form_session.c, t.form_visit.c
    has_browser = exists().where(session.visit == visit.id, session.until >= now).label("has_browser")
    own = (COLUMNS.status.label("told"), COLUMNS.source, COLUMNS.due, COLUMNS.attempts)
    query = WITH_VISIT.add_columns(*own, visit.responses, has_browser)
    return query.join(form_task, and_(COLUMNS.link == t.form_link.c.id, *where))


def read_form_task(row: Row[Any]) -> FormTask:
    """A row of `select_form_tasks`."""
    responses: Sequence[str] = () if row.responses is None else msgspec.json.decode(row.responses, type=list[str])
    link = read_link(row)
    name = link.task or ""
    return FormTask(name, row.source, link, row.told, row.due, row.attempts, tuple(responses), row.has_browser)


def current_task(connection: Connection, id: str) -> StoredResource:
    """The current version of a Task of ours."""
    where = (t.resource.c.type == "Task", t.resource.c.id == id, t.resource.c.current)
    return stored_resource(connection.execute(select_resources().where(*where)).one())
