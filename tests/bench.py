"""Measures: in process, bytes to Bundle, and requests per second over HTTP. Prints a table, asserts nothing."""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from service.app import settle_memory, wire
from service.fhir.assessing import assess_act
from service.fhir.encoding import encode
from service.fhir.intake import Desk, make_part
from service.fhir.reading import Resource, load
from service.fhir.responses import parse_response
from service.fhir.writing import compose
from service.logs import configure
from service.screening.editions import Form
from service.screening.faults import Fault
from service.screening.response import Response
from service.screening.validation import check
from service.settings import Settings
from service.submit import dry_run
from tests.building import response, with_total

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ROUNDS = 400
SECONDS = 4.0
PROCESSES = 2
THREADS = 4
FULL = {
    "lp-side": ["both-unequal"],
    "lp-start": ["low-back", "feet-toes"],
    "lp-where": ["low-back", "buttock", "thigh-back", "calf", "foot"],
    "lp-spread": ["from-back-down", "from-feet-up"],
    "lp-feel": ["burning", "shooting", "tingling", "numbness"],
    "lp-duration": ["gt-3m"],
    "lp-course": ["slow-worse"],
    "lp-worse": ["standing", "walking"],
    "lp-better": ["sitting"],
    "lp-touch": ["light-touch", "hot-cold"],
    "lp-muscle": ["weak", "cramps"],
    "lp-weak-start": ["gradual"],
    "lp-urge": ["none"],
    "lp-signs": ["stiff-back"],
    "lp-hands": ["no"],
    "lp-illness": ["diabetes", "low-b12"],
    "lp-sugar": ["no"],
    "lp-bones": ["slipped-disc"],
    "lp-injury": ["overuse"],
    "lp-habits": ["long-sitting", "caffeine"],
    "lp-painkillers": ["a-little"],
    "lp-stress": ["often"],
    "lp-calm": ["sometimes"],
    "lp-mood-order": ["pain-first"],
    "lp-impact": ["a-lot"],
}


def timed(act: Callable[[], Any]) -> tuple[float, float]:
    """Median and 90th percentile of one call, in milliseconds."""
    for _ in range(20):
        act()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times), statistics.quantiles(times, n=10)[8]


def in_process(desk: Desk) -> list[tuple[str, float, float]]:
    """Judging and writing after parsing, and the whole way from bytes to Bundle."""
    rows = []
    for name, resource in (("PHQ-9", with_total("phq-9", 12)), ("leg pain, full", response("leg-pain", FULL))):
        body, read = encode(resource), parse_response(resource)
        form = desk.catalogue.find(read.questionnaire)
        assert form is not None

        def judge(resource: Resource = resource, read: Response = read, form: Form = form) -> Resource:
            part = make_part(resource, read, form, desk, NOW)
            return compose(assess_act([part], desk, NOW), desk.publisher)

        def whole(body: bytes = body) -> bytes:
            return encode(dry_run([load(body)], desk, NOW))

        rows.append((f"{name}: assess and compose, after parsing", *timed(judge)))
        rows.append((f"{name}: bytes in to Bundle bytes out, library gate included", *timed(whole)))

        def validate(read: Response = read, form: Form = form) -> list[Fault]:
            return check(read, form.instrument)

        rows.append((f"{name}: validate, after parsing", *timed(validate)))
    return rows


def over_http() -> tuple[float, float, float]:
    """Accepted PHQ-9 responses per second from `sural serve` with SQLite, with median and 95th percentile in ms."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as base:
        end = time.perf_counter() + SECONDS
        with ProcessPoolExecutor(PROCESSES) as pool:
            rounds = [pool.submit(clients, f"{base}/QuestionnaireResponse", number, end) for number in range(PROCESSES)]
            times = [each for round in rounds for each in round.result()]
    return len(times) / SECONDS, statistics.median(times), statistics.quantiles(times, n=20)[18]


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A service of its own on a free port; its FHIR address."""
    environment = {**os.environ, "SURAL_PORT": "0", "SURAL_DATABASE": f"sqlite:///{folder / 'bench.db'}"}
    environment["SURAL_LOG_LEVEL"] = "warning"
    command = [sys.executable, "-c", "from service.cli import main; main()", "serve"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        base = next(line.split()[3] for line in process.stderr if line.startswith("Serving FHIR at"))
        threading.Thread(target=process.stderr.read, daemon=True).start()
        try:
            yield base
        finally:
            process.terminate()


def clients(url: str, number: int, end: float) -> list[float]:
    """Several clients at once, in one process; the times of their requests."""
    times: list[float] = []
    threads = [threading.Thread(target=client, args=(url, f"{number}-{n}", end, times)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def client(url: str, name: str, end: float, times: list[float]) -> None:
    """Posts responses of ever new patients until the time is over."""
    session, count = requests.Session(), 0
    template = encode(with_total("phq-9", 12, patient="Patient/@"))
    while time.perf_counter() < end:
        count += 1
        body = template.replace(b"Patient/@", f"Patient/p{name}-{count}".encode())
        start = time.perf_counter()
        answer = session.post(url, data=body, headers={"Content-Type": "application/fhir+json"}, timeout=30)
        answer.raise_for_status()
        times.append((time.perf_counter() - start) * 1000)


def main() -> None:
    """Prints the table."""
    configure("critical")
    desk = wire(Settings()).desk
    settle_memory()
    print(f"{'':68}{'median ms':>10}{'p90 ms':>10}")
    for name, median, high in in_process(desk):
        per_second = f"{1000 / median:12,.0f} per second" if "validate" in name else ""
        print(f"{name:68}{median:10.3f}{high:10.3f}{per_second}")
    rate, median, high = over_http()
    print(f"\n{'POST PHQ-9 over HTTP into SQLite, 8 clients on the same machine':62}")
    print(f"{'':10}{rate:.0f} accepted per second, median {median:.1f} ms, p95 {high:.1f} ms")


if __name__ == "__main__":
    main()
