"""Measures assessment in process, requests per second over HTTP, a healthy client beside abuse, and the start of
`sural`. Asserts nothing."""

import os
import resource as usage
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.cli.serving.serve import settle_memory
from service.fhir.questionnaires.response_reader import parse_response
from service.fhir.r4.strict_json import encode, load
from service.fhir.r4.types import Resource
from service.fhir.results.bundle import transaction_bundle
from service.issues import Issue
from service.logs import configure
from service.screening.instruments.editions import InstrumentEdition
from service.screening.instruments.response import Response
from service.screening.validation.response import validate_response
from service.settings import Settings
from service.usecases.operations.preview import dry_run
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import AssessmentContext, make_source
from service.wiring import wire
from tests.support.building import response, with_total
from tests.support.files import CASES
from tests.support.measuring.beside_abuse import run_beside_abuse
from tests.support.measuring.throughput import throughput
from tests.support.serving import COMMAND

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ROUNDS = 400
STARTS = 5
ABUSIVE_REQUESTS = 1_000
STARTED = (["--version"], ["--help"], ["validate", str(CASES / "patients" / "low-mood" / "phq-9.json")])
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


def measure_call(act: Callable[[], Any]) -> tuple[float, float]:
    """Median and 90th percentile of the time of one call, in milliseconds."""
    for _ in range(20):
        act()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times), statistics.quantiles(times, n=10)[8]


def measure_in_process(context: AssessmentContext) -> list[tuple[str, float, float]]:
    """Assessment and writing after parsing, validation after parsing, and all steps from bytes to Bundle bytes."""
    rows = []
    for name, resource in (("PHQ-9", with_total("phq-9", 12)), ("leg pain, full", response("leg-pain", FULL))):
        body, read = encode(resource), parse_response(resource)
        form = context.catalogue.find(read.questionnaire)
        assert form is not None

        def assess(resource: Resource = resource, read: Response = read, form: InstrumentEdition = form) -> Resource:
            source = make_source(resource, read, form, context, NOW)
            return transaction_bundle(assess_submission([source], context, NOW), context.knowledge)

        def whole(body: bytes = body) -> bytes:
            return encode(dry_run([load(body)], context, NOW))

        rows.append((f"{name}: assess and compose, after parsing", *measure_call(assess)))
        rows.append((f"{name}: bytes in to Bundle bytes out", *measure_call(whole)))

        def validate(read: Response = read, form: InstrumentEdition = form) -> list[Issue]:
            return validate_response(read, form.instrument)

        rows.append((f"{name}: validate, after parsing", *measure_call(validate)))
    return rows


def measure_start(arguments: list[str]) -> float:
    """The processor time of one command from start to end, user and system, in seconds; the best of some runs."""
    seconds = []
    for _ in range(STARTS):
        before = processor_seconds()
        subprocess.run([*COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        seconds.append(processor_seconds() - before)
    return min(seconds)


def processor_seconds() -> float:
    """The processor time of all ended child processes."""
    children = usage.getrusage(usage.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def main() -> None:
    """Prints the table."""
    configure("critical")
    context = wire(Settings()).context
    settle_memory()
    print(f"{'':68}{'median ms':>10}{'p90 ms':>10}")
    for name, median, high in measure_in_process(context):
        per_second = f"{1000 / median:12,.0f} per second" if "validate" in name else ""
        print(f"{name:68}{median:10.3f}{high:10.3f}{per_second}")
    print()
    for line in throughput():
        print(line)
    with tempfile.TemporaryDirectory() as folder:
        beside = run_beside_abuse(Path(folder), ABUSIVE_REQUESTS)
    print(f"\nA healthy client beside abuse (required: p99 below 500 ms, 0 failed): {beside}")
    print(f"{'':10}load average {os.getloadavg()[0]:.1f}, on {os.cpu_count()} processors")
    started = ", ".join(f"sural {arguments[0]} {measure_start(arguments):.2f} s" for arguments in STARTED)
    print(f"\nProcessor time from start to end: {started}")


if __name__ == "__main__":
    main()
