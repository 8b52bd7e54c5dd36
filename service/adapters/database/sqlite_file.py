"""The SQLite file before it is opened: writable, whole, and a database of this service.

https://www.sqlite.org/fileformat.html
"""

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

from service.issues import CannotStart

HEADER = b"SQLite format 3\x00"
RIGHT_OR_OTHER = "Give the service that right, or set SURAL_DATABASE to another file."
RESTORE = "Restore it from a backup, or set SURAL_DATABASE to another file."


class WrongDatabase(CannotStart):
    """The database cannot be used. The text says why, and what to do."""


def file_id(path: str) -> tuple[int, int] | None:
    """Device and inode of the file at a path; None if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_open_to_others(path: Path) -> bool:
    """True if every user of the machine may read or write the file. Where there is no file, nobody may."""
    return path.exists() and bool(path.stat().st_mode & stat.S_IRWXO)


def check_file(path: Path) -> None:
    """Raises WrongDatabase if there is a file that this service cannot use. A missing or empty file is new."""
    if not path.exists() or path.stat().st_size == 0:
        return
    if not path.is_file() or not os.access(path, os.R_OK | os.W_OK):
        raise WrongDatabase(f"{path} cannot be read and written. {RIGHT_OR_OTHER}")
    with path.open("rb") as file:
        if file.read(len(HEADER)) != HEADER:
            raise WrongDatabase(f"{path} is no SQLite database. {RESTORE}")
    check_content(path)


def check_content(path: Path) -> None:
    """Raises WrongDatabase if the pages of the file are damaged, or its tables are those of another program."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.OperationalError as problem:
        # A file that another program keeps locked is whole: the first transaction waits for it.
        if problem.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return
        raise WrongDatabase(f"{path} cannot be read. {RESTORE}") from None
    except sqlite3.DatabaseError:
        raise WrongDatabase(f"{path} is damaged. {RESTORE}") from None
    if found != ("ok",):
        raise WrongDatabase(f"{path} is damaged. {RESTORE}")
    if tables and "schema_version" not in tables:
        raise WrongDatabase(f"{path} is the database of another program. {RESTORE}")
