"""Turns within this process: writers of the same patient wait for one another in the order of their arrival."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from service.issues import Unavailable
from service.work import seconds_to_wait


class Turns:
    """Queues by name. Without them, writers of one patient would all work, and all but the first in vain."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting: dict[str, deque[threading.Event]] = {}

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """The turn of this thread in a queue. Raises Unavailable if it does not come in time."""
        own = self.join(name)
        try:
            if not own.wait(seconds_to_wait()):
                raise Unavailable("other requests keep writing for the same patient")
            yield
        finally:
            self.leave(name, own)

    def join(self, name: str) -> threading.Event:
        """A new place at the end of a queue; its event is set when it is the first."""
        own = threading.Event()
        with self.lock:
            queue = self.waiting.setdefault(name, deque())
            queue.append(own)
            queue[0].set()
        return own

    def leave(self, name: str, own: threading.Event) -> None:
        """Removes a place from a queue, and gives the turn to the first of the others."""
        with self.lock:
            queue = self.waiting[name]
            queue.remove(own)
            if queue:
                queue[0].set()
            else:
                del self.waiting[name]
