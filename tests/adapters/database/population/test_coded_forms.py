"""The store of revision 0018, in which each coded answer named its form, and what the upgrade makes of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.operations.checking import read_back
from service.adapters.database.population.coded_store import DatabaseCodedAnswers
from service.usecases.responses.submit import digest_of
from tests.support.database.old_databases import KINDS, filled_database
from tests.support.rest import Clock, rest_on

COLUMNS = "a.response, {0}.form, a.edition, q.questions, a.answers, a.numbers, a.is_test"
BEFORE = f"SELECT {COLUMNS.format('a')} FROM coded_answers a JOIN coded_questions q ON q.digest = a.questions"
AFTER = f"SELECT {COLUMNS.format('q')} FROM coded_answers a JOIN coded_questions q ON q.number = a.questions"


@pytest.fixture(params=KINDS)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with filled_database(request, tmp_path, 18) as database:
        yield database


def coded(database: Database, statement: str) -> list[tuple[object, ...]]:
    with database.read() as connection:
        return sorted(tuple(row) for row in connection.execute(text(statement)))


def test_the_coded_answers_are_the_same_after_the_upgrade(old: Database) -> None:
    before = coded(old, BEFORE)
    assert len({row[1] for row in before}) == 3
    old.create()
    assert coded(old, AFTER) == before
    with old.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), t.metadata) == []
    # The test that is among them is not exported.
    exported = [(each.response, each.form, each.edition) for each in DatabaseCodedAnswers(old).read_coded()]
    assert sorted(exported) == [row[:3] for row in before if not row[-1]]


def test_the_next_response_of_a_form_has_its_number(old: Database, clock: Clock) -> None:
    old.create()
    rest = rest_on(old, clock)
    (stored,) = [each for each in rest.found("QuestionnaireResponse?subject=Patient/p-1") if "phq-9" in str(each)]
    version = int(stored["meta"]["versionId"])
    assert rest.put({**stored, "status": "amended"}, version=version).status_code == 200
    with old.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM coded_questions")) == 3


def test_everything_can_be_read(old: Database) -> None:
    old.create()
    found = list(read_back(old, digest_of))
    assert found
    assert [each for each in found if each.fault is not None] == []
