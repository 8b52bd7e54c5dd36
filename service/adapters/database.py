"""The database: SQLite in one process, or PostgreSQL; the same statements for both.

pysqlite does not begin a transaction before a SELECT, so that two read-then-write transactions lose
updates; here every writing transaction starts with BEGIN IMMEDIATE.
"""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError, TimeoutError
from sqlalchemy.pool import QueuePool

from service.adapters import tables
from service.screening.faults import Unavailable

BUSY_MILLISECONDS = 5_000
# Of one process to PostgreSQL; more than it has threads.
CONNECTIONS = 16


class WrongDatabase(Exception):
    """The database cannot be used; the text says why and what to do."""


class Database:
    """Reading and writing transactions. With SQLite one connection writes, and a lock file keeps others out."""

    def __init__(self, url: str, read_only: bool = False) -> None:
        self.url = read_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.read_only = read_only
        self.lock_file: IO[str] | None = None
        self.lock = threading.Lock()
        if self.is_sqlite:
            self.prepare_file()
        self.reader = self.engine(writes=False)
        self.writer = self.reader if not self.is_sqlite else self.engine(writes=True)

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return Path(self.url.database or "")

    def prepare_file(self) -> None:
        """Takes the lock of a writing process, or makes sure that there is something to read."""
        if self.read_only:
            if not self.path.exists():
                raise WrongDatabase(f"There is no database at {self.path}. Start the service first: sural serve.")
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.lock_file = Path(f"{self.path}.lock").open("w")  # noqa: SIM115 held as long as the process lives
        try:
            fcntl.flock(self.lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.lock_file.close()
            text = f"{self.path} is in use by another process. SQLite serves one process: stop that one first."
            raise WrongDatabase(text) from None

    def engine(self, writes: bool) -> Engine:
        """An engine; SQLite gets its pragmas and explicit transactions."""
        if not self.is_sqlite:
            engine = create_engine(
                self.url.set(drivername="postgresql+psycopg"),
                pool_pre_ping=True,
                pool_size=CONNECTIONS,
                max_overflow=0,
                pool_timeout=BUSY_MILLISECONDS / 1000,
                connect_args={"client_encoding": "UTF8"},
            )
            event.listen(engine, "connect", configure_postgres)
            return engine
        engine = create_engine(
            self.url, poolclass=QueuePool, pool_size=1 if writes else 8, max_overflow=0 if writes else 8
        )
        event.listen(engine, "connect", configure_writer if writes else configure_reader)
        event.listen(engine, "begin", begin_immediate if writes else begin_deferred)
        return engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that reads. Raises Unavailable when the database cannot be read now."""
        with unavailable(), self.reader.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that reads and writes. Raises Unavailable when the database cannot be written now."""
        with unavailable(), self.lock if self.is_sqlite else nullcontext(), self.writer.begin() as connection:
            yield connection

    @property
    def place(self) -> str:
        """Where the data are, for people; without a password."""
        return str(self.path) if self.is_sqlite else self.url.render_as_string(hide_password=True)

    def create_or_check(self) -> None:
        """Sets up a SQLite file; for PostgreSQL that is a step of its own, and only checked here."""
        if self.is_sqlite:
            self.create()
        else:
            self.check_version()

    def create(self) -> None:
        """Creates the tables where there are none; raises WrongDatabase for those of another version."""
        with self.write() as connection:
            tables.metadata.create_all(connection)
            found = connection.scalar(select(tables.schema.c.version))
            if found is None:
                connection.execute(insert(tables.schema).values(version=tables.SCHEMA_VERSION))
        self.check_version()

    def check_version(self) -> None:
        """Raises WrongDatabase unless the tables are there, of the version that this program knows."""
        try:
            with self.reader.begin() as connection:
                encoding = "UTF8" if self.is_sqlite else connection.exec_driver_sql("SHOW server_encoding").scalar()
                found = connection.scalar(select(tables.schema.c.version))
        except DBAPIError as problem:
            if isinstance(problem, OperationalError) and not self.is_sqlite:
                raise WrongDatabase(f"The database at {self.place} cannot be reached.") from None
            raise WrongDatabase("The database has no tables of this service. Run: sural migrate") from None
        if encoding != "UTF8":
            raise WrongDatabase(f"The database holds text as {encoding}. Create one that holds it as UTF8.")
        if found != tables.SCHEMA_VERSION:
            text = f"The database is of version {found}, this program of version {tables.SCHEMA_VERSION}."
            raise WrongDatabase(text)

    def close(self) -> None:
        """Gives back connections and the lock."""
        self.reader.dispose()
        self.writer.dispose()
        if self.lock_file is not None:
            self.lock_file.close()


def read_url(url: str) -> URL:
    """The address of a database of a kind that is known here."""
    try:
        read = make_url(url)
    except (ArgumentError, ValueError):
        raise WrongDatabase("SURAL_DATABASE is not the address of a database.") from None
    if read.get_backend_name() not in ("sqlite", "postgresql", "postgres"):
        raise WrongDatabase("SURAL_DATABASE must start with sqlite:/// or postgresql://.")
    return read


@contextmanager
def unavailable() -> Iterator[None]:
    """Turns what the database cannot do now (locked, full, gone, all connections in use) into Unavailable."""
    try:
        yield
    except IntegrityError:
        raise
    except TimeoutError as problem:
        raise Unavailable("all connections to the database are in use") from problem
    except DBAPIError as problem:
        raise Unavailable(f"the database cannot be used now ({type(problem.orig).__name__})") from problem


def configure_postgres(connection: Any, _: Any) -> None:
    """What was acknowledged is on disk, whatever the server's default; waiting for a row ends as in SQLite."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
        cursor.execute(f"SET lock_timeout = {BUSY_MILLISECONDS}")
    connection.commit()


def configure_writer(connection: Any, _: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MILLISECONDS}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def configure_reader(connection: Any, _: Any) -> None:
    connection.isolation_level = None
    # Only the writer checkpoints: two connections doing so at once can corrupt the log before SQLite 3.51.3.
    for pragma in ("query_only=ON", f"busy_timeout={BUSY_MILLISECONDS}", "wal_autocheckpoint=0"):
        connection.execute(f"PRAGMA {pragma}")


def begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
