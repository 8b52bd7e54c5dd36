"""Fixtures: quiet logs, a database, a client of the application, copies of questionnaires/ and mappings/."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from service.adapters.database import tables
from service.adapters.database.engine import Database
from service.adapters.database.migrations.revision import REVISION, alembic_version
from service.logs import configure
from tests.support.database.postgres import NoPostgres, cluster
from tests.support.files import ROOT, Edit
from tests.support.logging import Log
from tests.support.rest import Clock, Rest, rest_on


@pytest.fixture(autouse=True)
def _quiet_logs() -> None:
    configure("critical")


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Log:
    """The lines of the log, at the level "info"."""
    log = Log()
    monkeypatch.setattr("sys.stderr", log.stream)
    configure("info")
    return log


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with its tables, to copy: making them takes a tenth of a second."""
    path = tmp_path_factory.mktemp("sqlite") / "sural.db"
    made = Database(f"sqlite:///{path}")
    made.create()
    made.close()
    return path


@pytest.fixture
def sqlite(tmp_path: Path, sqlite_file: Path) -> Iterator[Database]:
    """A real SQLite file with its tables."""
    shutil.copy(sqlite_file, tmp_path / "sural.db")
    made = Database(f"sqlite:///{tmp_path / 'sural.db'}")
    made.create()
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The url of a PostgreSQL database with its tables, for all tests of a run."""
    try:
        with cluster() as url:
            made = Database(url)
            made.create()
            made.close()
            yield url
    except NoPostgres as problem:
        pytest.fail(str(problem))


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    """The PostgreSQL database with empty tables."""
    made = Database(postgres_url)
    names = ", ".join(table.name for table in tables.metadata.sorted_tables if table is not tables.schema)
    with made.write() as connection:
        connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")
        connection.execute(update(alembic_version).values(version_num=REVISION))
    yield made
    made.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Database:
    """A database with its tables; each test that uses it runs on SQLite and on PostgreSQL."""
    made: Database = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rest(database: Database, clock: Clock) -> Rest:
    return rest_on(database, clock)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with copies of questionnaires/ and mappings/ that a test may change."""
    for name in ("questionnaires", "mappings"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def edit(copy: Path) -> Edit:
    """A function that replaces a text in a copied file, which must contain the text."""

    def replace(file: str, old: str, new: str) -> None:
        path = copy / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return replace
