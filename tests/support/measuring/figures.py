"""Figures of one run of `make bench`: printed as they come, and written as JSON to compare two commits."""

import json
import os
import platform
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.files import ROOT


@dataclass(frozen=True)
class Figure:
    """One row. ``name`` is the same in each run, so that two runs can be compared. ``better`` is "more" or "less"."""

    name: str
    value: float
    unit: str
    better: str = "less"

    def __str__(self) -> str:
        number = f"{self.value:,.0f}" if abs(self.value) >= 100 else f"{self.value:.3g}"
        return f"{self.name:74}{number:>10} {self.unit}"


@dataclass
class Report:
    """The figures of a run, and what was not run with the reason."""

    figures: list[Figure] = field(default_factory=list)
    not_run: dict[str, str] = field(default_factory=dict)

    def run(self, title: str, part: Callable[[], Iterable[Figure]]) -> None:
        """Runs a part, and prints its rows. A failure is a line too: the other parts are run all the same."""
        print(f"\n{title}")
        try:
            for figure in part():
                self.figures.append(figure)
                print(figure, flush=True)
        except Exception as problem:  # noqa: BLE001 the figures so far must not be lost
            self.leave_out(title, f"{type(problem).__name__}: {problem}"[:400])

    def leave_out(self, title: str, reason: str) -> None:
        """Says what was not run."""
        self.not_run[title] = reason
        print(f"{title}: not run: {reason}", flush=True)

    def write(self, path: Path) -> None:
        """Writes the run as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        run = {**circumstances(), "not_run": self.not_run, "figures": [asdict(each) for each in self.figures]}
        path.write_text(json.dumps(run, indent=1) + "\n")


def circumstances() -> dict[str, Any]:
    """The commit and the machine of a run."""
    return {
        "commit": git("rev-parse", "--short", "HEAD"),
        "changed": bool(git("status", "--porcelain")),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }


def git(*arguments: str) -> str:
    """What git says of the checkout; nothing without git."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()
