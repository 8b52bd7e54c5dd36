"""The delivery loop: sends what is due, one entry after another, until it is told to stop."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from service.deliver import FhirServer, Outbox, deliver_next
from service.screening.faults import Unavailable

POLL_SECONDS = 1.0
STOP_SECONDS = 35.0

log = structlog.get_logger()


def now() -> datetime:
    """The clock of the running service."""
    return datetime.now(UTC)


def run_once(outbox: Outbox, server: FhirServer, clock: Callable[[], datetime] = now) -> bool:
    """One turn; whether there was something to send. What goes wrong is logged and tried again later."""
    try:
        return deliver_next(outbox, server, clock)
    except Unavailable as problem:
        log.warning("delivery.unavailable", reason=str(problem))
    except Exception as problem:  # noqa: BLE001 one bad entry must not stop the rest
        log.error("delivery.failed", kind=type(problem).__name__)
    return False


def start(outbox: Outbox, server: FhirServer) -> Callable[[], None]:
    """Runs the loop in a thread; returns what ends it and waits for the entry under way."""
    stop = threading.Event()
    thread = threading.Thread(target=loop, args=(stop, outbox, server), name="worker", daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(STOP_SECONDS)

    return end


def loop(stop: threading.Event, outbox: Outbox, server: FhirServer) -> None:
    """Turns until ``stop`` is set; waits a moment when nothing is due."""
    while not stop.is_set():
        if not run_once(outbox, server):
            stop.wait(POLL_SECONDS)
