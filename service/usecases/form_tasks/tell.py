"""Tells the FHIR server what becomes of the Tasks that were taken there, and learns what others have done with them.

A Task is written only as long as it is still as it was read: https://hl7.org/fhir/R4/http.html#concurrency
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from service.fhir.r4.types import Resource
from service.fhir.results.tasks.form_task import ENDED, FormTaskStatus, link_address, waits_for_taker
from service.ports.fhir_server import LookUp, ServerResponse
from service.ports.form_tasks import FormTask
from service.usecases.delivery.back_off import SLOW
from service.usecases.delivery.delivery import failure_reason
from service.usecases.form_tasks.follow import changing, state_of
from service.usecases.form_tasks.task_taker import ONE_REQUEST, TaskTaker, if_match, is_valid, is_written
from service.usecases.links.links import token_digest

AT_A_TIME = 20
# How long a Task waits for its responses to reach the FHIR server, before it is looked at again.
NOT_THERE_YET = timedelta(seconds=2)
# The attempt at which an operator is told.
ALARM_ATTEMPT = 10

log = structlog.get_logger()


def tell_due(taker: TaskTaker) -> bool:
    """Writes what has become of the Tasks that are due to the FHIR server. True if there may be more."""
    due = taker.store.form_tasks.read_due_tasks(taker.now(), AT_A_TIME, taker.source)
    if not due:
        return False
    seen = taker.server.look_up([f"Task/{task.id}" for task in due], whole=True)
    for task in due:
        tell(task, seen, taker)
    return len(due) == AT_A_TIME and seen.failure is None


def tell(task: FormTask, seen: LookUp, taker: TaskTaker) -> None:
    """Writes what has become of one Task, or learns from the FHIR server what others have done with it."""
    address = f"Task/{task.id}"
    if address in seen.missing:
        end_link(task, "cancelled", taker)
    elif address not in seen.found or not is_valid(seen.found[address]):
        postpone_form_task(task, seen.failure, taker)
    else:
        tell_found(task, seen.found[address], taker)


def tell_found(task: FormTask, current: Resource, taker: TaskTaker) -> None:
    """The same for a Task that the FHIR server has."""
    status = current.get("status")
    if task.status == "requested":
        finish_accepting(task, current, taker)
        return
    wanted = state_of(task, taker.now())
    if status == wanted:
        settle_form_task(task, wanted, taker)
    elif status in ENDED:
        end_link(task, status, taker)
    elif wanted == task.status:
        # Others may put it on hold, or write to it: the link stays.
        settle_form_task(task, wanted, taker)
    elif wanted == "completed" and not are_delivered(task.responses, taker):
        taker.store.form_tasks.save_due(task, taker.now() + NOT_THERE_YET)
    else:
        write_state(task, wanted, current, taker)


def finish_accepting(task: FormTask, current: Resource, taker: TaskTaker) -> None:
    """Finds out whether the Task was accepted with our link, although the answer did not arrive."""
    if has_our_link(task, current, taker):
        settle_form_task(task, "accepted", taker)
    elif waits_for_taker(current):
        # The search accepts it again, with another link.
        taker.store.form_tasks.save_due(task, taker.now() + taker.interval + ONE_REQUEST)
    else:
        end_link(task, "cancelled", taker)


def has_our_link(task: FormTask, current: Resource, taker: TaskTaker) -> bool:
    """True if the address in a Task opens the link that we made for it."""
    address = link_address(current)
    if address is None:
        return False
    found = taker.store.links.find_link(token_digest(address.rpartition("/")[2]))
    return found is not None and found.id == task.link.id


def are_delivered(responses: Sequence[str], taker: TaskTaker) -> bool:
    """True if the FHIR server has the current version of each response, so that the Task may refer to it."""
    for id in responses:
        stored = taker.store.read("QuestionnaireResponse", id)
        delivered = taker.store.read_delivered(f"QuestionnaireResponse/{id}")
        if stored is None or delivered is None or delivered.local < stored.version:
            return False
    return True


def write_state(task: FormTask, status: FormTaskStatus, current: Resource, taker: TaskTaker) -> None:
    """Writes a state to the FHIR server, unless the Task was changed there after it was read."""
    change = changing(task, status, taker.context.assessment.knowledge.messages, taker.now())
    answer = taker.server.update(change(current), if_match(current))
    if is_written(answer):
        settle_form_task(task, status, taker)
        log.info("form_task_changed", status=status)
    else:
        postpone_form_task(task, answer, taker)


def settle_form_task(task: FormTask, status: FormTaskStatus, taker: TaskTaker) -> None:
    """Stores the status that the Task has on the FHIR server; it is looked at again after the interval."""
    next_look = taker.now() + taker.interval
    is_waiting = taker.now() < task.link.until < next_look
    taker.store.form_tasks.save_told(task, status, task.link.until if is_waiting else next_look)


def end_link(task: FormTask, status: FormTaskStatus, taker: TaskTaker) -> None:
    """Ends a Task that others have ended, with its link: the patient sends nothing any more."""
    with taker.store.transaction() as unit:
        unit.links.revoke_link(task.link.id, taker.now())
        unit.form_tasks.save_told(task, status, taker.now())
    log.info("form_task_ended", status=status)


def postpone_form_task(task: FormTask, failure: ServerResponse | None, taker: TaskTaker) -> None:
    """Tries again later. An operator is told once, after ``ALARM_ATTEMPT`` attempts."""
    wait = SLOW.wait(task.attempts, taker.draw)
    later = replace(task, attempts=task.attempts + 1)
    taker.store.form_tasks.save_due(later, taker.now() + wait)
    if later.attempts == ALARM_ATTEMPT:
        reason = "the FHIR server did not return the Task" if failure is None else failure_reason(failure)
        log.error("form_task_not_told", reason=reason, attempts=ALARM_ATTEMPT)
