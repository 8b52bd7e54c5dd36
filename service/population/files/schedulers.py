"""Who does the parts of a run: processes of this machine, or the workers of a Dask cluster.

https://distributed.dask.org/en/stable/client.html
"""

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from service.issues import CannotStart
from service.population.files.runs import Part, run_part

CONNECT_SECONDS = 15


class NoScheduler(CannotStart):
    """Nothing answers at the address of the scheduler."""

    def __init__(self) -> None:
        super().__init__("No Dask scheduler answers at the address in --scheduler. Start one, or correct the address.")


def run_here(parts: Sequence[Part], processes: int) -> Iterator[int]:
    """Does the parts in so many processes. Yields the number of rows of each that is done."""
    if processes == 1 or len(parts) < 2:
        yield from map(run_part, parts)
        return
    pool = ProcessPoolExecutor(min(processes, len(parts)), get_context("spawn"), leave_interrupts)
    try:
        for future in as_completed([pool.submit(run_part, part) for part in parts]):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def leave_interrupts() -> None:
    """Lets an interrupt of the terminal end the parts that have begun."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_on_dask(parts: Sequence[Part], address: str) -> Iterator[int]:
    """Does the parts on the workers of a cluster, which must see the same folders. Yields as `run_here`.

    Raises NoScheduler.
    """
    from distributed import Client
    from distributed import as_completed as as_finished

    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError):
        raise NoScheduler from None
    with client:
        for future in as_finished(client.map(run_part, parts, pure=False), loop=client.loop):
            yield int(future.result())
