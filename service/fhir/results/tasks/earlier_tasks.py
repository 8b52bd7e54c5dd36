"""The Tasks that the service has written, as later submissions read and name them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.fhir.ids import code_system_url
from service.fhir.r4.datetimes import parse_datetime
from service.fhir.r4.types import Resource
from service.screening.advice.advice import SELF_HARM
from service.screening.advice.page_case import EarlierTask
from service.screening.rules.assessment import RuleSet
from service.screening.rules.case import FlagKind
from service.screening.rules.urgency import Urgency

# Task.status of a Task that needs nobody any more. A rejected or failed Task stays open: nobody has seen the patient.
CLOSED = frozenset({"completed", "cancelled", "entered-in-error"})
# Task.status of an open Task that nobody will take: new answers need another one.
REFUSED = frozenset({"rejected", "failed"})
# Task.status of a Task that a person has taken, or has closed.
TAKEN = frozenset({"accepted", "in-progress", "on-hold"}) | CLOSED
# Why a Task calls a person, by the code in Task.code: for red flags, for those in old answers, or because nobody has
# taken another Task.
TaskKind = Literal["review-red-flags", "review-old-answers", "review-escalated"]
REVIEW: TaskKind = "review-red-flags"
OLD_ANSWERS: TaskKind = "review-old-answers"
ESCALATED: TaskKind = "review-escalated"


@dataclass(frozen=True)
class OpenTask:
    """One Task that is not closed.

    ``date``: the day of answering. ``end``: when contact must have been made. ``flags``: code and level of each red
    flag. ``item_9`` and ``safe_now``: the answers about self-harm. ``points``: the sum of the PHQ-9 items answered.
    ``declined``: item 9 was declined. ``status`` is Task.status.
    """

    reference: str
    date: str
    end: datetime | None
    flags: tuple[tuple[str, Urgency], ...]
    item_9: int | None = None
    safe_now: str = "not-asked"
    points: int | None = None
    declined: bool = False
    status: str = "requested"
    kind: TaskKind = REVIEW

    @property
    def level(self) -> Urgency:
        """The highest level of its flags."""
        return max((level for _, level in self.flags), default=Urgency.NONE)

    @property
    def is_taken(self) -> bool:
        """True if a person has taken it, or has closed it."""
        return self.status in TAKEN

    def level_of(self, code: str) -> Urgency:
        """The level of one red flag; none if the Task does not call for it."""
        return dict(self.flags).get(code, Urgency.NONE)

    def stands_for(self, code: str) -> bool:
        """True if new answers with this red flag need no other Task of the same kind."""
        return self.level_of(code) > Urgency.NONE and self.status not in CLOSED | REFUSED


def tasks_for_patient(tasks: Iterable[OpenTask], rules: RuleSet) -> Iterator[EarlierTask]:
    """The open Tasks as the page of the patient names them; one of item 9 and of more is named for each."""
    kinds = {flag.code: flag.kind for each in rules.instruments.values() for flag in each.flags}
    for task in tasks:
        self_harm = [level for code, level in task.flags if is_about_self_harm(kinds.get(code), task)]
        others = [level for code, level in task.flags if not is_about_self_harm(kinds.get(code), task)]
        yield from (EarlierTask(task.date, max(levels), False) for levels in (others,) if levels)
        yield from (EarlierTask(task.date, max(levels), True) for levels in (self_harm,) if levels)


def is_about_self_harm(kind: FlagKind | None, task: OpenTask) -> bool:
    """True for a flag of item 9: of its answer, or of item 9 left open."""
    return kind == SELF_HARM or (kind == "safety" and task.points is not None)


def open_tasks(tasks: Iterable[Resource]) -> tuple[OpenTask, ...]:
    """The Tasks for red flags that are not closed, the most urgent first, then the oldest."""
    found = [read_task(task) for task in tasks if task.get("status") not in CLOSED]
    found = [task for task in found if task.kind == REVIEW]
    return tuple(sorted(found, key=lambda task: (-task.level, task.date, task.reference)))


def read_task(task: Resource) -> OpenTask:
    """A Task that the service wrote, of any version."""
    inputs = coded_inputs(task, "task-input")
    end = task.get("restriction", {}).get("period", {}).get("end")
    flags = coded_inputs(task, "red-flag")
    return OpenTask(
        reference=f"Task/{task['id']}",
        date=str(inputs.get("answered", {}).get("valueDateTime") or task.get("authoredOn", ""))[:10],
        end=None if end is None else parse_datetime(end).sort_key,
        flags=tuple((code, input_level(entry)) for code, entry in flags.items()),
        item_9=inputs.get("item-9", {}).get("valueInteger"),
        safe_now=inputs.get("safe-now", {}).get("valueCode", "not-asked"),
        points=inputs.get("points-answered", {}).get("valueInteger"),
        declined=inputs.get("item-9-declined", {}).get("valueBoolean", False),
        status=str(task.get("status", "requested")),
        kind=kind_of_task(task),
    )


def kind_of_task(task: Resource) -> TaskKind:
    """Why a Task of ours calls a person."""
    codes = {coding.get("code") for coding in task.get("code", {}).get("coding", ())}
    return next((kind for kind in (OLD_ANSWERS, ESCALATED) if kind in codes), REVIEW)


def coded_inputs(task: Resource, system: str) -> dict[str, Resource]:
    """``Task.input`` by the code of its type in one of our CodeSystems."""
    return {
        coding["code"]: entry
        for entry in task.get("input", ())
        for coding in entry["type"].get("coding", ())
        if coding.get("system") == code_system_url(system)
    }


def input_level(entry: Resource) -> Urgency:
    """The level in an input about a red flag."""
    return Urgency.of(entry["valueCodeableConcept"]["coding"][0]["code"])
