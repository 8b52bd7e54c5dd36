"""The wait before the next attempt.

Full jitter: a wait is drawn between zero and a limit that doubles with each attempt.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from service.ports.fhir_server import ServerResponse

RETRY_AFTER_CAP = timedelta(minutes=15)


@dataclass(frozen=True)
class BackOff:
    """A limit that doubles with each attempt, up to a cap."""

    base: timedelta
    cap: timedelta

    def wait(self, attempts: int, draw: Callable[[], float]) -> timedelta:
        """A random wait up to the limit. ``draw`` gives the jitter, from 0 to 1."""
        doubled: int = 2 ** min(max(attempts, 0), 30)
        return min(self.cap, self.base * doubled) * draw()


USUAL = BackOff(timedelta(seconds=1), timedelta(seconds=60))
# If the FHIR server lacks the Patient.
SLOW = BackOff(timedelta(seconds=5), timedelta(hours=1))


def wait_after(response: ServerResponse, attempts: int, draw: Callable[[], float]) -> timedelta:
    """The time to the next attempt: Retry-After up to 15 minutes, otherwise the usual back-off."""
    if response.retry_after is not None:
        return min(max(response.retry_after, timedelta()), RETRY_AFTER_CAP)
    return USUAL.wait(attempts, draw)
