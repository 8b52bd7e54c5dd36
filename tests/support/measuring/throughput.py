"""How many responses per second the service accepts and delivers, with SQLite and with PostgreSQL."""

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import requests

from service.fhir.r4.strict_json import encode
from tests.support.building import with_total
from tests.support.misbehaving import MisbehavingServer, misbehaving
from tests.support.postgres import NoPostgres, cluster
from tests.support.serving import serving, sural, wait_until

SECONDS = 4.0
LONGEST_SECONDS = 300
PROCESSES = 2
THREADS = 4


def throughput() -> Iterator[str]:
    """The lines for the two databases."""
    with tempfile.TemporaryDirectory() as folder:
        yield from measure_database("SQLite", f"sqlite:///{folder}/sural.db", Path(folder))
    try:
        with cluster() as url, tempfile.TemporaryDirectory() as folder:
            sural("migrate", folder=Path(folder), SURAL_DATABASE=url)
            yield from measure_database("PostgreSQL (without fsync)", url, Path(folder))
    except NoPostgres as problem:
        yield str(problem)


def measure_database(name: str, url: str, folder: Path) -> Iterator[str]:
    """The lines for a database without content: what it accepts, then how fast that is delivered."""
    times = measure_accepted(url, folder)
    median, high = statistics.median(times), statistics.quantiles(times, n=20)[18]
    yield f"PHQ-9 into {name}, {PROCESSES * THREADS} clients and the service on one machine:"
    yield f"{'':10}{len(times) / SECONDS:.0f} accepted per second, median {median:.1f} ms, p95 {high:.1f} ms"
    delivered = measure_delivered(url, folder, len(times))
    yield f"{'':10}{delivered:.0f} delivered per second, to a server that answers at once"


def measure_accepted(url: str, folder: Path) -> list[float]:
    """The times of the requests that `sural serve` accepts in ``SECONDS``, in milliseconds."""
    # Made before the clock runs: it loads the catalogue.
    template = encode(with_total("phq-9", 12, patient="Patient/@"))
    with serving(folder, SURAL_DATABASE=url, SURAL_LOG_LEVEL="warning") as served:
        end, address = time.perf_counter() + SECONDS, f"{served.base}/QuestionnaireResponse"
        with ProcessPoolExecutor(PROCESSES) as pool:
            rounds = [pool.submit(run_clients, address, template, number, end) for number in range(PROCESSES)]
            return [each for round in rounds for each in round.result()]


def measure_delivered(url: str, folder: Path, entries: int) -> float:
    """The entries that the delivery threads of `sural serve` deliver in a second, while there is no other work.

    Measured from the first transaction to the last one: all entries wait at the start.
    """
    delivering = {"SURAL_DATABASE": url, "SURAL_LOG_LEVEL": "warning"}
    with misbehaving() as server, serving(folder, SURAL_FHIR_SERVER=server.base, **delivering):
        wait_until(lambda: transactions(server) > 0, LONGEST_SECONDS)
        start, before = time.perf_counter(), transactions(server)
        wait_until(lambda: transactions(server) >= entries, LONGEST_SECONDS)
        return (entries - before) / (time.perf_counter() - start)


def transactions(server: MisbehavingServer) -> int:
    """The transactions that the server has received."""
    return sum(request.method == "POST" and request.path == "/base" for request in list(server.received))


def run_clients(url: str, template: bytes, number: int, end: float) -> list[float]:
    """Runs several clients in one process; returns the times of their requests in milliseconds."""
    times: list[float] = []
    names = [f"{number}-{n}" for n in range(THREADS)]
    threads = [threading.Thread(target=post_until, args=(url, template, name, end, times)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def post_until(url: str, template: bytes, name: str, end: float, times: list[float]) -> None:
    """Posts responses, each of a new patient, until ``end``; appends the time of each in milliseconds."""
    session, count = requests.Session(), 0
    while time.perf_counter() < end:
        count += 1
        body = template.replace(b"Patient/@", f"Patient/p{name}-{count}".encode())
        start = time.perf_counter()
        answer = session.post(url, data=body, headers={"Content-Type": "application/fhir+json"}, timeout=30)
        answer.raise_for_status()
        times.append((time.perf_counter() - start) * 1000)
