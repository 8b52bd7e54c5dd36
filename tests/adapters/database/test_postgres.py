"""PostgreSQL only: its settings, its plain refusals, and that waiting for a row lock ends."""

from collections.abc import Iterator

import pytest
from sqlalchemy import insert, update
from sqlalchemy.engine import make_url

from service.adapters.database import engine as module
from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.sqlite_file import WrongDatabase
from service.issues import Unavailable

pytestmark = pytest.mark.postgres


@pytest.fixture
def sibling(postgres: Database, postgres_url: str) -> Iterator[Database]:
    """A second connection pool on the same database, as of another process."""
    made = Database(postgres_url)
    yield made
    made.close()


def beside(url: str, name: str) -> str:
    """The address of another database of the same server."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def create(postgres: Database, statement: str) -> None:
    with postgres.reader.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(statement)


def test_what_is_acknowledged_is_on_disk_whatever_the_default_of_the_server(postgres: Database) -> None:
    create(postgres, "ALTER DATABASE postgres SET synchronous_commit = off")
    try:
        fresh = Database(postgres.url.render_as_string(hide_password=False))
        with fresh.write() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        fresh.close()
    finally:
        create(postgres, "ALTER DATABASE postgres RESET synchronous_commit")


def test_who_waits_for_a_row_is_told_to_come_back(
    postgres_url: str, postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_MILLISECONDS", 50)
    hasty = Database(postgres_url)
    with postgres.write() as connection:
        connection.execute(insert(t.patient).values(reference="Patient/p", revision=1))
    raised = update(t.patient).values(revision=2)
    with postgres.write() as held:
        held.execute(raised)
        with pytest.raises(Unavailable), hasty.write() as waiting:
            waiting.execute(raised)
    hasty.close()


def test_a_database_without_tables_says_what_to_run(postgres: Database, postgres_url: str) -> None:
    create(postgres, "CREATE DATABASE bare")
    bare = Database(beside(postgres_url, "bare"))
    with pytest.raises(WrongDatabase, match="sural migrate"):
        bare.create_or_check()
    bare.create()
    bare.create_or_check()
    bare.close()
    create(postgres, "DROP DATABASE bare")


def test_a_server_that_is_not_there_is_not_taken_for_one_without_tables(postgres_url: str) -> None:
    with pytest.raises(WrongDatabase, match="cannot be reached"):
        Database(beside(postgres_url, "nope")).check_version()


def test_a_database_that_cannot_hold_every_text_is_refused(postgres: Database, postgres_url: str) -> None:
    create(postgres, "CREATE DATABASE narrow ENCODING 'SQL_ASCII' TEMPLATE template0")
    narrow = Database(beside(postgres_url, "narrow"))
    with pytest.raises(WrongDatabase, match="UTF8"):
        narrow.create()
    narrow.close()
    create(postgres, "DROP DATABASE narrow")


def test_when_all_connections_are_in_use_it_is_unavailable_and_not_a_failure(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_MILLISECONDS", 50)
    monkeypatch.setattr(module, "CONNECTIONS", 1)
    small = Database(postgres_url)
    with small.read(), pytest.raises(Unavailable, match="in use"), small.write():
        pass
    small.close()


def test_two_processes_see_what_the_other_committed(postgres: Database, sibling: Database) -> None:
    with postgres.write() as connection:
        connection.execute(insert(t.patient).values(reference="Patient/p", revision=1))
    with sibling.read() as connection:
        assert connection.exec_driver_sql("SELECT revision FROM patient").scalar() == 1
