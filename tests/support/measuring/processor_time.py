"""A ceiling on processor time that holds on a slow machine too: it is given in runs of a loop of its own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

# About a tenth of a second on a machine where a request's budget takes its half second.
LOOP_ROUNDS = 1_000_000
# Far above the half second that a request may cost, because other tests run beside this one.
CEILING_LOOPS = 27


def time_loop() -> float:
    """Returns the processor time, in seconds, of a loop that does the same work on every machine."""
    start = time.thread_time()
    for number in range(LOOP_ROUNDS):
        str(number)
    return time.thread_time() - start


@contextmanager
def under_generous_ceiling() -> Iterator[None]:
    """Fails if the block uses more processor time than ``CEILING_LOOPS`` runs of the loop."""
    start = time.thread_time()
    yield
    used = time.thread_time() - start
    allowed = CEILING_LOOPS * time_loop()
    assert used < allowed, f"{used:.2f} s of processor time, {allowed:.2f} s allowed"
