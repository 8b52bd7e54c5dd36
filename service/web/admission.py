"""Admits a bounded number of requests that wait for the database or need much work, so that others find a thread."""

from collections import deque
from contextlib import ExitStack
from threading import Event, Lock

from flask import Flask, g, request

from service.fhir.interactions import PUBLISHED
from service.issues import Unavailable
from service.web.context import WATCHING
from service.work import seconds_to_wait

# Fewer than the server has threads (service/cli/serving/http_server.py).
REQUESTS_WITH_DATABASE = 40
# Four need no database. Whoever watches the service must be answered also when all slots are taken.
WITHOUT_SLOT = (
    "capabilities.metadata",
    "capabilities.smart_configuration",
    "well_known.show_keys",
    "front_page.show_front_page",
    *WATCHING,
)
# Costly requests at work at once: more would take no less time, because Python runs in one thread, and more memory,
# and every other request would share the interpreter with them.
COSTLY_REQUESTS = 1
# Costly requests that wait for their turn: with those at work, well below ``REQUESTS_WITH_DATABASE``.
COSTLY_WAITING = 16
# The endpoints that check content of the sender and store nothing, by the start of their names.
COSTLY = ("validating.", "populating.", "operating.extract")
LARGE_BODY_BYTES = 32_768


class Slots:
    """A number of slots, and a queue for them in the order of arrival. A semaphore lets others pass those that wait."""

    def __init__(self, slots: int, waiting: int = 0) -> None:
        self.free, self.most_waiting = slots, waiting
        self.lock = Lock()
        self.queue: deque[Event] = deque()

    def acquire(self, seconds: float) -> bool:
        """True if a slot was taken; False if too many wait already, or none became free in time."""
        own = Event()
        with self.lock:
            if self.free:
                self.free -= 1
                return True
            if len(self.queue) >= self.most_waiting:
                return False
            self.queue.append(own)
        if own.wait(seconds):
            return True
        with self.lock:
            if own.is_set():
                return True
            self.queue.remove(own)
        return False

    def release(self) -> None:
        """Gives the slot to the first in the queue, if there is one."""
        with self.lock:
            if self.queue:
                self.queue.popleft().set()
            else:
                self.free += 1


class Admission:
    """The slots of one application. A request that has none left is answered 503."""

    def __init__(self) -> None:
        self.with_database = Slots(REQUESTS_WITH_DATABASE)
        self.at_work = Slots(COSTLY_REQUESTS, COSTLY_WAITING)

    def admit_request(self) -> None:
        """Takes the slots of a request. Raises Unavailable if there are none."""
        g.slots = ExitStack()
        if needs_slot():
            self.take_slot(self.with_database)
        if is_costly():
            self.take_slot(self.at_work)

    def take_slot(self, slots: Slots) -> None:
        """Takes a slot until the end of the request. Raises Unavailable if none becomes free in time."""
        if not slots.acquire(seconds_to_wait()):
            raise Unavailable("too many requests at once")
        g.slots.callback(slots.release)


def limit_requests(app: Flask) -> None:
    """Registers the admission of requests with the application."""
    app.before_request(Admission().admit_request)
    app.teardown_request(release_slots)


def needs_slot() -> bool:
    """True unless the request is for the CapabilityStatement, a published resource, the front page or the health."""
    type_name = (request.view_args or {}).get("type_name")
    return request.endpoint not in (None, *WITHOUT_SLOT) and type_name not in PUBLISHED


def is_costly() -> bool:
    """True if the request has a large body, or asks for a check without storing anything."""
    return (request.endpoint or "").startswith(COSTLY) or (request.content_length or 0) > LARGE_BODY_BYTES


def release_slots(_: BaseException | None) -> None:
    """Gives back the slots of the request."""
    slots = g.pop("slots", None)
    if slots is not None:
        slots.close()
