"""A file that cannot be the database is refused in one sentence; one that is replaced is noticed."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.sqlite_file import WrongDatabase
from service.issues import Unavailable


def opened(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    try:
        database.create_or_check()
    finally:
        database.close()


def refused(path: Path) -> str:
    with pytest.raises(WrongDatabase) as problem:
        opened(path)
    text = str(problem.value)
    assert str(path) in text
    assert "\n" not in text
    return text


@pytest.mark.parametrize("content", [b"text\n" * 1000, b"SQLite format 3", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_file_of_another_format_is_refused_and_unchanged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(content)
    assert "Restore it from a backup" in refused(path)
    assert path.read_bytes() == content


def test_a_truncated_file_is_refused(sqlite: Database) -> None:
    sqlite.close()
    with closing(sqlite3.connect(sqlite.path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    sqlite.path.write_bytes(sqlite.path.read_bytes()[: sqlite.path.stat().st_size // 2])
    assert "damaged" in refused(sqlite.path)


def test_the_database_of_another_program_is_refused_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE birds (name TEXT)")
        connection.commit()
    content = path.read_bytes()
    assert "another program" in refused(path)
    assert path.read_bytes() == content


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write every file")
def test_a_file_without_the_right_to_write_is_refused(sqlite: Database) -> None:
    sqlite.close()
    sqlite.path.chmod(0o400)
    assert "cannot be read and written" in refused(sqlite.path)


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.db").mkdir()
    (tmp_path / "a.db" / "b").touch()
    assert "cannot be read and written" in refused(tmp_path / "a.db")


def test_a_lock_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    lock = tmp_path / "a.db.lock"
    lock.mkdir()
    assert refused(tmp_path / "a.db").startswith(f"{lock} cannot be written")


def test_a_symbolic_link_does_not_avoid_the_lock(sqlite: Database, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(sqlite.path)
    with pytest.raises(WrongDatabase, match="in use by another process"):
        Database(f"sqlite:///{link}")


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_deleted_or_replaced_is_noticed(sqlite: Database, tmp_path: Path, replaced: bool) -> None:
    sqlite.path.rename(tmp_path / "moved.db")
    if replaced:
        (tmp_path / "moved.db").read_bytes()
        sqlite.path.write_bytes((tmp_path / "moved.db").read_bytes())
    with pytest.raises(Unavailable, match="deleted or replaced"), sqlite.read() as connection:
        connection.scalar(select(t.schema.c.version))
    with pytest.raises(Unavailable, match="deleted or replaced"), sqlite.write():
        pass
