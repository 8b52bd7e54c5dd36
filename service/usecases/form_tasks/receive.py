"""Takes a Task that asks for forms: accepts it with a link, or ends it when whoever asked takes it back."""

from typing import NamedTuple

from service.fhir.ids import derived_id
from service.fhir.r4.structure import check_structure
from service.fhir.r4.types import Resource, StoredResource
from service.fhir.results.tasks.form_task import ENDED, OF_STATE, TAKEN_BACK, FormTaskStatus, in_state
from service.fhir.results.versions import says_the_same
from service.issues import Issue, PreconditionFailed, Unprocessable
from service.ports.form_tasks import FormTask
from service.ports.submissions import SubmissionStore
from service.usecases.form_tasks.orders import read_order, with_own_references
from service.usecases.forms.form_context import FormContext
from service.usecases.links.links import make_link
from service.usecases.responses.if_match import Precondition, require_match


class AcceptedTask(NamedTuple):
    """A Task as it is stored, and the token of its link, which is told once and never again."""

    stored: StoredResource
    token: str


def accept_task(task: Resource, context: FormContext, store: SubmissionStore, made_by: str) -> AcceptedTask:
    """Accepts a Task that was sent to us: Task and link are stored in one transaction.

    Raises Malformed, Unprocessable with every issue, and Forbidden if the store is that of another patient.
    """
    id, now = derived_id("Task", "", context.new_id(), "forms"), context.now()
    order = read_order(task, context, made_by, id)
    accepted = in_state({**with_own_references(task, context), "id": id}, "accepted", now)
    with store.transaction() as unit:
        made = make_link(order, unit.links, context.new_id(), context.new_secret(), now)
        stored = unit.form_tasks.save_task(accepted, made.link, now)
    return AcceptedTask(stored, made.token)


def end_task(
    task: Resource, condition: Precondition, context: FormContext, store: SubmissionStore
) -> StoredResource | None:
    """Ends a Task of ours because whoever asked takes it back, and revokes its link in the same transaction.

    ``task`` is the Task as it was read, with the status `cancelled` or `entered-in-error`. None if there is no such
    Task. Raises Malformed, Unprocessable with every issue, and PreconditionFailed.
    """
    check_structure(task, "Task")
    now, id = context.now(), task["id"]
    with store.transaction() as unit:
        known, stored = unit.form_tasks.find_task(id), unit.read("Task", id)
        if known is None or stored is None:
            return None
        require_match(stored, condition)
        require_taken_back(task, stored.resource)
        unit.links.revoke_link(known.link.id, now)
        # Read again: nobody sends the forms any more, because their visit is locked now.
        require_unsent(unit.form_tasks.find_task(id))
        changed = {**stored.resource, "statusReason": task.get("statusReason", {})}
        status = task["status"]
        made = unit.form_tasks.save_state(known, status, lambda _: ended(changed, status, context), now)
    if made is None:
        raise PreconditionFailed([Issue("conflict", "", "The Task was changed meanwhile. Read it again.")])
    return made


def ended(task: Resource, status: FormTaskStatus, context: FormContext) -> Resource:
    """The Task with the status and the reason of whoever took it back."""
    reason = task["statusReason"]
    made = in_state(task, status, context.now())
    return {**made, "statusReason": reason} if reason else made


def require_taken_back(sent: Resource, stored: Resource) -> None:
    """Raises Unprocessable if an update does anything else than to take an open Task back."""
    issues = []
    if sent["status"] not in TAKEN_BACK:
        text = f"`status` may only become {' or '.join(TAKEN_BACK)}: this service writes the other states itself."
        issues.append(Issue("business-rule", "Task.status", text))
    if stored["status"] in ENDED:
        issues.append(Issue("business-rule", "Task.status", "The Task has ended already. Its status cannot change."))
    if not says_the_same(sent, stored, OF_STATE):
        text = "Only `status` and `statusReason` may change. Send the Task as it was read."
        issues.append(Issue("business-rule", "Task", text))
    if issues:
        raise Unprocessable(issues)


def require_unsent(task: FormTask | None) -> None:
    """Raises Unprocessable if the patient has sent the forms of a Task, although its status does not say so yet."""
    if task is None or task.link.is_sent:
        text = "The forms of the Task were sent already. Its status cannot change."
        raise Unprocessable([Issue("business-rule", "Task.status", text)])
