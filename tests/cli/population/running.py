"""Runs over a file of coded answers, and what they wrote."""

from pathlib import Path

import pyarrow.parquet as pq
from click.testing import Result

from tests.support.running.command_line import run_sural

# `sural` in a process of its own.
SURAL = "import sys; from service.cli import main; main(sys.argv[1:])"


def assess(rows: Path, into: Path, *more: str) -> Result:
    return run_sural("population", "assess", str(rows), "--into", str(into), "--processes", "1", *more)


def lines_of(into: Path, kind: str) -> list[dict[str, object]]:
    """The lines of a list, of all parts."""
    return [line for path in sorted(into.glob(f"{kind}-*.parquet")) for line in pq.read_table(path).to_pylist()]
