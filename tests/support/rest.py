"""A client of the FHIR interface, with the database behind it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.adapters.database.engine import Database
from service.adapters.database.outbox import DatabaseOutbox
from service.app import create_app
from service.fhir.r4.strict_json import encode, load
from service.fhir.r4.types import Resource
from service.settings import Settings
from service.wiring import Wiring
from tests.support.building import NOW, catalogue, context

FHIR_JSON = {"Content-Type": "application/fhir+json"}


@dataclass
class Clock:
    """A clock that only the test moves."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Rest:
    """A client of the FHIR interface, with the application, database and outbox behind it."""

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
        """Updates a response; ``version`` goes into If-Match."""
        path = f"/fhir/QuestionnaireResponse/{id or resource['id']}"
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        matching = {} if version is None else {"If-Match": f'W/"{version}"'}
        return self.client.put(path, data=encode(resource), headers={**FHIR_JSON, **matching, **named})

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(f"/fhir/{path}", headers={n.replace("_", "-"): text for n, text in headers.items()})

    def lease_now(self) -> tuple[datetime, datetime]:
        """A time at which every outbox entry is due, and the end of the lease, a day later."""
        return NOW + timedelta(days=3650), NOW + timedelta(days=3651)

    def found(self, path: str) -> list[Resource]:
        """The resources that a search matches."""
        bundle = content(self.get(path))
        return [entry["resource"] for entry in bundle.get("entry", []) if entry["search"]["mode"] == "match"]

    def one(self, path: str) -> Resource:
        (resource,) = self.found(path)
        return resource


def content(answer: TestResponse) -> Resource:
    """The resource in an HTTP response."""
    return load(answer.data)


def issues(answer: TestResponse) -> list[tuple[str, Any]]:
    """Code and expression of every issue of an OperationOutcome."""
    outcome = content(answer)
    assert outcome["resourceType"] == "OperationOutcome"
    return [(issue["code"], issue.get("expression", [None])[0]) for issue in outcome["issue"]]


def rest_on(database: Database, clock: Clock, names: str = "r-", **settings: Any) -> Rest:
    """A client of the application on this database, with this clock and these settings; ids are r-1, r-2, ..."""
    return rest_with(database, clock, Settings(base_url="http://sural.example/fhir", **settings), names)


def rest_with(database: Database, clock: Clock, settings: Settings, names: str = "r-") -> Rest:
    numbers = count(1)
    context_ = replace(
        context(),
        bases=(settings.base, *settings.fhir_server_aliases),
        requires_if_match=settings.if_match == "required",
    )
    wiring = Wiring(settings, catalogue(), context_)
    app = create_app(settings, database, wiring, clock, lambda: f"{names}{next(numbers)}")
    return Rest(app, database, DatabaseOutbox(database))
