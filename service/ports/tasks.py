"""The Tasks that the service wrote, as far as is known what became of them on the FHIR server."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from service.fhir.r4.types import Resource
from service.screening.rules.urgency import Urgency

# The levels whose Tasks must be taken within a time.
WATCHED = (Urgency.EMERGENCY, Urgency.SAME_DAY)


@dataclass(frozen=True)
class EscalationPolicy:
    """How long a Task may wait for somebody to take it, by its urgency, and who is asked next, in this order.

    ``owners`` are references such as "PractitionerRole/on-call". Without any, the first step only tells the operator.
    """

    limits: Mapping[Urgency, timedelta] = field(
        default_factory=lambda: {Urgency.EMERGENCY: timedelta(minutes=15), Urgency.SAME_DAY: timedelta(hours=4)}
    )
    owners: tuple[str, ...] = ()

    @property
    def steps(self) -> int:
        """How often a Task is escalated at most, until new answers need it again."""
        return max(1, len(self.owners))


@dataclass(frozen=True)
class WatchedTask:
    """A Task, as we last wrote it.

    ``steps``: escalations since its answers came, ``escalated``: in all. ``entry``: the first outbox entry with it.
    ``is_delivered``: the FHIR server has confirmed it. ``is_settled``: no entry with it waits.
    """

    id: str
    resource: Resource
    urgency: Urgency
    status: str
    steps: int
    escalated: int
    entry: int
    is_delivered: bool
    is_settled: bool = True


class TaskBoard(Protocol):
    """The Tasks that are not closed."""

    def read_due(self, now: datetime, at_most: int) -> Sequence[WatchedTask]:
        """Delivered Tasks whose state must be read now. The next time for each is set at once."""

    def read_late(self, now: datetime, policy: EscalationPolicy, at_most: int) -> Sequence[WatchedTask]:
        """Tasks that nobody has taken within the time of the policy, and that it escalates once more."""

    def read_followers(self, tasks: Sequence[WatchedTask]) -> Sequence[WatchedTask]:
        """The Tasks that escalate these: whoever has taken one of them has taken both."""

    def read_overdue(self, now: datetime, at_most: int) -> Sequence[WatchedTask]:
        """Tasks of the same day whose end has passed, that nobody has begun, and that are not raised for that yet."""

    def save_status(self, task: WatchedTask, status: str, now: datetime) -> None:
        """Stores the status that the Task has on the FHIR server, as a new version if it has changed."""

    def escalate(self, task: WatchedTask, made: Resource | None, now: datetime, tell: Callable[[], None]) -> bool:
        """Counts one step, and stores the Task for the next owner. False if it is taken, or escalated already.

        ``tell`` is called within the transaction, so that no step is counted that was not told.
        """

    def add_second(self, task: WatchedTask, level: Urgency, made: Resource, now: datetime) -> None:
        """Stores a second Task beside one that a person has changed, and that has this lower level."""

    def save_overdue(self, task: WatchedTask, made: Resource | None, now: datetime) -> None:
        """Stores the raised version of a Task whose end has passed; None if there is nothing to raise."""
