"""No alarm unread: reads what became of the Tasks that the service wrote, and escalates those that nobody has taken.

A Task is escalated by the time since its answers came, whether the FHIR server answers or not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from service.fhir.ids import derived_id
from service.fhir.r4.types import Resource
from service.fhir.results.knowledge_base import KnowledgeBase
from service.fhir.results.tasks.earlier_tasks import read_task
from service.fhir.results.tasks.review_task import escalated_task, overdue_task, second_task
from service.issues import Unavailable
from service.ports.fhir_server import FhirServer, LookUp
from service.ports.tasks import EscalationPolicy, TaskBoard, WatchedTask
from service.screening.rules.urgency import Urgency

# Tasks that are read from the FHIR server, or escalated, at a time.
AT_A_TIME = 50
# How long a FHIR server that has not answered is not asked again.
SILENCE = timedelta(seconds=30)
# https://hl7.org/fhir/R4/valueset-task-status.html
STATUSES = frozenset(
    {"draft", "requested", "received", "accepted", "rejected", "ready", "cancelled", "in-progress", "on-hold"}
    | {"failed", "completed", "entered-in-error"}
)
NOT_DELIVERED = "the Task has not reached the FHIR server"
NOT_THERE = "the FHIR server does not have the Task"
NOT_TAKEN = "nobody has taken the Task"

log = structlog.get_logger()


@dataclass
class TaskWatch:
    """The Tasks, the FHIR server on which persons take them (None: there is none), and who is asked next.

    ``silent_until``: the FHIR server has not answered, and is not asked before then: alarms must not wait for it.
    """

    board: TaskBoard
    server: FhirServer | None
    policy: EscalationPolicy
    knowledge: KnowledgeBase
    now: Callable[[], datetime]
    silent_until: datetime | None = None


def watch_next(watch: TaskWatch) -> bool:
    """Reads the state of the Tasks that are due, escalates those that are late, and raises those that are overdue.

    A bounded number of each. True if there may be more to do now. Raises Unavailable if the database is unavailable.
    """
    due = watch.board.read_due(watch.now(), AT_A_TIME) if is_asked(watch) else []
    read_states(watch, due)
    late = watch.board.read_late(watch.now(), watch.policy, AT_A_TIME)
    seen = read_states(watch, [*late, *watch.board.read_followers(late)])
    stepped = [escalate(watch, task, seen) for task in late]
    overdue = watch.board.read_overdue(watch.now(), AT_A_TIME)
    for task in overdue:
        raise_overdue(watch, task)
    return any(stepped) or AT_A_TIME in (len(overdue), len(due))


def read_states(watch: TaskWatch, tasks: Sequence[WatchedTask]) -> LookUp:
    """What the FHIR server tells about the delivered ones of these Tasks; what has changed is stored."""
    by_address = {f"Task/{task.id}": task for task in tasks if task.is_delivered}
    if watch.server is None or not by_address or not is_asked(watch):
        return LookUp()
    seen = watch.server.look_up(by_address, whole=True)
    watch.silent_until = None if seen.failure is None else watch.now() + SILENCE
    for address, current in seen.found.items():
        task = by_address[address]
        try_task(task, "task_state_not_stored", partial(save_state, watch, task, current))
    return seen


def try_task(task: WatchedTask, event: str, step: Callable[[], None]) -> bool:
    """Takes a step with one Task. False if it fails, which is logged as this event: the other Tasks must not wait."""
    try:
        step()
    except Unavailable:
        raise
    except Exception as problem:  # noqa: BLE001 see above
        log.error(event, entry=task.entry, kind=type(problem).__name__)
        return False
    return True


def raise_overdue(watch: TaskWatch, task: WatchedTask) -> None:
    """Raises a Task whose end has passed. One that cannot be raised is told, once."""

    def step() -> None:
        made = overdue_task(task.resource, watch.now(), watch.knowledge)
        watch.board.save_overdue(task, made, watch.now())

    if not try_task(task, "overdue_task_not_raised", step):
        watch.board.save_overdue(task, None, watch.now())


def is_asked(watch: TaskWatch) -> bool:
    """True unless the FHIR server has just not answered. A clock that was set back does not make the wait longer."""
    until, now = watch.silent_until, watch.now()
    return watch.server is not None and (until is None or not now < until <= now + SILENCE)


def save_state(watch: TaskWatch, task: WatchedTask, current: Resource) -> None:
    """Stores the status on the FHIR server, and writes a second Task if the first was not raised there."""
    status = current.get("status")
    if status in STATUSES:
        watch.board.save_status(task, str(status), watch.now())
    level = level_there(current)
    if task.is_settled and level is not None and level < task.urgency:
        made = second_task(task.resource, derived_id("Task", "", task.id, f"second/{task.urgency.code}"), watch.now())
        watch.board.add_second(task, level, made, watch.now())


def level_there(current: Resource) -> Urgency | None:
    """The level of a Task on the FHIR server; None if its content is not as we write it."""
    try:
        return read_task(current).level
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return None


def escalate(watch: TaskWatch, task: WatchedTask, seen: LookUp) -> bool:
    """Asks the next owner, and tells the operator. False if the Task is taken, or another process has done it.

    Without an owner, or if the Task for the owner cannot be made, the operator is told all the same.
    """
    reason = why_late(task, seen)

    def tell() -> None:
        step = task.steps + 1
        log.error("task_escalated", entry=task.entry, urgency=task.urgency.code, step=step, reason=reason)

    try:
        return watch.board.escalate(task, next_task(watch, task), watch.now(), tell)
    except Unavailable:
        raise
    except Exception as problem:  # noqa: BLE001 an alarm that cannot be passed on must still be told
        log.error("task_escalation_failed", entry=task.entry, kind=type(problem).__name__)
        return watch.board.escalate(task, None, watch.now(), tell)


def next_task(watch: TaskWatch, task: WatchedTask) -> Resource | None:
    """The Task for the next owner; None without one."""
    if task.steps >= len(watch.policy.owners):
        return None
    id = derived_id("Task", "", task.id, f"escalation/{task.escalated + 1}")
    return escalated_task(task.resource, id, watch.policy.owners[task.steps], watch.now(), watch.knowledge)


def why_late(task: WatchedTask, seen: LookUp) -> str:
    """Why nobody has taken the Task."""
    if not task.is_delivered:
        return NOT_DELIVERED
    return NOT_THERE if f"Task/{task.id}" in seen.missing else NOT_TAKEN
