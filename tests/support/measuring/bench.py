"""Measures the service, and asserts nothing: python -m tests.support.measuring.bench --help. docs/measuring.md"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from service.adapters.database.engine import Database
from service.cli.failures import CommandFailed
from service.cli.population.extra import require_population_extra
from service.logs import configure
from tests.support.building import phq
from tests.support.database.postgres import NoPostgres, programs
from tests.support.files import ROOT
from tests.support.measuring import store_sizes
from tests.support.measuring.accepting import measure_accepted, measure_processes, measure_slow_disk
from tests.support.measuring.beside_abuse import run_beside_abuse
from tests.support.measuring.disk import measure_disk
from tests.support.measuring.figures import Figure, Report
from tests.support.measuring.filling import fill
from tests.support.measuring.stages import measure_alone, measure_stages
from tests.support.measuring.starting import command_seconds, measure_starts
from tests.support.rest import Clock, rest_on
from tests.support.running.serving import COMMAND

ABUSIVE_REQUESTS = 1_000
SIZES = (1_000, 100_000, 1_000_000)
# The greatest one takes minutes to fill, and 5 GB.
USUAL_SIZES = (1_000, 100_000)
NEED_POSTGRES = ("accepted-postgres", "processes", "disk-postgres")
POPULATION = 200_000


def measure_sizes(sizes: Sequence[int]) -> Iterator[Figure]:
    """Reads, searches and PUT in SQLite by the number of acts that are stored."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'sural.db'}")
        database.create()
        rest = rest_on(database, Clock())
        rest.post({**phq(), "identifier": {"system": "urn:x", "value": "1"}})
        for number, (before, size) in enumerate(pairwise([0, *sizes]), 1):
            start = number * store_sizes.APART
            fill(database, start + 1, start + size - before)
            database.optimize()
            for name, milliseconds in store_sizes.figures(rest, size).items():
                yield Figure(f"{size:,} acts: {name}", milliseconds, "ms")
        database.close()


def measure_population() -> Iterator[Figure]:
    """`sural population assess` on random answers, with the start of the command."""
    # It needs the libraries of sural[population].
    from tests.support.generated.coded_answers import write_random

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        responses = write_random(folder / "rows.parquet", POPULATION)
        command = [*COMMAND, "population", "assess", str(folder / "rows.parquet"), "--into", str(folder / "findings")]
        start = time.perf_counter()
        processor = command_seconds(command, {})
        seconds = time.perf_counter() - start
        assert list((folder / "findings").glob("counts.parquet"))
    yield Figure("population: responses assessed", responses / seconds, "per second", "more")
    yield Figure("population: responses assessed, for each core", responses / processor, "per second", "more")


def measure_beside_abuse() -> Iterator[Figure]:
    """A healthy client beside abuse: p99 below 500 ms and no failure are required."""
    with tempfile.TemporaryDirectory() as folder:
        beside = run_beside_abuse(Path(folder), ABUSIVE_REQUESTS)
    yield Figure(f"a healthy client beside {beside.requests} abusive requests: p99", beside.p99_milliseconds, "ms")
    yield Figure("a healthy client beside abuse: failed", len(beside.failures), "requests")
    yield Figure("memory of the service beside abuse, at most", max(beside.megabytes), "MB")


def all_parts(sizes: Sequence[int]) -> dict[str, tuple[str, Callable[[], Iterable[Figure]]]]:
    """The parts by name: a title, and what measures."""
    return {
        "start": ("Start", measure_starts),
        "alone": ("Without a store", measure_alone),
        "stages": ("One act by stage, processor time", measure_stages),
        "accepted": ("Accepted and delivered, SQLite", partial(measure_accepted, "SQLite")),
        "accepted-postgres": ("Accepted and delivered, PostgreSQL", partial(measure_accepted, "PostgreSQL")),
        "slow-disk": ("Accepted on slower disks, SQLite", measure_slow_disk),
        "processes": ("Two processes beside one, PostgreSQL", measure_processes),
        "disk": ("Bytes on disk for each byte received, SQLite", partial(measure_disk, "SQLite")),
        "disk-postgres": ("Bytes on disk for each byte received, PostgreSQL", partial(measure_disk, "PostgreSQL")),
        "sizes": (f"By the number of acts: {', '.join(f'{each:,}' for each in sizes)}", partial(measure_sizes, sizes)),
        "population": ("All stored responses at once", measure_population),
        "abuse": ("A healthy client beside abuse", measure_beside_abuse),
    }


def missing_for(part: str) -> str | None:
    """What a part needs and this machine lacks; None if nothing."""
    try:
        if part in NEED_POSTGRES:
            programs()
        if part == "population":
            require_population_extra()
    except (NoPostgres, CommandFailed) as problem:
        return str(problem)
    return "strace is not installed" if part == "slow-disk" and shutil.which("strace") is None else None


def read_arguments() -> argparse.Namespace:
    """What is asked for at the command line."""
    parser = argparse.ArgumentParser(description="Measure the service; docs/measuring.md says how to read it.")
    numbers = ",".join(map(str, USUAL_SIZES))
    parser.add_argument("--sizes", default=numbers, help=f"numbers of acts, rising; usually {numbers}")
    parser.add_argument("--parts", default=",".join(all_parts(())), help="the parts to run; usually all of them")
    parser.add_argument("--to", type=Path, default=ROOT / "build" / "bench.json", help="where to write the JSON")
    return parser.parse_args()


def main() -> None:
    """Prints the rows, and writes them."""
    configure("critical")
    asked = read_arguments()
    sizes = [int(each) for each in asked.sizes.split(",")]
    report, wanted = Report(), asked.parts.split(",")
    print(f"load average {os.getloadavg()[0]:.1f}, on {os.cpu_count()} processors")
    for name, (title, part) in all_parts(sizes).items():
        if name not in wanted:
            report.leave_out(title, "not asked for")
        elif missing := missing_for(name):
            report.leave_out(title, missing)
        else:
            report.run(title, part)
    for size in SIZES:
        if size not in sizes:
            report.leave_out(f"{size:,} acts", f"not asked for: make bench SIZES=...,{size}")
    report.write(asked.to)
    print(f"\nload average {os.getloadavg()[0]:.1f}; written to {asked.to}")


if __name__ == "__main__":
    main()
