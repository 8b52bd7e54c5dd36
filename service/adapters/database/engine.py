"""Connections and transactions: SQLite in one process, or PostgreSQL; the same statements for both.

pysqlite begins no transaction before a SELECT, so two transactions that read and then write lose updates.
Therefore every writing transaction starts with BEGIN IMMEDIATE.
"""

import fcntl
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError, TimeoutError
from sqlalchemy.pool import QueuePool

from service import clock
from service.adapters.database.group_commit import GroupCommit
from service.adapters.database.migrations.revision import REVISION, can_be_upgraded, read_revision
from service.adapters.database.sqlite_file import RIGHT_OR_OTHER, WrongDatabase, check_file, file_id
from service.issues import Unavailable
from service.work import WAIT_SECONDS, seconds_to_wait

BUSY_MILLISECONDS = int(WAIT_SECONDS * 1000)
# The rows of an index that SQLite reads for its statistics.
ANALYSED_ROWS = 400
# Connections of one process to PostgreSQL: more than it has threads.
CONNECTIONS = 16


class Database:
    """Reading and writing transactions. With SQLite one connection writes, and a lock file excludes other processes."""

    def __init__(self, url: str, read_only: bool = False) -> None:
        self.url = parse_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.read_only = read_only
        self.lock_file: IO[str] | None = None
        self.file_id: tuple[int, int] | None = None
        self.lock = threading.Lock()
        self.group_commit = GroupCommit(self.write)
        if self.is_sqlite:
            self.open_file()
        self.reader = self.make_engine(writes=False)
        self.writer = self.reader if not self.is_sqlite else self.make_engine(writes=True)

    @property
    def path(self) -> Path:
        """The SQLite file itself, also if the address names a symbolic link."""
        return Path(self.url.database or "").resolve()

    def open_file(self) -> None:
        """Locks the SQLite file. Raises WrongDatabase if another process has the lock, or there is no file to read."""
        if self.read_only:
            if not self.path.exists():
                raise WrongDatabase(f"There is no database at {self.path}. Start the service first: sural serve.")
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.lock_file = Path(f"{self.path}.lock").open("w")  # noqa: SIM115 open as long as the process runs
        except OSError as problem:
            text = f"{problem.filename or self.path.parent} cannot be written ({problem.strerror}). {RIGHT_OR_OTHER}"
            raise WrongDatabase(text) from None
        try:
            fcntl.flock(self.lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.lock_file.close()
            text = f"{self.path} is in use by another process. SQLite serves one process: stop the other one first."
            raise WrongDatabase(text) from None

    def make_engine(self, writes: bool) -> Engine:
        """An engine that writes or only reads; SQLite gets its pragmas and explicit transactions."""
        if not self.is_sqlite:
            return make_postgres_engine(self.url)
        engine = create_engine(
            self.url, poolclass=QueuePool, pool_size=1 if writes else 8, max_overflow=0 if writes else 8
        )
        event.listen(engine, "connect", configure_writer if writes else configure_reader)
        event.listen(engine, "begin", begin_immediate if writes else begin_deferred)
        return engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A reading transaction. Raises Unavailable if the database cannot be read now."""
        self.require_same_file()
        with as_unavailable(), self.reader.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A writing transaction. Raises Unavailable if the database cannot be written now."""
        with as_unavailable(), self.turn(), self.writer.begin() as connection:
            yield connection

    def write_together(self, act: Callable[[Connection], None]) -> None:
        """Writes in one transaction, with SQLite in that of other threads that wait: ``act`` may be called again."""
        if self.is_sqlite:
            self.group_commit.write(act)
        else:
            with self.write() as connection:
                act(connection)

    def now(self) -> datetime:
        """The time by the clock of the database, which all processes share; with SQLite, by that of the machine."""
        if self.is_sqlite:
            return clock.now()
        with self.read() as connection:
            read: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return read.astimezone(UTC)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The turn to write. Raises Unavailable if other threads keep it for too long, or the file was replaced."""
        if not self.is_sqlite:
            yield
            return
        if not self.lock.acquire(timeout=seconds_to_wait()):
            raise Unavailable("other requests keep the database")
        try:
            self.require_same_file()
            yield
        finally:
            self.lock.release()

    def require_same_file(self) -> None:
        """Raises Unavailable if the SQLite file that was opened is no longer at its path."""
        # Not `path`: to follow its links takes longer than the transaction around it begins.
        if self.file_id is not None and file_id(self.url.database or "") != self.file_id:
            raise Unavailable("the database file was deleted or replaced: stop the service, and restore the file")

    @property
    def location(self) -> str:
        """The file or address of the database, without a password."""
        return str(self.path) if self.is_sqlite else self.url.render_as_string(hide_password=True)

    def create_or_check(self) -> None:
        """Creates the tables of a SQLite file. For PostgreSQL `sural migrate` does that, so they are only checked."""
        if self.is_sqlite:
            self.create()
        else:
            self.check_version()

    def create(self) -> None:
        """Creates the tables if there are none, or upgrades them. Raises WrongDatabase if it does not know them."""
        if self.is_sqlite:
            check_file(self.path)
        with self.write() as connection:
            if read_revision(connection) != REVISION:
                upgrade_known(connection)
        self.optimize()
        self.check_version()
        if self.is_sqlite:
            self.file_id = file_id(self.url.database or "")

    def check_version(self) -> None:
        """Raises WrongDatabase unless the database has the tables of this version of the program."""
        try:
            with self.reader.begin() as connection:
                encoding = "UTF8" if self.is_sqlite else connection.exec_driver_sql("SHOW server_encoding").scalar()
                revision = read_revision(connection)
        except DBAPIError as problem:
            if isinstance(problem, OperationalError) and not self.is_sqlite:
                text = f"The database at {self.location} cannot be reached. Check SURAL_DATABASE and the server."
                raise WrongDatabase(text) from None
            raise WrongDatabase(f"The database at {self.location} cannot be read.") from None
        if encoding != "UTF8":
            raise WrongDatabase(f"The database has the encoding {encoding}. Create a database with the encoding UTF8.")
        require_newest(revision)

    def optimize(self) -> None:
        """Lets the database read its statistics anew where they are old. The plans do not depend on them.

        SQLite: https://www.sqlite.org/lang_analyze.html#recommended_usage_patterns. PostgreSQL does so by itself
        (autovacuum), except after `sural migrate`.
        """
        with self.write() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql(f"PRAGMA analysis_limit={ANALYSED_ROWS}")
                connection.exec_driver_sql("PRAGMA optimize=0x10002")
            else:
                connection.exec_driver_sql("ANALYZE")

    def close(self) -> None:
        """Closes the connections and releases the lock."""
        self.reader.dispose()
        self.writer.dispose()
        if self.lock_file is not None:
            self.lock_file.close()


def upgrade_known(connection: Connection) -> None:
    """Creates or upgrades the tables. Raises WrongDatabase if they are those of a newer program."""
    from service.adapters.database.migrations.upgrade import upgrade_tables

    require_known(read_revision(connection))
    upgrade_tables(connection)


def require_newest(revision: str | None) -> None:
    """Raises WrongDatabase unless the tables have the revision that this program needs."""
    if revision == REVISION:
        return
    require_known(revision)
    if revision is None:
        raise WrongDatabase("The database has no tables of this service. Run: sural migrate")
    raise WrongDatabase(f"The tables have version {revision}, and this program needs {REVISION}. Run: sural migrate")


def require_known(revision: str | None) -> None:
    """Raises WrongDatabase if the tables are those of a newer program."""
    if not can_be_upgraded(revision):
        text = f"The tables have version {revision}, which this program does not know: its newest is {REVISION}."
        raise WrongDatabase(f"{text} Install the version of the program that made them, or restore a backup.")


def parse_url(url: str) -> URL:
    """The address of a SQLite or PostgreSQL database. Raises WrongDatabase for any other text."""
    text = "SURAL_DATABASE must be an address that starts with sqlite:/// or postgresql://."
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise WrongDatabase(text) from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql", "postgres"):
        raise WrongDatabase(text)
    return parsed


def make_postgres_engine(url: URL) -> Engine:
    """An engine for PostgreSQL, with a pool of connections in UTF-8."""
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=BUSY_MILLISECONDS / 1000,
        connect_args={"client_encoding": "UTF8"},
    )
    event.listen(engine, "connect", configure_postgres)
    return engine


@contextmanager
def as_unavailable() -> Iterator[None]:
    """Raises Unavailable if the database is locked, full or gone, or all its connections are in use."""
    try:
        yield
    except IntegrityError:
        raise
    except TimeoutError as problem:
        raise Unavailable("all connections to the database are in use") from problem
    except DBAPIError as problem:
        raise Unavailable(f"the database cannot be used now ({type(problem.orig).__name__})") from problem


def configure_postgres(connection: Any, _: Any) -> None:
    """Sets commits to reach the disk before they are confirmed, and the same wait for a lock as with SQLite."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
        cursor.execute(f"SET lock_timeout = {BUSY_MILLISECONDS}")
    connection.commit()


def configure_writer(connection: Any, _: Any) -> None:
    """Sets the pragmas of the writing SQLite connection; SQLAlchemy begins its transactions."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MILLISECONDS}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def configure_reader(connection: Any, _: Any) -> None:
    """Sets the pragmas of a reading SQLite connection."""
    connection.isolation_level = None
    # Only the writer checkpoints: two connections doing so at once can corrupt the log before SQLite 3.51.3.
    for pragma in ("query_only=ON", f"busy_timeout={BUSY_MILLISECONDS}", "wal_autocheckpoint=0"):
        connection.execute(f"PRAGMA {pragma}")


def begin_immediate(connection: Connection) -> None:
    """Begins a transaction that takes the write lock at once, or waits for it as long as the request may."""
    set_busy_timeout(connection)
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def begin_deferred(connection: Connection) -> None:
    """Begins a reading transaction, which waits for the file as long as the request may."""
    set_busy_timeout(connection)
    connection.exec_driver_sql("BEGIN")


def set_busy_timeout(connection: Connection) -> None:
    """Sets how long the next statements wait for a lock of another process. Most have the same tenths of a second."""
    tenths = math.ceil(seconds_to_wait() * 10)
    if connection.info.get("busy_tenths") != tenths:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={tenths * 100}")
        connection.info["busy_tenths"] = tenths
