"""Whom a submission calls: one open Task per patient and red flag, so that later answers do not pile up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.fhir.results.knowledge_base import KnowledgeBase
from service.fhir.results.submission import Submission
from service.fhir.results.tasks.call import Call
from service.fhir.results.tasks.earlier_tasks import CLOSED, ESCALATED, OLD_ANSWERS, OpenTask, read_task
from service.fhir.results.tasks.review_task import overdue_task, raised_task
from service.fhir.results.versions import ResourceVersion
from service.ports.responses import PatientHistory, StoredTask
from service.ports.submissions import RaisedTask
from service.screening.rules.red_flags import Flag


@dataclass(frozen=True)
class KnownTask:
    """A stored Task of the patient that is not closed, and what it says."""

    stored: StoredTask
    task: OpenTask


@dataclass
class Plan:
    """The new Tasks, the Tasks that stand for a flag already, and those that nobody has begun and that are raised."""

    calls: list[Call]
    standing: list[OpenTask]
    raised: dict[str, StoredTask]


def with_calls(
    submission: Submission, urgent: Mapping[str, Flag], history: PatientHistory, knowledge: KnowledgeBase
) -> tuple[Submission, tuple[RaisedTask, ...]]:
    """The submission with a call for each urgent flag that no open Task stands for, and the Tasks that it raises.

    ``urgent``: the flags, by code, for which a person must be called now.
    """
    if not (urgent or submission.calls or submission.standing or submission.called_again):
        return submission, ()
    plan = Plan([], [], {task.resource["id"]: task for task in history.tasks})
    for flag in urgent.values():
        plan_call(flag, submission, plan, knowledge)
    raised = changed_tasks(history.tasks, plan.raised)
    standing = tuple(dict.fromkeys(task.reference for task in plan.standing))
    waiting = tuple(dict.fromkeys(task.reference for task in plan.standing if not task.is_taken))
    return replace(submission, calls=tuple(plan.calls), standing=standing, called_again=waiting), raised


def plan_call(flag: Flag, submission: Submission, plan: Plan, knowledge: KnowledgeBase) -> None:
    """Adds to the plan what is done about one flag: nothing but a reference, a raised Task, or a new one."""
    code = flag.rule.code
    is_old = has_old_answers(submission, flag, knowledge)
    open_ones = [each for each in known_tasks(plan.raised.values()) if is_about(each.task, code, is_old)]
    standing = [each for each in open_ones if each.task.stands_for(code)]
    enough = [each.task for each in standing if is_old or each.task.level_of(code) >= flag.level]
    untouched = [each.stored for each in standing if each.task.status == "requested"]
    if enough:
        plan.standing += enough
    elif untouched:
        stored = untouched[0]
        made = raised_task(stored.resource, submission, code, knowledge)
        plan.raised[made["id"]] = replace(stored, resource=made)
        plan.standing.append(read_task(made))
    else:
        plan.calls.append(Call(code, is_old, tuple(each.task.reference for each in open_ones)))


def known_tasks(tasks: Iterable[StoredTask]) -> list[KnownTask]:
    """The Tasks that are not closed; what only asks the next owner is left out."""
    found = [KnownTask(stored, read_task(stored.resource)) for stored in tasks]
    return [each for each in found if each.task.status not in CLOSED and each.task.kind != ESCALATED]


def is_about(task: OpenTask, code: str, is_old: bool) -> bool:
    """True if the Task calls for the flag. One about old answers is enough for old answers only."""
    return code in dict(task.flags) and (is_old or task.kind != OLD_ANSWERS)


def has_old_answers(submission: Submission, flag: Flag, knowledge: KnowledgeBase) -> bool:
    """True if the newest answers that raise the flag were too old to be urgent when they came."""
    code = flag.rule.code
    raising = [
        source
        for source in submission.own_sources
        if any(each.rule.code == code for each in submission.results_of(source.id).flags.raised)
    ]
    newest = max((source.order_time for source in raising), default=submission.now)
    return submission.now - newest > knowledge.rules.old_after


def changed_tasks(before: Sequence[StoredTask], after: Mapping[str, StoredTask]) -> tuple[RaisedTask, ...]:
    """The next version of each Task that the plan has changed."""
    pairs = ((task, after[task.resource["id"]].resource) for task in before)
    return tuple(
        RaisedTask(ResourceVersion(made, task.version + 1), task.sequence)
        for task, made in pairs
        if made is not task.resource
    )


def overdue_tasks(
    tasks: Iterable[StoredTask], raised: Sequence[RaisedTask], now: datetime, knowledge: KnowledgeBase
) -> tuple[RaisedTask, ...]:
    """The other Tasks than the ``raised`` ones whose end has passed and that nobody has begun, as urgent as can be."""
    ids = {each.version.resource["id"] for each in raised}
    others = [task for task in tasks if task.resource["id"] not in ids]
    found = ((task, overdue_task(task.resource, now, knowledge)) for task in others)
    return tuple(
        RaisedTask(ResourceVersion(changed, task.version + 1), task.sequence)
        for task, changed in found
        if changed is not None
    )
