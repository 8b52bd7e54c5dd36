"""What is sent together fails as one statement does, and leaves nothing behind."""

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.submissions.sent_together import sent_together
from service.issues import Unavailable

INSERT = insert(t.patient).inline()


def count(database: Database) -> int:
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(t.patient)) or 0


def insert_patients(connection: Connection, *names: str) -> None:
    with sent_together(connection):
        for name in names:
            connection.execute(INSERT, {"reference": name, "revision": 1})


def test_all_is_written(database: Database) -> None:
    with database.write() as connection:
        insert_patients(connection, "Patient/a", "Patient/b")
        assert connection.scalar(select(func.count()).select_from(t.patient)) == 2
    assert count(database) == 2


def test_a_row_that_exists_is_a_conflict_and_nothing_is_written(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as connection:
        insert_patients(connection, "Patient/a", "Patient/b", "Patient/a", "Patient/c")
    assert count(database) == 0
    with database.write() as connection:
        insert_patients(connection, "Patient/a")
    assert count(database) == 1


def insert_after_the_end(database: Database) -> None:
    """Inserts with a connection that the server has ended meanwhile."""
    with database.write() as connection:
        own = connection.scalar(select(func.pg_backend_pid()))
        with database.write() as other:
            other.scalar(select(func.pg_terminate_backend(own)))
        insert_patients(connection, "Patient/a", "Patient/b")


@pytest.mark.postgres
def test_a_connection_that_ends_is_told_as_with_one_statement(postgres: Database) -> None:
    with pytest.raises(Unavailable):
        insert_after_the_end(postgres)
    with postgres.write() as connection:
        insert_patients(connection, "Patient/c")
    assert count(postgres) == 1


@pytest.mark.postgres
def test_a_value_that_the_database_refuses_is_no_conflict(postgres: Database) -> None:
    with pytest.raises(Unavailable), postgres.write() as connection, sent_together(connection):
        connection.execute(INSERT, {"reference": "Patient/a", "revision": 2**40})
