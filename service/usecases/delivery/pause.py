"""The pause of the whole queue after the FHIR server denied access. Each process has its own; docs/decisions/pause.md.

https://hl7.org/fhir/R4/security.html#AccessDenied
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

# From the last denial to the next attempt. The authorization server is asked for a token at most twice meanwhile.
PAUSE = timedelta(seconds=60)


class Pause:
    """Whether entries may be sent: all, none until the end of the pause, or after it one at a time. For several
    threads.

    ``monotonic`` are the seconds of a clock that nobody sets.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.monotonic, self.lock = monotonic, threading.Lock()
        # The end of the pause; None if there is none. A process does not know of the pause before its start.
        self.until: float | None = None
        self.is_sure = False
        self.is_trying = False
        self.denied: set[int] = set()
        self.denied_alone: set[int] = set()

    def take_turn(self, send: Callable[[], bool]) -> bool:
        """Sends the next entry if that is allowed now. False if it is not, or if there was none."""
        with self.lock:
            is_trial = self.until is not None
            if self.until is not None and (self.is_trying or self.monotonic() < self.until):
                return False
            self.is_trying = is_trial
        try:
            return send()
        finally:
            if is_trial:
                with self.lock:
                    self.is_trying = False

    def begin(self, entry: int) -> bool:
        """Begins or prolongs the pause. False, without a pause, if others were delivered since this was denied last."""
        with self.lock:
            if self.until is None and entry in self.denied_alone:
                return False
            self.until = self.monotonic() + PAUSE.total_seconds()
            self.denied.add(entry)
            return True

    def end(self, entry: int) -> bool:
        """Ends the pause: this entry was delivered. False if there was none that this process could know of."""
        with self.lock:
            was_paused, self.until, self.is_sure = self.until is not None or not self.is_sure, None, True
            self.denied_alone = (self.denied_alone | self.denied) - {entry}
            self.denied.clear()
            return was_paused
