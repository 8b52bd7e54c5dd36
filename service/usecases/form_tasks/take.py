"""Takes Tasks that ask for forms from the FHIR server of the site: finds them, and accepts each with a link, as long as
the Task is still as it was read. What becomes of them: tell.py.

https://hl7.org/fhir/R4/http.html#concurrency
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog

from service.fhir.r4.types import Resource
from service.fhir.results.tasks.form_task import asked_forms, in_state, is_form_task, waits_for_taker, with_link
from service.issues import Rejected
from service.ports.fhir_server import ChangesPage, ServerResponse
from service.usecases.delivery.delivery import failure_reason
from service.usecases.form_tasks.orders import read_order
from service.usecases.form_tasks.task_taker import ONE_REQUEST, TaskTaker, if_match, is_valid, is_written
from service.usecases.form_tasks.tell import settle_form_task, tell_due
from service.usecases.forms.form_context import FormContext
from service.usecases.links.links import make_link

# One turn: it begins no request that might end after it.
LEASE = timedelta(seconds=120)
MAX_PAGES = 10
LONGEST_REASON = 900

log = structlog.get_logger()


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
