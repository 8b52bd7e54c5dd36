"""The processor time of one POST by stage, and of validation and assessment alone, in one process without a network."""

import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from service.adapters.database.engine import Database
from service.adapters.database.store import DatabaseStore
from service.fhir.questionnaires.response_reader import parse_response
from service.fhir.r4.strict_json import encode, load
from service.fhir.r4.types import Resource
from service.screening.validation.response import validate_response
from service.usecases.operations.preview import dry_run
from service.usecases.responses import submit
from service.web.fhir.interactions import create
from tests.support.building import context, phq, response, with_total
from tests.support.measuring.figures import Figure
from tests.support.rest import Clock, rest_on

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ROUNDS, WARM_UP = 200, 20
# Each is called once for an act, and none within another one.
STAGES: dict[str, tuple[Any, str]] = {
    "read the JSON": (create, "load"),
    "check structure and answers": (submit, "check_submission"),
    "read the history of the patient": (DatabaseStore, "read_history"),
    "assess, and compose the results": (submit, "compose_submission"),
    "make the Bundle to deliver": (submit, "transaction_bundle"),
    "write, with the commit": (DatabaseStore, "save_submission"),
}
ANSWERS = {"lp-side": ["both-unequal"], "lp-start": ["low-back"], "lp-where": ["calf", "foot"], "lp-feel": ["burning"]}


def measure_stages() -> Iterator[Figure]:
    """The stages of a POST of a PHQ-9 into SQLite; the last is what is left: HTTP, access, and the answer."""
    spent: dict[str, list[float]] = defaultdict(list)
    patients = count()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'sural.db'}")
        database.create()
        rest = rest_on(database, Clock())
        with timing(spent):
            for _ in range(ROUNDS + WARM_UP):
                resource = phq(patient=f"Patient/s{next(patients)}")
                with timed(spent["whole"]):
                    answer = rest.post(resource)
                assert answer.status_code == 201, answer.data
        database.close()
    medians = {name: statistics.median(times[WARM_UP:]) for name, times in spent.items()}
    whole = medians.pop("whole")
    for name in STAGES:
        yield Figure(f"POST of a PHQ-9: {name}", medians[name], "ms")
    yield Figure("POST of a PHQ-9: everything else", whole - sum(medians.values()), "ms")
    yield Figure("POST of a PHQ-9: whole", whole, "ms")


@contextmanager
def timing(spent: dict[str, list[float]]) -> Iterator[None]:
    """Notes the processor time of each call of a stage, in milliseconds."""
    with ExitStack() as stack:
        for name, (owner, attribute) in STAGES.items():
            stack.enter_context(patch.object(owner, attribute, noting(getattr(owner, attribute), spent[name])))
        yield


def noting(act: Callable[..., Any], times: list[float]) -> Callable[..., Any]:
    """The same function, which notes the processor time of each call."""

    def noted(*arguments: Any, **named: Any) -> Any:
        with timed(times):
            return act(*arguments, **named)

    return noted


@contextmanager
def timed(times: list[float]) -> Iterator[None]:
    """Appends the processor time of the block, in milliseconds."""
    start = time.thread_time()
    try:
        yield
    finally:
        times.append((time.thread_time() - start) * 1000)


def measure_alone() -> Iterator[Figure]:
    """Validation after parsing, and all steps from the bytes of a response to those of the Bundle."""
    for name, resource in (("PHQ-9", with_total("phq-9", 12)), ("leg pain", response("leg-pain", ANSWERS))):
        validation, whole = median_of(validating(resource)), median_of(assessing(resource))
        yield Figure(f"{name}: validated, after parsing", 1000 / validation, "per second", "more")
        yield Figure(f"{name}: from bytes to the bytes of the Bundle", whole, "ms")


def validating(resource: Resource) -> Callable[[], object]:
    """One validation of a response that is read already."""
    read = parse_response(resource)
    form = context().catalogue.find(read.questionnaire)
    assert form is not None
    instrument = form.instrument
    return lambda: validate_response(read, instrument)


def assessing(resource: Resource) -> Callable[[], object]:
    """One assessment that is not stored."""
    body = encode(resource)
    return lambda: encode(dry_run([load(body)], context(), NOW))


def median_of(act: Callable[[], object]) -> float:
    """The median processor time of a call, in milliseconds."""
    times: list[float] = []
    for _ in range(ROUNDS + WARM_UP):
        with timed(times):
            act()
    return statistics.median(times[WARM_UP:])
