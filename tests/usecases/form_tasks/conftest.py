"""The service of a site with a FHIR server that holds Tasks, and what takes them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.pulling.notices import DatabaseNotices
from service.adapters.database.store import DatabaseStore
from service.fhir.r4.types import Resource
from service.ports.fhir_server import ChangesPage, ServerResponse
from service.usecases.form_tasks.take import take_next
from service.usecases.form_tasks.task_taker import TaskTaker
from service.worker import Worker
from tests.support.other_systems.form_tasks import form_task, outputs
from tests.support.other_systems.portal_server import PortalServer
from tests.support.patient_form.form_pages import FormPatient
from tests.support.rest import Clock, Rest, rest_on
from tests.web.patient.conftest import ANSWERS

INTERVAL = timedelta(minutes=1)


@dataclass
class TaskHolder(PortalServer):
    """A FHIR server that holds Tasks. ``spoils`` is what happens to the answers of the next updates, one each."""

    spoils: list[Callable[[], ServerResponse | None]] = field(default_factory=list)
    updates: list[str] = field(default_factory=list)

    def ask(self, id: str = "1", *forms: str, **changes: Any) -> str:
        """Somebody writes a Task that asks for forms. Returns its address."""
        return self.write({**form_task(*forms, **changes), "id": id})

    def update(self, resource: Resource, if_match: str | None = None) -> ServerResponse:
        address = f"{resource['resourceType']}/{resource['id']}"
        self.updates.append(resource["status"])
        before = self.spoils.pop(0)() if self.spoils else None
        if before is not None:
            return before
        current = self.stored[address]["meta"]["versionId"]
        if if_match != f'W/"{current}"':
            return ServerResponse(412, "conflict")
        return super().update(resource)

    def search_asked(self) -> ChangesPage:
        self.asked.append("tasks")
        if self.fails is not None:
            return ChangesPage(failure=self.fails)
        found = [each for each in self.stored.values() if each.get("status") in ("requested", "ready")]
        return ChangesPage(found[: self.page], len(found) > self.page, "?next" if len(found) > self.page else None)

    def search_asked_page(self, path: str) -> ChangesPage:
        found = [each for each in self.stored.values() if each.get("status") in ("requested", "ready")]
        return ChangesPage(found[self.page :])


@dataclass
class Site:
    """The service of a site, and its FHIR server."""

    rest: Rest
    server: TaskHolder
    taker: TaskTaker

    def work(self, **later: float) -> None:
        """What the worker does at once, or after a time."""
        self.server.clock.forward(**later)
        for _ in range(9):
            if not take_next(self.taker):
                break
        take_next(self.taker)

    def deliver(self) -> None:
        worker = Worker(self.rest.outbox, self.server, self.server.clock)
        while worker.run_once():
            pass

    def task(self, address: str = "Task/1") -> Resource:
        return self.server.stored[address]

    def open(self, address: str = "Task/1") -> FormPatient:
        (link,) = outputs(self.task(address), "form-link")
        path = str(link).removeprefix("http://sural.example")
        patient = FormPatient(self.rest.app.test_client(), ANSWERS)
        patient.follow(patient.client.post(path), path)
        return patient

    def send(self, patient: FormPatient) -> None:
        patient.begin()
        patient.go_on()
        patient.send()
        assert patient.path == "/forms/sent"

    @property
    def links(self) -> list[Any]:
        with self.rest.database.read() as connection:
            return list(connection.execute(select(t.form_link)).all())


@pytest.fixture
def site(database: Database, clock: Clock) -> Site:
    rest, server = rest_on(database, clock, fhir_server="http://fhir.example/base"), TaskHolder(clock)
    store, context = DatabaseStore(database), rest.app.extensions["sural"].forms
    notices = DatabaseNotices(database)
    return Site(rest, server, TaskTaker(server, store, notices, context, "http://sural.example", INTERVAL, lambda: 1.0))
