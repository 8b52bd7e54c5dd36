"""What many tests want: a database in a folder of its own, a running application, quiet logs, copies to break."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from service.adapters import tables
from service.adapters.database import Database
from service.adapters.outbox import DatabaseOutbox
from service.app import Wiring, create_app
from service.fhir.encoding import encode
from service.fhir.reading import Resource, load
from service.logs import configure
from service.settings import Settings
from tests.building import NOW, SAMPLES, catalogue, desk
from tests.postgres import NoPostgres, cluster

FHIR_JSON = {"Content-Type": "application/fhir+json"}
ROOT = SAMPLES.parents[1]
Edit = Callable[[str, str, str], None]


@pytest.fixture(autouse=True)
def _quiet_logs() -> None:
    configure("critical")


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """A real SQLite file with its tables."""
    made = Database(f"sqlite:///{tmp_path / 'sural.db'}")
    made.create()
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL database with its tables, for all tests of a run."""
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
    """The PostgreSQL database, with empty tables."""
    made = Database(postgres_url)
    names = ", ".join(table.name for table in tables.metadata.sorted_tables if table is not tables.schema)
    with made.write() as connection:
        connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")
        connection.execute(update(tables.schema).values(version=tables.SCHEMA_VERSION))
    yield made
    made.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Database:
    """A database with its tables; each test that uses it is run on both kinds."""
    made: Database = request.getfixturevalue(request.param)
    return made


@dataclass
class Clock:
    """Time moved by hand."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass
class Rest:
    """The FHIR interface as a client sees it, and what lies behind it."""

    app: Flask
    database: Database
    outbox: DatabaseOutbox
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def post(self, resource: Resource | bytes, path: str = "QuestionnaireResponse", **headers: str) -> TestResponse:
        body = resource if isinstance(resource, bytes) else encode(resource)
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.client.post(f"/fhir/{path}", data=body, headers={**FHIR_JSON, **named})

    def put(
        self, resource: Resource, id: str | None = None, version: int | None = None, **headers: str
    ) -> TestResponse:
        """Updates a response; ``version`` is the one named in If-Match."""
        path = f"/fhir/QuestionnaireResponse/{id or resource['id']}"
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        matching = {} if version is None else {"If-Match": f'W/"{version}"'}
        return self.client.put(path, data=encode(resource), headers={**FHIR_JSON, **matching, **named})

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(f"/fhir/{path}", headers={n.replace("_", "-"): text for n, text in headers.items()})

    def lease_now(self) -> tuple[datetime, datetime]:
        """A moment far ahead, when everything in the outbox is due, and one after it."""
        return NOW + timedelta(days=3650), NOW + timedelta(days=3651)

    def found(self, path: str) -> list[Resource]:
        """The resources that a search finds."""
        bundle = content(self.get(path))
        return [entry["resource"] for entry in bundle.get("entry", []) if entry["search"]["mode"] == "match"]

    def one(self, path: str) -> Resource:
        (resource,) = self.found(path)
        return resource


def content(answer: TestResponse) -> Resource:
    """The resource in an answer."""
    return load(answer.data)


def issues(answer: TestResponse) -> list[tuple[str, Any]]:
    """Code and place of every issue of an OperationOutcome."""
    outcome = content(answer)
    assert outcome["resourceType"] == "OperationOutcome"
    return [(issue["code"], issue.get("expression", [None])[0]) for issue in outcome["issue"]]


@pytest.fixture
def rest(database: Database, clock: Clock) -> Rest:
    return rest_on(database, clock)


def rest_on(database: Database, clock: Clock) -> Rest:
    """The application on a database of its own, with a clock and ids that tests can foresee."""
    numbers = count(1)
    settings = Settings(base_url="http://sural.example/fhir")
    wiring = Wiring(settings, catalogue(), replace(desk(), bases=(settings.base,)))
    app = create_app(settings, database, wiring, clock, lambda: f"r-{next(numbers)}")
    return Rest(app, database, DatabaseOutbox(database))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copies of questionnaires/ and mappings/ to break."""
    for name in ("questionnaires", "mappings"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def edit(copy: Path) -> Edit:
    """Replaces a text in a copied file, which must hold it."""

    def replace(file: str, old: str, new: str) -> None:
        path = copy / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return replace
