"""The delivery loop ends when it is told to, and one bad entry does not stop it."""

import threading
from datetime import datetime
from typing import Any

from service.adapters.database.outbox import DatabaseOutbox
from service.adapters.fhir_server.client import HttpFhirServer, TimeLimits
from service.issues import Unavailable
from service.ports.fhir_server import ServerResponse
from service.usecases.delivery.deliver import LEASE
from service.worker import Worker
from tests.support.building import NOW, scored
from tests.support.logging import Log
from tests.support.other_systems.misbehaving import Exchange, MisbehavingServer, misbehaving, reply
from tests.support.rest import Rest
from tests.support.running.serving import wait_until
from tests.usecases.delivery.fake_server import FakeOutbox, FakeServer, done, entry_of


def test_one_turn_says_whether_there_was_something_to_send() -> None:
    assert Worker(FakeOutbox(entry_of()), FakeServer(done("201", "201"))).run_once() is True
    assert Worker(FakeOutbox(None), FakeServer(ServerResponse(200))).run_once() is False


class Broken(FakeOutbox):
    def __init__(self, problem: Exception) -> None:
        super().__init__(None)
        self.problem = problem

    def lease(self, now: datetime, until: datetime) -> Any:
        raise self.problem


def test_what_goes_wrong_does_not_end_the_loop() -> None:
    assert Worker(Broken(Unavailable("locked")), FakeServer(ServerResponse(200))).run_once() is False
    assert Worker(Broken(ValueError("bad")), FakeServer(ServerResponse(200))).run_once() is False


def test_the_threads_end_when_told_to() -> None:
    before = threading.active_count()
    stop = Worker(FakeOutbox(None), FakeServer(ServerResponse(200)), deliveries=3).start()
    assert threading.active_count() == before + 3
    stop()
    assert threading.active_count() == before


def test_a_slow_entry_does_not_hold_up_another(rest: Rest) -> None:
    """While the server drips its response to the first entry, the second one is delivered."""
    rest.post(scored("gad-7", [0] * 7, patient="Patient/slow"))
    rest.post(scored("gad-7", [0] * 7, patient="Patient/quick"))

    def slow_for_one(exchange: Exchange) -> None:
        if b"Patient/slow" in exchange.request.body:
            exchange.drip(b"HTTP/1.1 200 ")
        exchange.send(reply(200, exchange.server.store(exchange.request)))

    with misbehaving(MisbehavingServer(transaction=slow_for_one)) as server:
        http = HttpFhirServer(server.base, limits=TimeLimits(3, 3))
        stop = Worker(rest.outbox, http, lambda: NOW, deliveries=2).start()
        wait_until(lambda: rest.outbox.count_entries()["delivered"] == 1, 20)
        slow = next(entry for entry in rest.outbox.list_entries("waiting"))
        server.stopped.set()
        stop()
    assert slow.attempts == 1


def test_a_worker_without_work_does_not_wait_for_the_writer_of_the_database(rest: Rest) -> None:
    with rest.database.write():
        assert Worker(rest.outbox, FakeServer(ServerResponse(200)), lambda: NOW).run_once() is False


def test_a_locked_database_is_a_line_in_the_log_and_the_entry_is_delivered_later(rest: Rest) -> None:
    rest.post(scored("gad-7", [0] * 7))
    server = FakeServer(ServerResponse(503))
    worker = Worker(LockedOutbox(rest.database), server, lambda: NOW)
    assert worker.run_once() is False
    assert rest.outbox.list_entries()[0].attempts == 1
    with misbehaving() as healthy:
        later = NOW + 2 * LEASE
        assert Worker(DatabaseOutbox(rest.database), HttpFhirServer(healthy.base), lambda: later).run_once()
        assert set(healthy.written.values()) == {1}
    assert rest.outbox.count_entries()["delivered"] == 1


class LockedOutbox(DatabaseOutbox):
    """Leases, and then cannot write."""

    def settle_in(self, *_: Any, **__: Any) -> None:
        raise Unavailable("locked")


def test_other_work_has_a_thread_of_its_own_and_its_failure_is_named(logged: Log) -> None:
    steps: list[int] = []

    def step() -> bool:
        steps.append(1)
        if len(steps) == 2:
            raise ValueError("bad")
        return len(steps) < 3

    stop = Worker(FakeOutbox(None), FakeServer(ServerResponse(200)), other_work={"pick_up": step}).start()
    wait_until(lambda: len(steps) >= 2, 20)
    stop()
    assert "pick_up_failed" in [line["event"] for line in logged.lines]
