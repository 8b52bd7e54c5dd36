"""The processor time of commands from start to end, and of `sural serve` until its first answers."""

import resource as usage
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from os import environ
from pathlib import Path

import requests

from tests.support.files import CASES
from tests.support.measuring.figures import Figure
from tests.support.measuring.load import processor_seconds
from tests.support.rest import FHIR_JSON
from tests.support.running.serving import COMMAND, SERVE, serving

STARTS = 4
RESPONSE = CASES / "patients" / "low-mood" / "phq-9.json"
STARTED = (["--version"], ["--help"], ["validate", str(RESPONSE)], ["check"])
LOADED = "from service.cli.main import main; from service.settings import Settings; from service.wiring import wire"
CPU = "import time; start = time.process_time(); wire(Settings()); print(time.process_time() - start)"


def measure_starts() -> Iterator[Figure]:
    """The best of some runs. Modules are compiled before, as those of an installed package are."""
    with tempfile.TemporaryDirectory() as folder:
        compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": folder}
        for arguments in STARTED:
            best = min(command_seconds([*COMMAND, *arguments], compiled) for _ in range(STARTS))
            name = " ".join(arguments[:1])
            yield Figure(f"sural {name}: processor time", best * 1000, "ms")
        wired = min(printed_seconds(compiled) for _ in range(STARTS))
        yield Figure("the catalogue, loaded and wired: processor time", wired * 1000, "ms")
        first = min(first_answers(compiled) for _ in range(STARTS))
        for what, seconds in zip(
            ("until it serves", "until the first answer", "until it has stored"), first, strict=True
        ):
            yield Figure(f"sural serve: processor time {what}", seconds * 1000, "ms")


def command_seconds(command: list[str], settings: Mapping[str, str]) -> float:
    """The processor time of one command, user and system, in seconds."""
    before = ended_seconds()
    subprocess.run(command, env={**environ, **settings}, capture_output=True, check=False)
    return ended_seconds() - before


def printed_seconds(settings: Mapping[str, str]) -> float:
    """The processor time of loading and wiring alone, without the imports."""
    command = [COMMAND[0], "-c", f"{LOADED}\n{CPU}"]
    done = subprocess.run(command, env={**environ, **settings}, capture_output=True, check=True)
    return float(done.stdout)


def first_answers(settings: Mapping[str, str]) -> tuple[float, float, float]:
    """The processor time that `sural serve` has used when it says that it serves, has answered a read, and has stored a
    response. The tables are there already."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving(folder, SERVE, **settings):
            pass
        with serving(folder, SERVE, SURAL_LOG_LEVEL="warning", **settings) as served:
            pid = [served.process.pid]
            ready = processor_seconds(pid)
            requests.get(f"{served.base}/metadata", timeout=60).raise_for_status()
            answered = processor_seconds(pid)
            url, body = f"{served.base}/QuestionnaireResponse", RESPONSE.read_bytes()
            requests.post(url, body, headers=FHIR_JSON, timeout=60).raise_for_status()
            return ready, answered, processor_seconds(pid)


def ended_seconds() -> float:
    """The processor time of all ended child processes."""
    children = usage.getrusage(usage.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime
