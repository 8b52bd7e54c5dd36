"""Follows what becomes of the links of Tasks: each Task of ours gets the state that its link has.

The link and the visit are the truth. They are changed in the transactions of the patient's requests, which make the
Task due; this step only tells what they say, as often as it must.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from service.fhir.r4.types import Resource
from service.fhir.results.tasks.form_task import FormTaskStatus, in_state, with_responses
from service.fhir.terminology.messages import Messages
from service.issues import UnreadableStore
from service.ports.form_tasks import FormTask, FormTaskStore
from service.unreadable import unreadable_parts

AT_A_TIME = 50
# How long a link has ended while a browser still works with it, before it is looked at again.
STILL_OPEN = timedelta(minutes=1)
# How long one that cannot be read is not looked at.
NOT_READABLE = timedelta(hours=1)

log = structlog.get_logger()


@dataclass(frozen=True)
class TaskFollower:
    """Parts that following the Tasks needs. ``now`` is the clock that all processes share."""

    tasks: FormTaskStore
    messages: Messages
    now: Callable[[], datetime]


def follow_next(follower: TaskFollower) -> bool:
    """Stores the new states of the Tasks of ours that are due, a bounded number. True if there may be more.

    Raises Unavailable if the database is unavailable.
    """
    due = follower.tasks.read_due_tasks(follower.now(), AT_A_TIME)
    for task in due:
        try:
            follow(task, follower)
        except UnreadableStore:
            # It would be the first that is due again, before those of all others.
            unreadable_parts.tell(reason="a Task that asks for forms")
            follower.tasks.save_due(task, follower.now() + NOT_READABLE)
    return len(due) == AT_A_TIME


def follow(task: FormTask, follower: TaskFollower) -> None:
    """Stores the state of one Task, if its link has another one."""
    now = follower.now()
    status = state_of(task, now)
    if status == task.status:
        follower.tasks.save_due(task, max(task.link.until, now + STILL_OPEN))
        return
    change = changing(task, status, follower.messages, now)
    if follower.tasks.save_state(task, status, change, now) is not None:
        log.info("form_task_changed", status=status)


def state_of(task: FormTask, now: datetime) -> FormTaskStatus:
    """The status that a Task should have, by what became of its link.

    A browser that works on the forms may send them after the link has expired: until then the Task has not failed.
    """
    link = task.link
    if link.is_sent:
        return "completed"
    if link.revoked is not None:
        return "cancelled"
    if not link.is_valid(now) and not task.has_browser:
        return "failed"
    return "accepted" if link.opened is None else "in-progress"


def changing(
    task: FormTask, status: FormTaskStatus, messages: Messages, now: datetime
) -> Callable[[Resource], Resource]:
    """What makes the next state of a Task from the one before: the status, why it ended, or the responses."""
    reasons = {"failed": "expired", "cancelled": "revoked"}
    reason = messages.message("form-task", reasons[status]) if status in reasons else ""

    def change(resource: Resource) -> Resource:
        made = in_state(resource, status, now, reason)
        return with_responses(made, task.responses) if status == "completed" else made

    return change
