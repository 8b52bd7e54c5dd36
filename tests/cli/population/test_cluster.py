"""`--scheduler`: the same findings on a Dask cluster of two workers."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.population.running import SURAL, assess, lines_of
from tests.support.files import ROOT

CLUSTER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        cluster.wait_for_workers(2)
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """The address of a Dask cluster of two workers."""
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    with subprocess.Popen(
        [sys.executable, str(script)],
        cwd=ROOT,
        env=ENVIRONMENT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield process.stdout.readline().strip()
        process.stdin.close()
        process.wait(120)


ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}


def test_a_cluster_of_two_workers_finds_the_same(rows: Path, tmp_path: Path, scheduler: str) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    assert assess(rows, here).exit_code == 0
    command = ("population", "assess", str(rows), "--into", str(there), "--scheduler", scheduler)
    result = subprocess.run(
        [sys.executable, "-c", SURAL, *command], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert result.returncode == 0, result.stderr
    assert lines_of(there, "findings") == lines_of(here, "findings")
    assert (there / "counts.csv").read_bytes() == (here / "counts.csv").read_bytes()


IMPATIENT = f"from service.population.files import schedulers; schedulers.CONNECT_SECONDS = 0.2; {SURAL}"


def test_an_address_without_a_scheduler_is_told(rows: Path, tmp_path: Path) -> None:
    command = ("population", "assess", str(rows), "--into", str(tmp_path / "run"), "--scheduler", "tcp://127.0.0.1:9")
    started = [sys.executable, "-c", IMPATIENT, *command]
    result = subprocess.run(started, capture_output=True, text=True, cwd=ROOT, check=False)
    assert result.returncode == 1
    assert "No Dask scheduler answers at the address in --scheduler." in result.stderr
