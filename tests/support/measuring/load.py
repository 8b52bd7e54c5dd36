"""Clients in processes of their own, which post responses to running servers; and what one interval of that costs."""

import os
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlsplit

from service.fhir.r4.strict_json import encode
from tests.support.building import with_total

PROCESSES, THREADS = 2, 4
# Not counted: connections are opened, and what a first request imports is imported.
WARM_UP_SECONDS = 1.5
SECONDS = 6.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Answered:
    """The requests of one client process: all that were accepted, and refused, the times of those in the interval, and
    its processor time meanwhile."""

    requests: int
    refused: int
    milliseconds: list[float]
    processor: float


@dataclass(frozen=True)
class Accepted:
    """What was accepted in the interval. ``server``, ``database`` and ``clients`` are seconds of processor time;
    ``requests`` and ``refused`` are all, those before the interval too."""

    requests: int
    refused: int
    milliseconds: list[float]
    server: float
    database: float
    clients: float
    seconds: float = SECONDS

    @property
    def per_second(self) -> float:
        return len(self.milliseconds) / self.seconds

    @property
    def processors(self) -> float:
        """How many processors all of them had on average: fewer than there are if others use the machine."""
        return (self.server + self.database + self.clients) / self.seconds

    @property
    def median(self) -> float:
        return statistics.median(self.milliseconds)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.milliseconds, n=20)[18]

    def each(self, processor: float) -> float:
        """Processor time for each accepted response, in milliseconds."""
        return processor * 1000 / len(self.milliseconds)


def post_responses(bases: Sequence[str], servers: Sequence[int], database: Sequence[int], name: str) -> Accepted:
    """Posts to the servers in turn, each response of a new patient, whose name begins with ``name``.

    ``servers`` and ``database`` are process ids. With SQLite the server is the database.
    """
    template = encode(with_total("phq-9", 12, patient="Patient/@"))
    begin = time.perf_counter() + WARM_UP_SECONDS
    end = begin + SECONDS
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("fork")) as pool:
        rounds = [
            pool.submit(run_clients, bases, template, f"{name}-{number}", begin, end) for number in range(PROCESSES)
        ]
        wait_for(begin)
        before = [processor_seconds(servers), processor_seconds(database)]
        wait_for(end)
        after = [processor_seconds(servers), processor_seconds(database)]
        answered = [each.result() for each in rounds]
    return Accepted(
        sum(each.requests for each in answered),
        sum(each.refused for each in answered),
        [time for each in answered for time in each.milliseconds],
        after[0] - before[0],
        after[1] - before[1],
        sum(each.processor for each in answered),
    )


def together(rounds: Sequence[Accepted]) -> Accepted:
    """Several rounds as one."""
    return Accepted(
        sum(each.requests for each in rounds),
        sum(each.refused for each in rounds),
        [time for each in rounds for time in each.milliseconds],
        sum(each.server for each in rounds),
        sum(each.database for each in rounds),
        sum(each.clients for each in rounds),
        sum(each.seconds for each in rounds),
    )


def run_clients(bases: Sequence[str], template: bytes, name: str, begin: float, end: float) -> Answered:
    """Runs the clients of one process until ``end``."""
    finished: list[tuple[float, float]] = []
    refused: list[int] = []
    threads = [
        threading.Thread(
            target=post_until, args=(bases[number % len(bases)], template, f"{name}-{number}", end, finished, refused)
        )
        for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    wait_for(begin)
    before = time.process_time()
    wait_for(end)
    used = time.process_time() - before
    for thread in threads:
        thread.join()
    return Answered(len(finished), len(refused), [taken for at, taken in finished if begin <= at <= end], used)


def post_until(
    base: str, template: bytes, name: str, end: float, finished: list[tuple[float, float]], refused: list[int]
) -> None:
    """Posts on one connection; appends the end and the milliseconds of each request, or its status if it is refused."""
    parts, count = urlsplit(base), 0
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    while time.perf_counter() < end:
        count += 1
        body = template.replace(b"Patient/@", f"Patient/p{name}-{count}".encode())
        start = time.perf_counter()
        connection.request(
            "POST", f"{parts.path}/QuestionnaireResponse", body, {"Content-Type": "application/fhir+json"}
        )
        answer = connection.getresponse()
        answer.read()
        now = time.perf_counter()
        if answer.status == 201:
            finished.append((now, (now - start) * 1000))
        else:
            refused.append(answer.status)
    connection.close()


def wait_for(moment: float) -> None:
    """Waits until a moment of the monotonic clock, which all processes share."""
    time.sleep(max(moment - time.perf_counter(), 0))


def processor_seconds(processes: Sequence[int]) -> float:
    """The processor time that processes with their children have used. Linux alone tells it; elsewhere 0."""
    return sum(process_ticks(each) for each in processes) / TICKS


def process_ticks(process: int) -> int:
    """Of one process, its ended children, and those that run."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return 0
    return sum(int(each) for each in stat[11:15]) + sum(process_ticks(int(each)) for each in children)


def sampled(sample: Callable[[], None], every: float, stop: threading.Event) -> threading.Thread:
    """A thread that samples until ``stop`` is set."""

    def repeat() -> None:
        while not stop.wait(every):
            sample()

    thread = threading.Thread(target=repeat)
    thread.start()
    return thread
