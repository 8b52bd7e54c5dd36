"""A service, its FHIR server, and the watch over the Tasks."""

from dataclasses import dataclass, field

import pytest

from service.adapters.database.engine import Database
from service.adapters.database.tasks.board import DatabaseTasks
from service.fhir.r4.types import Resource
from service.ports.tasks import EscalationPolicy
from service.usecases.delivery.deliver import deliver_next
from service.usecases.tasks.watch import TaskWatch, watch_next
from tests.support.building import context
from tests.support.other_systems.fhir_server import StoringServer
from tests.support.rest import Clock, Rest, rest_on

OWNERS = ("PractitionerRole/on-call", "Organization/clinic")


@dataclass
class Site:
    """A service, its FHIR server, and the watch over the Tasks."""

    rest: Rest
    clock: Clock
    server: StoringServer = field(default_factory=StoringServer)
    owners: tuple[str, ...] = OWNERS

    def __post_init__(self) -> None:
        board, policy = DatabaseTasks(self.rest.database), EscalationPolicy(owners=self.owners)
        self.watch = TaskWatch(board, self.server, policy, context().knowledge, self.clock)

    def run(self, **later: float) -> None:
        """Some time later everything that is due is done."""
        self.clock.forward(**later)
        for _ in range(100):
            delivered = deliver_next(self.rest.outbox, self.server, self.clock, read_back=0)
            if not delivered and not watch_next(self.watch):
                return

    def escalations(self) -> list[Resource]:
        """The Tasks for the next owners on the FHIR server."""
        return [task for task in self.server.of_type("Task") if "owner" in task]

    def one_task(self) -> Resource:
        return next(task for task in self.server.of_type("Task") if "owner" not in task)


@pytest.fixture
def site(database: Database, clock: Clock) -> Site:
    return Site(rest_on(database, clock), clock)
