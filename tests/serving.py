"""Runs `sural` as its users do: as processes of their own."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

COMMAND = [sys.executable, "-c", "from service.cli import main; main()"]
ROOT = Path(__file__).resolve().parent.parent


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """The settings of a process: any free port, a database in the folder."""
    own = {"SURAL_PORT": "0", "SURAL_DATABASE": f"sqlite:///{folder / 'sural.db'}", "PYTHONPATH": str(ROOT)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SURAL_")}
    return {**kept, **own, **settings}


def sural(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs one command to its end."""
    env = environment(folder, **settings)
    return subprocess.run([*COMMAND, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False)


@dataclass
class Served:
    """A running service: its process, its FHIR address, and what it wrote to standard error."""

    process: subprocess.Popen[str]
    base: str = ""
    lines: list[str] = field(default_factory=list)

    def read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Served]:
    """`sural serve` on a free port, ended with SIGTERM."""
    env = environment(folder, **settings)
    with subprocess.Popen([*COMMAND, "serve"], cwd=folder, env=env, stderr=subprocess.PIPE, text=True) as process:
        served = Served(process)
        reader = threading.Thread(target=served.read, daemon=True)
        reader.start()
        wait_until(lambda: any("Serving FHIR at" in line for line in served.lines) or process.poll() is not None, 20)
        found = [line.split()[3] for line in served.lines if line.startswith("Serving FHIR at")]
        assert found, served.lines
        served.base = found[0]
        try:
            yield served
        finally:
            process.terminate()
            process.wait(40)
            reader.join(5)


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    """Waits until something holds; fails when it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"did not come about within {seconds} s"
        time.sleep(0.05)
