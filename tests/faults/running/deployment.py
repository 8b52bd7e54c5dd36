"""A deployment of the service in processes that a test kills and starts again."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.support.files import ROOT
from tests.support.running.serving import environment, wait_until

START_SECONDS = 300


@dataclass
class Nursery:
    """The process that forks the others."""

    orders: IO[str]
    answers: IO[str]

    def start(self, command: str, settings: dict[str, str], output: Path, point: str | None) -> int:
        """Starts a process; returns its id."""
        order = {"command": command, "environment": settings, "output": str(output), "point": point}
        self.orders.write(json.dumps(order) + "\n")
        self.orders.flush()
        return int(self.answers.readline())


@contextmanager
def nursery(folder: Path) -> Iterator[Nursery]:
    """Runs the process that forks the others."""
    command = [sys.executable, "-m", "tests.faults.running.nursery"]
    env = {**environment(folder), "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, env=env, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Nursery(process.stdin, process.stdout)


def is_alive(process: int) -> bool:
    """True if there is such a process."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for_end(process: int) -> None:
    """Waits until a process has ended; fails if it does not."""
    wait_until(lambda: not is_alive(process), START_SECONDS)


@dataclass
class Running:
    """One place of the deployment: its process, which is replaced after a kill, and its address if it serves."""

    nursery: Nursery
    command: str
    settings: dict[str, str]
    output: Path
    process: int = 0
    base: str = ""
    kills: int = 0

    def start(self, point: str | None = None) -> None:
        """Starts the process; waits until it serves or, if it is to kill itself, for its end."""
        self.output.unlink(missing_ok=True)
        self.output.touch()
        self.process = self.nursery.start(self.command, self.settings, self.output, point)
        if self.command == "serve":
            self.wait_for_address()

    def wait_for_address(self) -> None:
        end = time.monotonic() + START_SECONDS
        while not (found := re.search(r"^Serving FHIR at (\S+)", self.output.read_text(), re.M)):
            assert is_alive(self.process), self.output.read_text()
            assert time.monotonic() < end, self.output.read_text()
            time.sleep(0.01)
        self.base = found[1]

    def end(self, by: signal.Signals = signal.SIGKILL) -> None:
        """Ends the process, and waits until it has ended."""
        with suppress(ProcessLookupError):
            os.kill(self.process, by)
        wait_for_end(self.process)

    def replace(self) -> None:
        """Kills the process, and starts another one in its place."""
        self.end()
        self.kills += 1
        self.start()


@dataclass
class Deployment:
    """The processes on one database: the web processes, which also deliver, and the workers."""

    webs: list[Running]
    workers: list[Running] = field(default_factory=list)

    @property
    def all(self) -> list[Running]:
        return [*self.webs, *self.workers]

    @property
    def kills(self) -> int:
        return sum(each.kills for each in self.all)


def free_address() -> dict[str, str]:
    """The settings of a service on a port that is free now, under an address that it is told."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    return {"SURAL_PORT": str(port), "SURAL_BASE_URL": f"http://127.0.0.1:{port}/fhir"}


@contextmanager
def deployed(
    forking: Nursery, folder: Path, database: str, fhir_server: str | None, **more: str
) -> Iterator[Deployment]:
    """One process on SQLite; on PostgreSQL two that serve and one that only delivers. ``more`` are settings.

    With access control a service must be told its address.
    """
    settings = {"SURAL_DATABASE": database, "SURAL_PORT": "0", "SURAL_LOG_LEVEL": "error", **more}
    if fhir_server is not None:
        settings["SURAL_FHIR_SERVER"] = fhir_server
    is_sqlite = database.startswith("sqlite")
    commands = ["serve"] if is_sqlite else ["serve", "serve", *(["worker"] if fhir_server else [])]
    own = [free_address() if "SURAL_ISSUERS" in more else {} for _ in commands]
    places = [
        Running(forking, each, {**settings, **own[n]}, folder / f"{n}-{each}.log") for n, each in enumerate(commands)
    ]
    try:
        for place in places:
            place.start()
        yield Deployment(
            [place for place in places if place.command == "serve"],
            [place for place in places if place.command == "worker"],
        )
    finally:
        for place in places:
            place.end()
