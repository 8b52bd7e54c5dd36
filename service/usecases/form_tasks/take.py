"""Takes Tasks that ask for forms from the FHIR server of the site: finds them, accepts each with a link, and writes
there what becomes of it, as long as the Task is still as it was read.

https://hl7.org/fhir/R4/http.html#concurrency
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from service.fhir.r4.structure import check_structure
from service.fhir.r4.types import Resource
from service.fhir.results.tasks.form_task import (
    ENDED,
    FormTaskStatus,
    asked_forms,
    in_state,
    is_form_task,
    link_address,
    waits_for_taker,
    with_link,
)
from service.issues import Malformed, Rejected
from service.ports.fhir_server import ChangesPage, LookUp, ServerResponse, TaskServer
from service.ports.form_tasks import FormTask
from service.ports.pulling.fetched import FetchedStore
from service.ports.pulling.notices import NoticeStore
from service.ports.submissions import SubmissionStore
from service.usecases.delivery.back_off import SLOW
from service.usecases.delivery.delivery import failure_reason
from service.usecases.delivery.transaction_response import as_object, as_version_id
from service.usecases.form_tasks.follow import changing, state_of
from service.usecases.form_tasks.orders import read_order
from service.usecases.forms.form_context import FormContext
from service.usecases.links.links import make_link, token_digest

# Longer than what one turn does in it: see `has_time`.
LEASE = timedelta(seconds=120)
# One request, with its deadline.
ONE_REQUEST = timedelta(seconds=40)
MAX_PAGES = 10
AT_A_TIME = 20
# How long a Task waits for its responses to reach the FHIR server, before it is looked at again.
NOT_THERE_YET = timedelta(seconds=2)
# The attempt at which an operator is told.
ALARM_ATTEMPT = 10
LONGEST_REASON = 900

log = structlog.get_logger()


class TakingStore(SubmissionStore, FetchedStore, Protocol):
    """The store of Tasks, links and responses, and of what has reached the FHIR server."""


@dataclass(frozen=True)
class TaskTaker:
    """Parts that taking Tasks from the FHIR server needs.

    ``forms_at`` is the address before `/forms`, ``interval`` the time between two searches, and between two looks at a
    Task that was taken.
    """

    server: TaskServer
    store: TakingStore
    notices: NoticeStore
    context: FormContext
    forms_at: str
    interval: timedelta
    draw: Callable[[], float] = random.random

    @property
    def source(self) -> str:
        """The base of the FHIR server."""
        return self.server.base

    def now(self) -> datetime:
        """The time by the clock that all processes share."""
        return self.context.now()


def take_next(taker: TaskTaker) -> bool:
    """Writes what has become of the Tasks that are due, and searches for new ones if that is due.

    True if there may be more to do. Raises Unavailable if the database is unavailable.
    """
    return tell_due(taker) or search_asked(taker)


def search_asked(taker: TaskTaker) -> bool:
    """Accepts the Tasks on the FHIR server that ask for our forms. False if the search is not due, or failed."""
    now, name = taker.now(), f"{taker.source}/Task"
    if taker.notices.take_search(name, now, now + LEASE) is None:
        return False
    failure = accept_all(taker, now + LEASE)
    if failure is not None:
        log.warning("task_search_failed", reason=failure_reason(failure))
    taker.notices.save_progress(name, None, taker.now() + taker.interval)
    return False


def accept_all(taker: TaskTaker, until: datetime) -> ServerResponse | None:
    """Accepts each Task that is found, as long as there is time. Returns what kept it from finding or accepting."""
    # All pages first: a Task that is accepted is found no longer, and would move the others to the page before.
    pages = list(pages_of_asked(taker))
    for task in (task for page in pages for task in page.resources):
        if not is_valid(task) or not is_form_task(task) or not waits_for_taker(task):
            continue
        answer = accept_found(task, taker)
        if answer is not None and answer.status is None:
            return answer
        if taker.now() > until - ONE_REQUEST:
            break
    return pages[-1].failure


def pages_of_asked(taker: TaskTaker) -> Iterator[ChangesPage]:
    """Yields the pages of the search, at most ``MAX_PAGES``."""
    page = taker.server.search_asked()
    for _ in range(MAX_PAGES):
        yield page
        if page.failure is not None or page.next_path is None:
            return
        page = taker.server.search_asked_page(page.next_path)


def accept_found(task: Resource, taker: TaskTaker) -> ServerResponse | None:
    """Accepts one Task with a link, or rejects it. None if it asks for forms of somebody else, or is accepted already.

    The link is stored before the Task is written: if the answer is lost, `tell_due` reads there which link it has.
    """
    name, context = f"{taker.source}/Task/{task.get('id')}", taker.context
    if not asks_for_ours(task, context):
        return None
    try:
        order = read_order(task, context, taker.source, name)
    except Rejected as problem:
        return reject(task, problem, taker)
    now = taker.now()
    with taker.store.transaction() as unit:
        if not unit.form_tasks.forget_unfinished(name):
            return None
        made = make_link(order, unit.links, context.new_id(), context.new_secret(), now)
        found = unit.form_tasks.save_found(made.link, taker.source, now + ONE_REQUEST)
    address = f"{taker.forms_at}/forms/link/{made.token}"
    accepted = with_link(in_state(task, "accepted", now), address, context.assessment.knowledge.codes)
    answer = taker.server.update(accepted, if_match(task))
    if is_written(answer):
        settle_form_task(found, "accepted", taker)
        log.info("form_task_accepted")
    return answer


def is_valid(task: Resource) -> bool:
    """True if what the FHIR server returned is a Task, so that it can be read."""
    try:
        check_structure(task, "Task")
    except Malformed:
        return False
    return True


def asks_for_ours(task: Resource, context: FormContext) -> bool:
    """True if a Task asks for a form of ours."""
    named = (canonical for _, canonical in asked_forms(task) if canonical is not None)
    found = (context.assessment.catalogue.find(canonical.partition("|")[0]) for canonical in named)
    return any(form is not None and form.edition is None for form in found)


def reject(task: Resource, problem: Rejected, taker: TaskTaker) -> ServerResponse:
    """Rejects a Task on the FHIR server, with every reason."""
    faults = " ".join(f"{issue.path}: {issue.text}" for issue in problem.issues)[:LONGEST_REASON]
    reason = taker.context.assessment.knowledge.messages.message("form-task", "rejected", faults=faults)
    answer = taker.server.update(in_state(task, "rejected", taker.now(), reason), if_match(task))
    if is_written(answer):
        log.warning("form_task_rejected", count=len(problem.issues))
    return answer


def if_match(task: Resource) -> str | None:
    """The version of a Task as it was read, as If-Match has it; None if the server does not tell."""
    version = as_version_id(as_object(task.get("meta")).get("versionId"))
    return None if version is None else f'W/"{version}"'


def is_written(answer: ServerResponse) -> bool:
    """True if the FHIR server has taken an update."""
    return answer.status in (200, 201)


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
