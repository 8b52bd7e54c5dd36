"""The delivery threads: each delivers the outbox entries that are due, one after another, until it is told to stop."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from service import clock
from service.issues import Unavailable, UnreadableStore
from service.ports.fhir_server import FhirServer
from service.ports.outbox import Outbox
from service.unreadable import unreadable_parts
from service.usecases.delivery.deliver import READ_BACK, deliver_next
from service.usecases.delivery.pause import Pause
from service.usecases.patients.birth_date import Assessor

POLL_SECONDS = 1.0
# Longer than one request to the FHIR server (adapters/fhir_server/client.py), so that it can end.
STOP_SECONDS = 35.0
DELIVERIES = 4

log = structlog.get_logger()


@dataclass(frozen=True)
class Worker:
    """Delivers from an outbox to a FHIR server, if there is one. ``now`` is the clock that all processes share.

    ``other_work`` has a thread each: by name the next step of it, which returns True if there was something to do. Its
    failures are logged as `<name>_failed`. With an ``assessor`` the Patient is read before each delivery.
    """

    outbox: Outbox
    server: FhirServer | None
    now: Callable[[], datetime] = clock.now
    deliveries: int = DELIVERIES
    read_back: int = READ_BACK
    other_work: Mapping[str, Callable[[], bool]] = field(default_factory=dict)
    pause: Pause = field(default_factory=Pause)
    assessor: Assessor | None = None

    def run_once(self) -> bool:
        """Delivers the next entry that is due. True if there was one; a failure is logged and gives False."""
        return run_step(self.deliver)

    def deliver(self) -> bool:
        """Delivers the next entry that is due. True if there was one. False during a pause of the queue."""
        server = self.server
        if server is None:
            return False
        return self.pause.take_turn(lambda: self.deliver_to(server))

    def deliver_to(self, server: FhirServer) -> bool:
        """Delivers the next entry that is due to this server."""
        return deliver_next(
            self.outbox, server, self.now, read_back=self.read_back, pause=self.pause, assessor=self.assessor
        )

    def start(self) -> Callable[[], None]:
        """Starts the threads. Returns a function that stops them and waits for the entries in progress."""
        stop = threading.Event()
        deliveries = 0 if self.server is None else self.deliveries
        steps = [*([("delivery", self.deliver)] * deliveries), *self.other_work.items()]
        threads = [
            threading.Thread(target=repeat_step, args=(step, stop, f"{name}_failed"), name=name, daemon=True)
            for name, step in steps
        ]
        for thread in threads:
            thread.start()

        def stop_threads() -> None:
            stop.set()
            end = time.monotonic() + STOP_SECONDS
            for thread in threads:
                thread.join(max(end - time.monotonic(), 0))

        return stop_threads


def run_step(step: Callable[[], bool], event: str = "delivery_failed") -> bool:
    """Takes a step. True if there was something to do; a failure is logged as this event and gives False."""
    try:
        return step()
    except Unavailable as problem:
        log.warning("database_unavailable", reason=str(problem))
    except UnreadableStore:
        unreadable_parts.tell(reason=event)
    except Exception as problem:  # noqa: BLE001 one bad entry must not stop the rest
        log.error(event, kind=type(problem).__name__)
    return False


def repeat_step(step: Callable[[], bool], stop: threading.Event, event: str) -> None:
    """Takes steps until ``stop`` is set; waits ``POLL_SECONDS`` if there was nothing to do."""
    while not stop.is_set():
        if not run_step(step, event):
            stop.wait(POLL_SECONDS)
