"""The budget of one request: steps of work, and the time that it may wait for others.

Steps are counted where the content of a request decides how much there is to do.

A step takes about a microsecond, so that `REQUEST_STEPS` are about half a second of processor time.
"""

import time
from contextvars import ContextVar

from service.issues import Issue, Unprocessable

REQUEST_STEPS = 400_000
# For the database and for other writers of the same patient, all waits together.
WAIT_SECONDS = 5.0

# The steps that are left to the work of this thread; None without a limit, as in a command.
steps_left: ContextVar[int | None] = ContextVar("steps_left", default=None)


class TooCostly(Unprocessable):
    """The content of a request asks for more work than one request may cause: HTTP status 422."""

    def __init__(self) -> None:
        text = "The check of this content would take too long. Send fewer items, options, answers or conditions."
        super().__init__([Issue("too-costly", "", text)])


def limit_work(steps: int | None = REQUEST_STEPS) -> None:
    """Gives the work of this thread a new budget of steps, or none."""
    steps_left.set(steps)


def spend_steps(count: int) -> None:
    """Subtracts steps from the budget. Raises TooCostly if the budget is spent."""
    left = steps_left.get()
    if left is None:
        return
    steps_left.set(left - count)
    if left < count:
        raise TooCostly


# The end of the time to wait, on the monotonic clock; None if each wait has ``WAIT_SECONDS`` of its own.
wait_until: ContextVar[float | None] = ContextVar("wait_until", default=None)


def limit_wait(seconds: float | None = WAIT_SECONDS) -> None:
    """Gives all waits of this thread together so many seconds, or each wait its own."""
    wait_until.set(None if seconds is None else time.monotonic() + seconds)


def seconds_to_wait() -> float:
    """The seconds that this thread may still wait."""
    until = wait_until.get()
    return WAIT_SECONDS if until is None else max(0.0, until - time.monotonic())
