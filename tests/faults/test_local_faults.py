"""The machine of the service fails: its disk is full (L1), its database is not writable (L2) or locked (L3)."""

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.adapters.database import engine
from service.adapters.database.engine import Database
from service.adapters.database.sqlite_file import WrongDatabase
from tests.support.building import scored
from tests.support.rest import Clock, Rest, content, issues, rest_on

pytestmark = pytest.mark.faults


def post(rest: Rest, number: int) -> int:
    """Posts a response; returns the status. One that is refused says when to come back."""
    answer = rest.post(scored("gad-7", [1] * 7, patient=f"Patient/p{number}"), Idempotency_Key=f"k{number}")
    if answer.status_code != 201:
        assert answer.headers["Retry-After"]
        assert issues(answer)[0][0] in ("no-store", "transient")
    return answer.status_code


def stored(rest: Rest) -> int:
    total: int = content(rest.get("QuestionnaireResponse?_summary=count"))["total"]
    return total


def test_a_full_disk_refuses_and_loses_nothing(sqlite: Database, clock: Clock) -> None:
    """L1. SQLite gives the same failure when its file may not grow."""
    rest = rest_on(sqlite, clock)
    limit(sqlite, pages_of(sqlite) + 15)
    told = [post(rest, number) for number in range(40)]
    assert set(told) == {201, 503}
    assert stored(rest) == told.count(201)
    limit(sqlite, 1_000_000)
    again = [post(rest, number) for number, status in enumerate(told) if status == 503]
    assert set(again) == {201}
    assert stored(rest) == 40
    with sqlite.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def pages_of(database: Database) -> int:
    """How many pages the file has."""
    with database.read() as connection:
        return int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())


def limit(database: Database, pages: int) -> None:
    """Sets how many pages the file of the writing connection may have."""
    with database.writer.connect() as connection:
        connection.connection.execute(f"PRAGMA max_page_count={pages}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB, where the tests may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("a disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path, clock: Clock) -> None:
    """L1: not ready meanwhile, readable meanwhile, and no restart is needed."""
    database = Database(f"sqlite:///{small_disk / 'sural.db'}")
    database.create()
    rest = rest_on(database, clock)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b" " * 1_000_000)
    told = [post(rest, number) for number in range(40)]
    assert set(told) == {201, 503}
    assert stored(rest) == told.count(201)
    assert rest.client.get("/health/ready").status_code == 503
    ballast.unlink()
    assert post(rest, 99) == 201
    database.close()


def test_a_disk_that_cannot_be_written_stops_the_start(small_disk: Path) -> None:
    """L2: with a sentence, and without an empty database elsewhere."""
    Database(f"sqlite:///{small_disk / 'sural.db'}").close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(WrongDatabase, match="cannot be written"):
        Database(f"sqlite:///{small_disk / 'sural.db'}").create()
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)


def test_a_folder_that_is_deleted_is_not_made_anew(sqlite: Database, clock: Clock, tmp_path: Path) -> None:
    """L2: every request is refused, also after the folder is there again, empty."""
    rest = rest_on(sqlite, clock)
    assert post(rest, 1) == 201
    for path in tmp_path.glob("sural.db*"):
        path.unlink()
    assert post(rest, 2) == 503
    assert list(tmp_path.glob("sural.db*")) == []


def test_a_database_that_another_process_locks(sqlite: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """L3: who waits is told to come back, within the time that a request may wait."""
    monkeypatch.setattr(engine, "seconds_to_wait", lambda: 0.05)
    rest = rest_on(sqlite, clock)
    other = sqlite3.connect(sqlite.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert [post(rest, number) for number in range(3)] == [503] * 3
    other.execute("ROLLBACK")
    other.close()
    assert [post(rest, number) for number in range(3)] == [201] * 3
    assert stored(rest) == 3
