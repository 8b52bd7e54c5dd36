"""The outbox entries that this process is sending, aged by a clock that nobody can set."""

import threading
from collections.abc import Callable
from datetime import timedelta


class InFlight:
    """Entries by number, each until it is removed or its time has passed. For several threads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.monotonic = monotonic
        self.lock = threading.Lock()
        self.ends: dict[int, float] = {}

    def add(self, id: int, length: timedelta) -> None:
        """Adds an entry for this length of time."""
        with self.lock:
            self.ends[id] = self.monotonic() + length.total_seconds()

    def remove(self, id: int) -> None:
        """Removes an entry."""
        with self.lock:
            self.ends.pop(id, None)

    def ids(self) -> list[int]:
        """The entries whose time has not passed."""
        with self.lock:
            now = self.monotonic()
            self.ends = {id: end for id, end in self.ends.items() if end > now}
            return list(self.ends)
