"""The pause of the queue while the FHIR server denies access: one attempt a minute, whatever waits."""

from dataclasses import dataclass, field

import pytest

from service.adapters.database.operations.outbox_listing import count_paused
from service.fhir.r4.types import Resource
from service.ports.fhir_server import ServerResponse
from service.ports.outbox import PAUSED
from service.usecases.delivery.pause import PAUSE, Pause
from service.worker import Worker
from tests.support.building import scored
from tests.support.logging import Log
from tests.support.other_systems.fhir_server import StoringServer
from tests.support.rest import Clock, Rest

PATIENTS = 12


@dataclass
class DenyingServer(StoringServer):
    """Answers with ``status`` to each transaction; with ``patient``, only to those of this Patient."""

    status: int | None = None
    patient: str = "Patient/"
    tried: int = 0
    meanwhile: list[bool] = field(default_factory=list)

    def transact(self, bundle: Resource) -> ServerResponse:
        self.tried += 1
        if self.status is not None and self.patient in str(bundle):
            return ServerResponse(self.status)
        return super().transact(bundle)


@dataclass
class Delivering:
    """A worker whose clock is that of the test."""

    rest: Rest
    clock: Clock
    server: DenyingServer

    def __post_init__(self) -> None:
        self.pause = Pause(lambda: self.clock().timestamp())
        self.worker = Worker(self.rest.outbox, self.server, self.clock, read_back=0, pause=self.pause)

    def deliver_due(self) -> int:
        """Delivers until nothing may be sent; returns the number of transactions."""
        before = self.server.tried
        while self.worker.run_once():
            pass
        return self.server.tried - before

    def forward(self) -> None:
        self.clock.forward(seconds=PAUSE.total_seconds())


@pytest.fixture
def delivering(rest: Rest, clock: Clock) -> Delivering:
    """Each entry is of a patient of its own."""
    for number in range(PATIENTS):
        assert rest.post(scored("gad-7", [1] * 7, patient=f"Patient/p{number}")).status_code == 201
    return Delivering(rest, clock, DenyingServer(status=403))


@pytest.mark.parametrize("status", [401, 403])
def test_nothing_is_sent_after_a_denial_but_one_attempt_a_minute(delivering: Delivering, status: int) -> None:
    delivering.server.status = status
    assert delivering.deliver_due() == 1
    assert delivering.worker.run_once() is False
    for _ in range(5):
        delivering.forward()
        assert delivering.deliver_due() == 1
    assert delivering.rest.outbox.count_entries() == {"waiting": PATIENTS, "delivered": 0, "parked": 0}


def test_the_first_delivery_ends_the_pause_for_all(delivering: Delivering, logged: Log) -> None:
    delivering.deliver_due()
    assert count_paused(delivering.rest.database) == 1
    delivering.server.status = None
    assert delivering.deliver_due() == 0
    delivering.forward()
    assert delivering.deliver_due() == PATIENTS
    assert count_paused(delivering.rest.database) == 0
    assert delivering.rest.outbox.count_entries()["delivered"] == PATIENTS
    assert len(logged.of("fhir_server_denies_access")) == 1
    assert [line[0] for line in logged.of("delivery_resumed")] == ["info"]


def test_during_the_trial_after_a_pause_no_other_thread_sends(delivering: Delivering) -> None:
    delivering.deliver_due()
    delivering.server.status = None
    delivering.forward()
    others: list[bool] = []
    transact = delivering.server.transact

    def look(bundle: Resource) -> ServerResponse:
        others.append(delivering.worker.run_once() if not others else True)
        return transact(bundle)

    delivering.server.transact = look  # type: ignore[method-assign]
    assert delivering.worker.run_once() is True
    assert others == [False]


@pytest.mark.parametrize("status", [422, 503])
def test_an_answer_that_writes_nothing_does_not_end_it(delivering: Delivering, status: int) -> None:
    delivering.deliver_due()
    delivering.server.status = status
    delivering.forward()
    assert delivering.worker.run_once() is True
    assert delivering.pause.until is not None
    delivering.server.status = None
    delivering.clock.forward(hours=1)
    delivering.deliver_due()
    assert delivering.pause.until is None


def test_one_patient_who_is_denied_alone_holds_back_nobody_for_more_than_one_pause(delivering: Delivering) -> None:
    delivering.server.patient = "Patient/p3"
    delivering.deliver_due()
    assert delivering.rest.outbox.count_entries()["delivered"] == 3
    delivering.forward()
    delivering.deliver_due()
    assert delivering.rest.outbox.count_entries() == {"waiting": 1, "delivered": PATIENTS - 1, "parked": 0}
    assert delivering.pause.until is None
    (entry,) = delivering.rest.outbox.list_entries("waiting")
    assert entry.reason == "the FHIR server returned status 403"


def test_another_process_tells_of_the_pause_and_one_that_starts_ends_it(
    delivering: Delivering, rest: Rest, clock: Clock
) -> None:
    delivering.deliver_due()
    assert [entry.reason for entry in rest.outbox.list_entries()].count(PAUSED) == 1
    delivering.server.status = None
    started = Delivering(rest, clock, delivering.server)
    assert started.worker.run_once() is True
    assert count_paused(rest.database) == 0


def test_a_turn_that_fails_gives_the_trial_to_the_next(delivering: Delivering) -> None:
    delivering.deliver_due()
    delivering.forward()

    def fail() -> bool:
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):  # noqa: PT011
            delivering.pause.take_turn(fail)
