"""How many responses the service accepts and delivers in a second, beside the floor: on SQLite and PostgreSQL.

The floor and the service have the same clients, one after the other in the same run, with an empty database each.
"""

import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.support.database.postgres import cluster
from tests.support.measuring.figures import Figure
from tests.support.measuring.load import Accepted, post_responses, sampled, together
from tests.support.other_systems.misbehaving import MisbehavingServer, misbehaving
from tests.support.running.serving import SERVE, Served, serving, sural, wait_until

LONGEST_SECONDS = 600
FLOOR = (sys.executable, "-m", "tests.support.measuring.floor")
ROUNDS = 2
ACTIVITY = """SELECT wait_event_type, count(*) FROM pg_stat_activity
WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid() GROUP BY 1"""
SAMPLE_SECONDS = 0.02
# How long a sync takes more than on this disk, in milliseconds: of a disk over a network, and of one that turns.
SLOWER_BY = (2, 5, 10)


@dataclass(frozen=True)
class Site:
    """An empty database in a folder."""

    name: str
    url: str
    folder: Path

    @property
    def processes(self) -> list[int]:
        """The process of PostgreSQL that has started the others; none with SQLite."""
        if self.name == "SQLite":
            return []
        cluster_folder = Path(self.url.partition("host=")[2].partition("&")[0])
        return [int((cluster_folder / "data" / "postmaster.pid").read_text().split()[0])]


@contextmanager
def empty_site(name: str) -> Iterator[Site]:
    """A new database, whose commits survive a power failure. Raises NoPostgres."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if name == "SQLite":
            yield Site(name, f"sqlite:///{folder}/sural.db", folder)
        else:
            yield Site(name, stack.enter_context(cluster(is_durable=True)), folder)


def measure_accepted(name: str) -> Iterator[Figure]:
    """The floor, then the service with one process, then what that delivers."""
    with empty_site(name) as site:
        floor = accepted_by(site, FLOOR, 1)
    yield from rows(f"floor, {name}", floor)
    with empty_site(name) as site:
        prepare(site)
        one = accepted_by(site, SERVE, 1)
        yield from rows(name, one)
        yield Figure(f"{name}: accepted in relation to the floor", one.per_second / floor.per_second, "", "more")
        delivered = measure_delivered(site, one.requests)
    yield Figure(f"{name}: delivered, to a server that answers at once", delivered, "per second", "more")


def measure_slow_disk() -> Iterator[Figure]:
    """The floor and the service on SQLite as they would be on slower disks: strace delays each sync."""
    for milliseconds in SLOWER_BY:
        name, found = f"a sync {milliseconds} ms longer", []
        for which, command in (("floor", FLOOR), ("service", SERVE)):
            with empty_site("SQLite") as site:
                prepare(site)
                found.append(accepted_by(site, (*delaying_syncs(milliseconds), *command), 1).per_second)
            yield Figure(f"{name}: accepted, {which}", found[-1], "per second", "more")
        floor, service = found
        yield Figure(f"{name}: accepted in relation to the floor", service / floor, "", "more")


def delaying_syncs(milliseconds: int) -> tuple[str, ...]:
    """The beginning of a command line, which delays each sync. `-D`: the process that is started is the server.

    Other calls of the system go on without a stop (`--seccomp-bpf`): https://man7.org/linux/man-pages/man1/strace.1.html
    """
    calls = "fsync,fdatasync"
    delay = f"inject={calls}:delay_enter={milliseconds * 1000}"
    return ("strace", "-D", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", delay)


def measure_processes() -> Iterator[Figure]:
    """One process of the service on PostgreSQL and two, in turn, each with an empty database; and where they wait.

    The clients and the database run on the same processors. By processor time of the service: what two processes
    would accept in relation to one if nothing else held them up, each with a processor of its own.
    """
    found: dict[int, list[Accepted]] = {1: [], 2: []}
    waits: dict[int, Counter[str]] = {1: Counter(), 2: Counter()}
    for _ in range(ROUNDS):
        for processes, rounds in found.items():
            with empty_site("PostgreSQL") as site:
                prepare(site)
                with waits_in(site, waits[processes]):
                    rounds.append(accepted_by(site, SERVE, processes))
    one, two = (together(rounds) for rounds in found.values())
    for processes, accepted in ((1, one), (2, two)):
        name = f"PostgreSQL, processes: {processes}"
        yield from rows(name, accepted)
        active = max(sum(waits[processes].values()), 1)
        for kind in ("Lock", "LWLock", "IO"):
            yield Figure(f"{name}: statements that wait, {kind}", 100 * waits[processes][kind] / active, "percent")
    yield Figure("two processes in relation to one, as measured", two.per_second / one.per_second, "", "more")
    alone = one.each(one.server) / two.each(two.server)
    yield Figure("two processes in relation to one, by processor time of the service", 2 * alone, "", "more")


def rows(name: str, accepted: Accepted) -> Iterator[Figure]:
    """The rows of one measurement."""
    yield Figure(f"{name}: accepted", accepted.per_second, "per second", "more")
    if accepted.refused:
        yield Figure(f"{name}: refused", accepted.refused, "requests")
    yield Figure(f"{name}: time of a request, median", accepted.median, "ms")
    yield Figure(f"{name}: time of a request, p95", accepted.p95, "ms")
    used = (("service", accepted.server), ("database", accepted.database), ("clients", accepted.clients))
    for who, seconds in used:
        if seconds:
            yield Figure(f"{name}: processor time for each act, {who}", accepted.each(seconds), "ms")
    if accepted.processors:
        yield Figure(f"{name}: processors that these had together", accepted.processors, "", "more")


def prepare(site: Site) -> None:
    """Makes the tables."""
    done = sural("migrate", folder=site.folder, SURAL_DATABASE=site.url)
    assert done.returncode == 0, done.stderr


def accepted_by(site: Site, command: Sequence[str], processes: int) -> Accepted:
    """What so many processes of a server accept together."""
    settings = {"SURAL_DATABASE": site.url, "SURAL_LOG_LEVEL": "warning"}
    with ExitStack() as stack:
        served: list[Served] = [
            stack.enter_context(serving(site.folder, command, **settings)) for _ in range(processes)
        ]
        servers = [each.process.pid for each in served]
        return post_responses([each.base for each in served], servers, site.processes, "p")


@contextmanager
def waits_in(site: Site, waits: Counter[str]) -> Iterator[None]:
    """Counts what the statements at work in PostgreSQL wait for, again and again while the block runs."""
    stop = threading.Event()
    with psycopg.connect(site.url, autocommit=True) as connection:

        def look() -> None:
            for kind, count in connection.execute(ACTIVITY).fetchall():
                waits[kind or "none"] += count

        thread = sampled(look, SAMPLE_SECONDS, stop)
        try:
            yield
        finally:
            stop.set()
            thread.join()


def measure_delivered(site: Site, entries: int) -> float:
    """The entries that the delivery threads of `sural serve` deliver in a second, while there is no other work.

    Measured from the first transaction to the last one: all entries wait at the start.
    """
    settings = {"SURAL_DATABASE": site.url, "SURAL_LOG_LEVEL": "warning"}
    with misbehaving() as server, serving(site.folder, SURAL_FHIR_SERVER=server.base, **settings):
        wait_until(lambda: transactions(server) > 0, LONGEST_SECONDS)
        start, before = time.perf_counter(), transactions(server)
        wait_until(lambda: transactions(server) >= entries, LONGEST_SECONDS)
        return (entries - before) / (time.perf_counter() - start)


def transactions(server: MisbehavingServer) -> int:
    """The transactions that the server has received."""
    return sum(request.method == "POST" and request.path == "/base" for request in list(server.received))
