"""Databases for processes that are killed, and the size of the runs.

FAULTS=long is the long form. FAULTS=500,50,5,20 are 500 submissions, 50 kills, 5 repetitions of each point, 20 rounds.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.adapters.database.engine import Database
from tests.faults.running.deployment import Nursery, nursery
from tests.support.database.old_databases import postgres_database


@dataclass(frozen=True)
class Sizes:
    """How much a run does: submissions and kills, repetitions of each point, rounds of clients at once."""

    submissions: int
    kills: int
    repetitions: int
    rounds: int


SHORT, LONG = Sizes(60, 6, 2, 5), Sizes(10_000, 1_000, 100, 1_000)


@pytest.fixture(scope="session")
def sizes() -> Sizes:
    text = os.environ.get("FAULTS", "")
    if text in ("", "long"):
        return LONG if text else SHORT
    return Sizes(*map(int, text.split(",")))


@pytest.fixture(scope="session")
def seed() -> int:
    """The seed of everything drawn; FAULTS_SEED repeats a run."""
    return int(os.environ.get("FAULTS_SEED") or int.from_bytes(os.urandom(4), "big"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints what the runs counted, also if the tests ran in several processes."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, text in report.user_properties:
            if name == "counts" and report.when == "call":
                terminalreporter.write_line(text)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'sural.db'}"
        return
    with postgres_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture
def address(bare: str) -> str:
    """The address of a database with its tables."""
    database = Database(bare)
    database.create()
    database.close()
    return bare


@pytest.fixture(scope="session")
def forking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """The process that forks those of the service, for all tests of a run."""
    with nursery(tmp_path_factory.mktemp("nursery")) as running:
        yield running
