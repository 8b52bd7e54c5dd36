"""Tasks on the FHIR server that ask for forms: accepted there with a link, and told what becomes of it.

http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-task
"""

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
from service.usecases.form_tasks.take import TaskTaker, take_next
from service.worker import Worker
from tests.support.other_systems.form_tasks import form_task, outputs, sdc
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


class TestAccepting:
    def test_a_task_is_accepted_with_the_address_of_its_forms(self, site: Site) -> None:
        site.server.ask()
        site.work()
        task = site.task()
        assert (task["status"], task["meta"]["versionId"]) == ("accepted", "2")
        assert site.open().path == "/forms/start"
        assert site.links[0].task == "http://fhir.example/base/Task/1"
        site.work(minutes=2)
        assert site.task() == {**task, "status": "in-progress"} | {
            name: site.task()[name] for name in ("meta", "lastModified")
        }

    def test_it_is_accepted_once(self, site: Site) -> None:
        site.server.ask()
        for _ in range(3):
            site.work(minutes=2)
        assert site.server.updates == ["accepted"]
        assert len(site.links) == 1

    def test_every_page_of_tasks_is_read(self, site: Site) -> None:
        site.server.page = 1
        site.server.ask("1")
        site.server.ask("2", "phq-9")
        site.work()
        assert [site.task(f"Task/{id}")["status"] for id in "12"] == ["accepted", "accepted"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"input": [{"type": sdc("questionnaire"), "valueCanonical": "http://other.example/Questionnaire/x"}]},
            {"code": sdc("fulfill")},
            {"code": {"text": "call"}},
            {"status": "draft"},
        ],
        ids=["another form", "another code", "no code", "a draft"],
    )
    def test_what_is_for_somebody_else_is_left_alone(self, site: Site, changes: dict[str, Any]) -> None:
        site.server.ask(**changes)
        site.work()
        assert site.server.updates == []
        assert site.links == []

    def test_a_task_of_ours_with_faults_is_rejected_with_each_of_them(self, site: Site) -> None:
        site.server.ask("1", "gad-7", "none", requester=None, **{"for": None})
        site.work()
        task = site.task()
        assert task["status"] == "rejected"
        reason = task["statusReason"]["text"]
        assert all(place in reason for place in ("Task.for", "Task.requester", "Task.input[1]"))
        assert site.links == []

    def test_what_is_no_task_is_left_alone(self, site: Site) -> None:
        site.server.ask("1", code={"coding": [{"system": sdc("x")["coding"][0]["system"], "code": ["a"]}]})
        site.server.ask("2", input=[None])
        site.work()
        assert site.server.updates == []

    def test_a_task_that_was_changed_meanwhile_is_read_again(self, site: Site) -> None:
        """The version on the server is another one than the one that was found."""
        site.server.ask()

        def somebody_writes() -> None:
            site.server.write({**site.task(), "priority": "urgent"})

        site.server.spoils.append(somebody_writes)
        site.work()
        assert site.task()["status"] == "requested"
        site.work(minutes=2)
        assert (site.task()["status"], site.task()["priority"]) == ("accepted", "urgent")
        assert len(site.links) == 1
        assert site.open().path == "/forms/start"

    def test_a_lost_answer_costs_neither_the_link_nor_the_task(self, site: Site) -> None:
        site.server.ask()

        def written_and_lost() -> ServerResponse:
            super(TaskHolder, site.server).update(site_update[0])
            return ServerResponse(None, "no answer")

        site_update: list[Resource] = []
        real = site.server.update

        def noting(resource: Resource, if_match: str | None = None) -> ServerResponse:
            site_update.append(resource)
            return real(resource, if_match)

        site.server.update = noting  # type: ignore[method-assign]
        site.server.spoils.append(written_and_lost)
        site.work()
        site.work(minutes=2)
        assert site.server.updates == ["accepted"]
        assert site.open().path == "/forms/start"
        site.work(minutes=2)
        assert site.task()["status"] == "in-progress"

    def test_a_request_that_never_arrived_is_made_again_with_another_link(self, site: Site) -> None:
        site.server.ask()
        site.server.spoils.append(lambda: ServerResponse(None, "no answer"))
        site.work()
        first = site.links[0].id
        site.work(minutes=2)
        assert site.server.updates == ["accepted", "accepted"]
        assert [link.id != first for link in site.links] == [True]
        assert site.open().path == "/forms/start"


class TestStates:
    def test_the_task_is_completed_once_its_responses_are_on_the_server(self, site: Site) -> None:
        site.server.ask("1", "gad-7", "phq-9")
        site.work()
        patient = site.open()
        site.work(minutes=2)
        assert site.task()["status"] == "in-progress"
        site.send(patient)
        site.work()
        assert site.task()["status"] == "in-progress"
        site.deliver()
        site.work(seconds=3)
        task = site.task()
        assert task["status"] == "completed"
        responses = outputs(task, "questionnaire-response")
        assert {site.server.stored[each]["status"] for each in responses} == {"completed"}
        assert len(responses) == 2
        assert outputs(task, "form-link") == []
        site.work(minutes=2)
        assert site.server.updates == ["accepted", "in-progress", "completed"]

    def test_it_fails_when_the_link_expires(self, site: Site) -> None:
        site.server.ask()
        site.work()
        site.work(hours=73)
        assert site.task()["status"] == "failed"
        assert outputs(site.task(), "form-link") == []

    @pytest.mark.parametrize("status", ["cancelled", "entered-in-error", "completed"])
    def test_whoever_ends_the_task_ends_the_link(self, site: Site, status: str) -> None:
        site.server.ask()
        site.work()
        patient = site.open()
        site.server.write({**site.task(), "status": status})
        site.work(minutes=2)
        patient.get("/forms/start")
        assert patient.status == 403
        assert site.task()["status"] == status

    def test_a_task_that_was_deleted_ends_the_link(self, site: Site) -> None:
        site.server.ask()
        site.work()
        patient = site.open()
        del site.server.stored["Task/1"]
        site.work(minutes=2)
        patient.get("/forms/start")
        assert patient.status == 403

    def test_what_others_write_into_the_task_stays(self, site: Site) -> None:
        site.server.ask()
        site.work()
        patient = site.open()
        site.server.write({**site.task(), "note": [{"text": "called the patient"}]})
        site.send(patient)
        site.deliver()
        site.work(seconds=3)
        assert (site.task()["status"], len(site.task()["note"])) == ("completed", 1)

    def test_a_server_that_is_away_is_asked_again(self, site: Site, logged: Any) -> None:
        site.server.ask()
        site.work()
        patient = site.open()
        site.server.fails = ServerResponse(None, "no answer")
        for _ in range(14):
            site.work(hours=1, minutes=1)
        assert len(logged.of("form_task_not_told")) == 1
        site.server.fails = None
        site.work(hours=1, minutes=1)
        assert site.task()["status"] == "in-progress"
        assert patient.status == 200

    def test_no_token_and_no_patient_is_in_the_log(self, site: Site, logged: Any) -> None:
        site.server.ask()
        site.work()
        (link,) = outputs(site.task(), "form-link")
        site.send(site.open())
        text = logged.stream.getvalue()
        assert "form_task_accepted" in text
        assert str(link).rpartition("/")[2] not in text
        assert "Patient/p1" not in text
