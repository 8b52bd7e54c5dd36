"""Runs `sural` as a separate process."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.support.files import ROOT

# On a busy machine.
START_SECONDS = 120
COMMAND = [sys.executable, "-c", "from service.cli import main; main()"]
SERVE = (*COMMAND, "serve")


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """The environment of a process: a free port, a database in the folder, and these settings."""
    own = {"SURAL_PORT": "0", "SURAL_DATABASE": f"sqlite:///{folder / 'sural.db'}", "PYTHONPATH": str(ROOT)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SURAL_")}
    return {**kept, **own, **settings}


def sural(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs one command and waits for its end."""
    env = environment(folder, **settings)
    return subprocess.run([*COMMAND, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False)


@dataclass
class Served:
    """A running service: its process, its FHIR address, its lines on standard output, and its log."""

    process: subprocess.Popen[str]
    base: str = ""
    lines: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def has_started(self) -> bool:
        """True if it serves, or has ended."""
        return any("Serving FHIR at" in line for line in self.lines) or self.process.poll() is not None

    def read(self, stream: IO[str] | None, into: list[str]) -> None:
        assert stream is not None
        for line in stream:
            into.append(line)


@contextmanager
def serving(folder: Path, command: Sequence[str] = SERVE, **settings: str) -> Iterator[Served]:
    """Runs `sural serve`, or another server that says where it serves, on a free port; ends it with SIGTERM."""
    env = environment(folder, **settings)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, env=env, text=True, stdout=pipe, stderr=pipe) as process:
        served = Served(process)
        streams = ((process.stdout, served.lines), (process.stderr, served.log))
        readers = [threading.Thread(target=served.read, args=each, daemon=True) for each in streams]
        for reader in readers:
            reader.start()
        # Also if it does not start in time: the end of the block would wait for it for ever.
        try:
            wait_until(served.has_started, START_SECONDS)
            found = [line.split()[3] for line in served.lines if line.startswith("Serving FHIR at")]
            assert found, served.log
            served.base = found[0]
            yield served
        finally:
            process.terminate()
            process.wait(40)
            for reader in readers:
                reader.join(5)


def wait_until(is_true: Callable[[], bool], seconds: float) -> None:
    """Waits until the condition is true; fails after this many seconds."""
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, f"not true within {seconds} s"
        time.sleep(0.05)
