"""Transactions lose no update, SQLite serves one process, and refusals are plain."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.migrations.revision import alembic_version
from service.adapters.database.sqlite_file import WrongDatabase
from service.issues import Unavailable


def test_two_threads_that_read_then_write_lose_no_update(sqlite: Database) -> None:
    with sqlite.write() as connection:
        connection.execute(insert(t.patient).values(reference="Patient/p", revision=0))

    def add() -> None:
        for _ in range(100):
            with sqlite.write() as connection:
                read = connection.scalar(select(t.patient.c.revision)) or 0
                connection.execute(update(t.patient).values(revision=read + 1))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sqlite.read() as connection:
        assert connection.scalar(select(t.patient.c.revision)) == 400


def test_a_writing_transaction_begins_at_once(sqlite: Database) -> None:
    other = sqlite3.connect(sqlite.path, timeout=0, isolation_level=None)
    with sqlite.write(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()


def test_what_is_written_is_synced_and_logged_ahead(sqlite: Database) -> None:
    with sqlite.write() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_reader_cannot_write(sqlite: Database) -> None:
    with pytest.raises(Unavailable), sqlite.read() as connection:
        connection.execute(insert(t.patient).values(reference="Patient/p", revision=0))


def test_a_second_process_is_refused_in_one_sentence(sqlite: Database) -> None:
    with pytest.raises(WrongDatabase, match="in use by another process"):
        Database(str(sqlite.url))


def test_the_lock_is_given_back(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    Database(url).close()
    Database(url).close()


def test_reading_does_not_create_a_file(tmp_path: Path) -> None:
    with pytest.raises(WrongDatabase, match="no database"):
        Database(f"sqlite:///{tmp_path / 'none.db'}", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_tables_of_another_version_are_refused(database: Database) -> None:
    with database.write() as connection:
        connection.execute(update(alembic_version).values(version_num="0099"))
    with pytest.raises(WrongDatabase, match="version 0099"):
        database.create()


def test_a_locked_database_is_unavailable_and_not_a_failure(sqlite: Database) -> None:
    with sqlite.write() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=10")
    other = sqlite3.connect(sqlite.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable), sqlite.write():
        pass
    other.close()
