"""The tables from nothing and from each version before, with what was stored and what was to be delivered."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select, text, update

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.keeping.bodies import body_of, select_resources
from service.adapters.database.migrations.revision import BEFORE_ALEMBIC, REVISION, alembic_version, read_revision
from service.adapters.database.migrations.upgrade import revisions
from service.adapters.database.migrations.versions import r0005_form_visits
from service.adapters.database.searching.search_rows import search_content
from service.adapters.database.sqlite_file import WrongDatabase
from service.adapters.database.tasks.board import DatabaseTasks
from service.adapters.fhir_server.client import HttpFhirServer
from service.ports.tasks import EscalationPolicy
from service.worker import Worker
from tests.support.database.old_databases import KINDS, fill_sqlite, filled_postgres, postgres_database
from tests.support.other_systems.misbehaving import misbehaving
from tests.support.rest import Clock, content, rest_on
from tests.support.running.serving import COMMAND, environment

STORED = [1, 2, 3, 4]


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'sural.db'}"
        return
    with postgres_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=STORED)
def old(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database of an earlier version, with a full outbox."""
    if kind == "sqlite":
        yield fill_sqlite(tmp_path / "sural.db", request.param)
        return
    with filled_postgres(request.getfixturevalue("postgres_url"), request.param) as url:
        yield url


def differences(connection: Connection) -> object:
    """What the tables lack, or have too much, of those in tables.py."""
    return compare_metadata(MigrationContext.configure(connection), t.metadata)


def test_the_tables_from_nothing_are_those_of_the_program(empty: str) -> None:
    with closing(Database(empty)) as database:
        database.create()
        with database.read() as connection:
            assert differences(connection) == []
            assert read_revision(connection) == REVISION


def test_the_newest_revision_is_the_one_that_the_program_needs() -> None:
    assert revisions()[0] == REVISION


def test_creating_again_changes_nothing(database: Database) -> None:
    database.create()
    with database.read() as connection:
        assert differences(connection) == []


def test_the_tables_of_each_version_become_those_of_the_program(old: str) -> None:
    with closing(Database(old)) as database:
        database.create()
        with database.read() as connection:
            assert differences(connection) == []


def rows(database: Database) -> dict[str, int]:
    """How many rows each table has that holds what was sent, or what is to be delivered."""
    names = ("patient", "act", "response", "received", "identity", "resource", "outbox")
    with database.read() as connection:
        return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}


def test_nothing_stored_is_lost(old: str, clock: Clock) -> None:
    with closing(Database(old)) as database:
        before = rows(database)
        database.create()
        assert rows(database) == before
        assert before["response"] == 2
        rest = rest_on(database, clock)
        assert len(rest.found("QuestionnaireResponse")) == 2
        assert len(rest.found("ClinicalImpression?subject=Patient/p-1")) == 1
        assert len(rest.found("Observation?code=http://loinc.org|44261-6")) == 1


def test_the_tasks_that_are_stored_are_watched(old: str, clock: Clock) -> None:
    """They count as open, and the time to their escalation begins with the upgrade."""
    with closing(Database(old)) as database:
        database.create()
        board, policy = DatabaseTasks(database), EscalationPolicy()
        tasks = [task["id"] for task in rest_on(database, clock).found("Task")]
        assert board.read_late(database.now(), policy, 9) == []
        late = board.read_late(database.now() + timedelta(hours=5), policy, 9)
    assert tasks
    assert sorted(task.id for task in late) == sorted(tasks)


def test_the_search_index_is_what_the_program_would_write(old: str) -> None:
    """Amending what the old program stored writes the index again, so a second upgrade of it changes nothing."""
    with closing(Database(old)) as database:
        database.create()
        with database.read() as connection:
            rows = connection.execute(select_resources().order_by(t.resource.c.act, t.resource.c.version)).all()
            patients = {row.number: row.reference for row in connection.execute(select(t.patient))}
            sets = connection.execute(select(t.token)).all()
            entries = connection.execute(select(t.search.c.id, t.search.c.parameter, t.search.c.value)).all()
    places = {act: {f"{r.type}/{r.id}": r.position for r in rows if r.act == act} for act in {r.act for r in rows}}
    expected = [(row, search_content(json.loads(body_of(row)), places[row.act])) for row in rows]
    for row, found in expected:
        tokens = {(each.parameter, each.system, each.value) for each in sets if each.set == row.tokens}
        # Only a current version is found by its patient and its tokens.
        named = (found.patient, found.tokens) if row.current else (None, set())
        assert (patients.get(row.patient), tokens, row.within) == (*named, found.within)
        assert row.ends == found.ends
        assert row.effective == (found.effective or row.stored)
    current = [each for row, found in expected if row.current for each in found.rows]
    assert sorted(map(tuple, entries)) == sorted((each["id"], each["parameter"], each["value"]) for each in current)


def test_each_waiting_entry_is_delivered(old: str, clock: Clock) -> None:
    with closing(Database(old)) as database, misbehaving() as server:
        database.create()
        rest = rest_on(database, clock)
        worker = Worker(rest.outbox, HttpFhirServer(server.base), lambda: clock.now, read_back=0)
        while worker.run_once():
            pass
        with database.read() as connection:
            assert set(connection.scalars(select(t.outbox.c.state))) == {"delivered"}
            addresses = {f"{type}/{id}" for type, id in connection.execute(select(t.resource.c.type, t.resource.c.id))}
        assert set(server.stored) == addresses


def test_what_was_stored_can_be_amended(old: str, clock: Clock) -> None:
    with closing(Database(old)) as database:
        database.create()
        rest = rest_on(database, clock)
        stored = rest.one("QuestionnaireResponse?subject=Patient/p-1")
        version = int(stored["meta"]["versionId"])
        amended = rest.put({**stored, "status": "amended"}, version=version)
        assert (amended.status_code, content(amended)["meta"]["versionId"]) == (200, str(version + 1))


def test_what_a_submission_brought_and_which_impression_was_before_it(old: str) -> None:
    with closing(Database(old)) as database:
        database.create()
        with database.read() as connection:
            found = connection.execute(select(t.act.c.lead, t.act.c.brings, t.act.c.previous)).all()
    assert all(json.loads(brings) == [lead] for lead, brings, _ in found)
    assert [previous for *_, previous in found] == [None, None]


def test_the_previous_impression_is_read_from_the_impression(tmp_path: Path) -> None:
    url = fill_sqlite(tmp_path / "sural.db", 1)
    with closing(Database(url)) as database:
        with database.write() as connection:
            query = "SELECT body FROM resource WHERE type = 'ClinicalImpression' ORDER BY act"
            impression, _ = (json.loads(body) for body in connection.scalars(text(query)))
            impression["previous"] = {"reference": "ClinicalImpression/i-0"}
            named = {"body": json.dumps(impression), "id": impression["id"]}
            connection.execute(text("UPDATE resource SET body = :body WHERE id = :id"), named)
        database.create()
        with database.read() as connection:
            assert connection.scalars(select(t.act.c.previous).order_by(t.act.c.sequence)).all() == ["i-0", None]


def test_a_version_number_that_was_given_to_several_sets_of_columns(kind: str, tmp_path: Path) -> None:
    """Version 3 had its columns in three steps: here it has none of them yet."""
    if kind == "postgres":
        pytest.skip("the columns are found in the same way")
    url = fill_sqlite(tmp_path / "sural.db", 2)
    with closing(Database(url)) as database:
        with database.write() as connection:
            connection.execute(update(t.schema).values(version=3))
        database.create()
        with database.read() as connection:
            assert differences(connection) == []


@pytest.mark.parametrize("old", [4], indirect=True)
def test_version_5_has_the_tables_of_the_form_already(old: str) -> None:
    with closing(Database(old)) as database:
        with database.write() as connection:
            r0005_form_visits.metadata.create_all(connection)
            connection.execute(update(t.schema).values(version=5))
        database.create()
        with database.read() as connection:
            assert differences(connection) == []
            assert read_revision(connection) == REVISION


def test_programs_before_alembic_refuse_these_tables(database: Database) -> None:
    with database.read() as connection:
        assert str(connection.scalar(select(t.schema.c.version))) not in BEFORE_ALEMBIC


def test_tables_of_a_newer_program_are_left_alone(database: Database) -> None:
    with database.write() as connection:
        connection.execute(update(alembic_version).values(version_num="9999"))
    with pytest.raises(WrongDatabase, match=r"9999, which this program does not know.*Install"):
        database.create()
    with database.read() as connection:
        assert connection.scalar(select(alembic_version.c.version_num)) == "9999"


def test_a_failure_on_the_way_leaves_the_tables_as_they_were(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: Connection) -> None:
        raise RuntimeError("on the way")

    with closing(Database(old)) as database:
        with database.read() as connection:
            before, names = read_revision(connection), connection.dialect.get_table_names(connection)
        monkeypatch.setattr("service.adapters.database.migrations.before_alembic.keep_older_programs_out", fail)
        with pytest.raises(RuntimeError, match="on the way"):
            database.create()
        with database.read() as connection:
            assert (read_revision(connection), connection.dialect.get_table_names(connection)) == (before, names)


@pytest.mark.parametrize("old", [1], indirect=True)
def test_two_migrations_at_once_are_safe(old: str, tmp_path: Path) -> None:
    env = environment(tmp_path, SURAL_DATABASE=old)
    started = [
        subprocess.Popen([*COMMAND, "migrate"], cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate()[1] for process in started]
    codes = sorted(process.returncode for process in started)
    assert codes[0] == 0, said
    # The second process finds the SQLite file locked, unless the first has ended; in PostgreSQL it waits.
    assert codes == [0, 0] or (old.startswith("sqlite") and any("in use by another process" in text for text in said))
    with closing(Database(old)) as database, database.read() as connection:
        assert differences(connection) == []


def test_starting_the_service_loads_no_migration_code() -> None:
    code = "import sys, service.app, service.cli.serving.serve; assert 'alembic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
