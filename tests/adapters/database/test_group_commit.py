"""Writes of several threads in one transaction: what is committed when, and what the failure of one does to others."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.issues import Unavailable
from service.work import limit_wait, seconds_to_wait

LONG = 20


class Gate:
    """A database whose commits wait until one of them may pass, and are counted."""

    def __init__(self, database: Database) -> None:
        self.database, self.commits = database, 0
        self.arrived, self.may_pass = threading.Semaphore(0), threading.Semaphore(0)
        database.group_commit.begin = self.begin

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self.database.write() as connection:
            yield connection
            self.arrived.release()
            assert self.may_pass.acquire(timeout=LONG)
        self.commits += 1


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(f"sqlite:///{tmp_path / 'sural.db'}")) as made:
        made.create()
        yield made


def insert_patient(connection: Connection, name: str) -> None:
    connection.execute(t.patient.insert(), {"reference": name, "revision": 0})
    if name == "fails":
        raise LookupError(name)


def write(database: Database, name: str, seconds: float | None = None) -> None:
    limit_wait(seconds)
    database.write_together(lambda connection: insert_patient(connection, name))


def stored(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(select(t.patient.c.reference)))


def wait_for_queue(database: Database, length: int) -> None:
    limit = threading.Event()
    while len(database.group_commit.queue) < length:
        limit.wait(0.001)


def queued(database: Database, pool: ThreadPoolExecutor, gate: Gate, *names: str) -> list[Future[None]]:
    """Writes of which the first one commits, and waits, while the others queue."""
    futures = []
    for length, name in enumerate(names, 1):
        futures.append(pool.submit(write, database, name))
        wait_for_queue(database, length)
        if length == 1:
            assert gate.arrived.acquire(timeout=LONG)
    return futures


def test_what_waits_while_one_commits_is_committed_at_once_and_nobody_returns_before(database: Database) -> None:
    gate = Gate(database)
    with ThreadPoolExecutor(8) as pool:
        names = [f"p{number}" for number in range(8)]
        first, *others = queued(database, pool, gate, *names)
        assert (first.done(), stored(database)) == (False, set())
        gate.may_pass.release()
        first.result(LONG)
        assert gate.arrived.acquire(timeout=LONG)
        assert ([each.done() for each in others], stored(database)) == ([False] * 7, {"p0"})
        gate.may_pass.release()
        for future in others:
            future.result(LONG)
    assert (gate.commits, stored(database)) == (2, set(names))


def test_one_that_fails_does_not_undo_the_others(database: Database) -> None:
    gate = Gate(database)
    with ThreadPoolExecutor(4) as pool:
        futures = queued(database, pool, gate, "first", "before", "fails", "after")
        gate.may_pass.release(LONG)
        for index in (0, 1, 3):
            futures[index].result(LONG)
        with pytest.raises(LookupError):
            futures[2].result(LONG)
    assert stored(database) == {"first", "before", "after"}
    assert not database.group_commit.queue


def test_a_commit_that_fails_is_told_to_each(database: Database) -> None:
    gate = Gate(database)

    @contextmanager
    def failing() -> Iterator[Connection]:
        with database.write() as connection:
            yield connection
            raise Unavailable("the disk is full")

    with ThreadPoolExecutor(3) as pool:
        futures = queued(database, pool, gate, "first", "second", "third")
        database.group_commit.begin = failing
        gate.may_pass.release(LONG)
        futures[0].result(LONG)
        for future in futures[1:]:
            with pytest.raises(Unavailable):
                future.result(LONG)
    assert stored(database) == {"first"}


def test_one_that_waits_too_long_is_not_written(database: Database) -> None:
    gate = Gate(database)
    with ThreadPoolExecutor(3) as pool:
        futures = queued(database, pool, gate, "first", "second")
        with pytest.raises(Unavailable):
            pool.submit(write, database, "late", 0.01).result(LONG)
        gate.may_pass.release(LONG)
        for future in futures:
            future.result(LONG)
    assert stored(database) == {"first", "second"}


def test_the_first_that_finds_the_database_taken_makes_way_for_the_next(database: Database) -> None:
    with database.write(), pytest.raises(Unavailable):
        write(database, "late", 0.01)
    write(database, "next")
    assert stored(database) == {"next"}


def test_each_write_has_the_budget_of_its_own_thread(database: Database) -> None:
    gate = Gate(database)
    with ThreadPoolExecutor(2) as pool:
        futures = queued(database, pool, gate, "first")
        budgets: list[float] = []

        def note_budget(connection: Connection) -> None:
            budgets.append(seconds_to_wait())

        def ask() -> None:
            limit_wait(1000)
            database.write_together(note_budget)

        futures.append(pool.submit(ask))
        wait_for_queue(database, 2)
        gate.may_pass.release(LONG)
        for future in futures:
            future.result(LONG)
    assert budgets[0] > 900


def test_after_a_failure_each_waits_as_long_as_its_own_thread_may(database: Database) -> None:
    """The thread that writes for the others may have spent its time."""
    gate, budgets = Gate(database), list[float]()

    @contextmanager
    def noting() -> Iterator[Connection]:
        budgets.append(seconds_to_wait())
        with database.write() as connection:
            yield connection

    with ThreadPoolExecutor(3) as pool:
        futures = queued(database, pool, gate, "first")
        futures.append(pool.submit(write, database, "fails", LONG))
        wait_for_queue(database, 2)
        futures.append(pool.submit(write, database, "last", 1000))
        wait_for_queue(database, 3)
        database.group_commit.begin = noting
        gate.may_pass.release(LONG)
        futures[2].result(LONG)
        with pytest.raises(LookupError):
            futures[1].result(LONG)
    # Both at once, then each alone.
    assert [round(each, -1) for each in budgets] == [LONG, LONG, 1000]
    assert stored(database) == {"first", "last"}
