"""What is stored of one patient cannot be read: who needs it is told so, nothing is half written, others are served."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, update

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.refusals import DatabaseRefusals
from service.adapters.database.tasks.form_task_table import form_task as form_task_table
from service.fhir.r4.types import Resource
from service.issues import UnreadableStore
from service.ports.fhir_server import ServerResponse
from service.unreadable import unreadable_parts
from service.usecases.delivery.deliver import deliver_next
from service.usecases.pulling.fetch import fetch_noticed
from service.worker import run_step
from tests.support.building import with_total
from tests.support.database.damage import break_frames
from tests.support.logging import Log
from tests.support.other_systems.form_tasks import follow_all, form_task
from tests.support.other_systems.portal_server import PortalServer, puller_of
from tests.support.patient_form.form_pages import FormPatient
from tests.support.rest import Clock, Rest, content, issues, rest_on
from tests.usecases.delivery.fake_server import FakeServer
from tests.usecases.tasks.conftest import Site
from tests.usecases.tasks.test_calls import harm
from tests.web.patient.conftest import ITEM_9, MOOD, site_on

SIGN = ("business-rule", "QuestionnaireResponse.item[8].answer[0]")


@pytest.fixture
def broken(rest: Rest) -> Rest:
    """A service that has stored a response of p1, which cannot be read any more, and one of p2."""
    for id, patient in (("a", "p1"), ("b", "p2")):
        assert rest.put(of(patient, id=id)).status_code == 201
    break_frames(rest.database, "Patient/p1")
    return rest


def of(patient: str, last: int = 1, **elements: Any) -> Resource:
    """A PHQ-9 of a patient, with a danger sign."""
    return with_total(
        "phq-9", 8 + last, last=last, patient=f"Patient/{patient}", answers={"safe-now": ["yes"]}, **elements
    )


def told(answer: Any) -> str:
    """What the last issue of an answer with 503 says: nothing of the patient, and not that it be sent again."""
    assert answer.status_code == 503
    assert "Retry-After" not in answer.headers
    assert "p1" not in answer.text
    return str(content(answer)["issue"][-1]["diagnostics"])


def rows(database: Database) -> list[int]:
    """How much is stored."""
    with database.read() as connection:
        counted = (t.act, t.resource, t.response, t.received, t.content, t.outbox, t.identity)
        return [connection.scalar(select(func.count()).select_from(table)) or 0 for table in counted]


READS: dict[str, Callable[[Rest], Any]] = {
    "read": lambda rest: rest.get("QuestionnaireResponse/a"),
    "versions": lambda rest: rest.get("QuestionnaireResponse/a/_history"),
    "search": lambda rest: rest.get("QuestionnaireResponse?patient=p1"),
    "search of all": lambda rest: rest.get("ClinicalImpression"),
    "extract": lambda rest: rest.post(b"", "QuestionnaireResponse/a/$extract"),
    "populate": lambda rest: rest.post(
        {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "subject", "valueReference": {"reference": "Patient/p1"}},
                {"name": "local", "valueBoolean": True},
            ],
        },
        "Questionnaire/phq-9/$populate",
    ),
}
WRITES: dict[str, Callable[[Rest], Any]] = {
    "create": lambda rest: rest.post(of("p1")),
    "amendment": lambda rest: rest.put(of("p1", 2, id="a"), version=1),
    "transaction": lambda rest: rest.post(bundle("transaction", of("p1")), ""),
    "process": lambda rest: rest.post(of("p1"), "$process-response"),
}


def bundle(kind: str, *responses: Resource) -> Resource:
    request = {"method": "POST", "url": "QuestionnaireResponse"}
    entries = [{"resource": each, "request": request} for each in responses]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


@pytest.mark.parametrize("kind", READS)
def test_a_request_that_reads_it_names_the_command_that_finds_it(broken: Rest, kind: str, logged: Log) -> None:
    before = unreadable_parts.count
    answer = READS[kind](broken)
    assert "sural store check" in told(answer)
    assert '"store_unreadable"' in logged.stream.getvalue()
    assert f"sural_store_unreadable_total {float(before + 1)}" in broken.client.get("/metrics").text


@pytest.mark.parametrize("kind", WRITES)
def test_a_response_that_cannot_be_judged_is_not_stored_and_its_danger_sign_is_told(
    broken: Rest, kind: str, logged: Log
) -> None:
    before = rows(broken.database)
    answer = WRITES[kind](broken)
    assert "sural store check" in told(answer)
    assert issues(answer)[0][0] == "business-rule"
    assert rows(broken.database) == before
    (refused,) = DatabaseRefusals(broken.database).list_refusals()
    assert (refused.status, refused.subject, refused.has_sign) == (503, "Patient/p1", True)
    assert refused.request == answer.headers["X-Request-Id"]
    assert '"safety_answer_refused"' in logged.stream.getvalue()
    text = broken.client.get("/metrics").text
    assert "sural_safety_answers_refused_total 1.0" in text
    assert "sural_responses_refused_total 1.0" in text


def test_others_are_served(broken: Rest) -> None:
    assert broken.get("QuestionnaireResponse/b").status_code == 200
    assert broken.post(of("p2")).status_code == 201
    assert broken.get("QuestionnaireResponse?patient=p2").status_code == 200
    assert broken.client.get("/health/ready").status_code == 200


def test_an_entry_of_a_batch_fails_by_itself(broken: Rest) -> None:
    answer = broken.post(bundle("batch", of("p1"), of("p2")), "")
    assert answer.status_code == 200
    first, second = (entry["response"] for entry in content(answer)["entry"])
    assert (first["status"][:3], second["status"][:3]) == ("503", "201")
    codes = [issue["code"] for issue in first["outcome"]["issue"]]
    assert codes == ["business-rule", "exception"]
    (refused,) = DatabaseRefusals(broken.database).list_refusals()
    assert refused.has_sign


def test_the_worker_parks_the_entry_and_delivers_those_of_others(broken: Rest, logged: Log) -> None:
    server = FakeServer(ServerResponse(200), {"Patient/p2"})
    assert deliver_next(broken.outbox, server, lambda: broken.lease_now()[0])
    (parked,) = broken.outbox.list_entries("parked")
    assert parked.reason == "the stored entry is not readable"
    assert len(server.sent) == 1
    assert '"store_unreadable"' in logged.stream.getvalue()


def test_a_task_that_cannot_be_read_is_escalated_and_so_are_those_of_others(database: Database, clock: Clock) -> None:
    site = Site(rest_on(database, clock), clock, owners=())
    for patient in ("p1", "p2"):
        site.rest.post({**harm(clock, 3), "subject": {"reference": f"Patient/{patient}"}})
    break_frames(database, "Patient/p1")
    site.run(hours=1)
    assert site.rest.client.get("/metrics").text.count('sural_tasks_escalated_total{urgency="emergency"} 2.0') == 1


def test_a_task_that_cannot_be_read_keeps_no_other_from_being_raised(database: Database, clock: Clock) -> None:
    site = Site(rest_on(database, clock), clock, owners=())
    for patient in ("p1", "p2"):
        site.rest.post({**harm(clock, 1), "subject": {"reference": f"Patient/{patient}"}})
    site.run()
    break_frames(database, "Patient/p1")
    for address in list(site.server.stored):
        if address.startswith("Task/"):
            site.server.person_sets(address.removeprefix("Task/"), status="received")
    site.run(days=3)
    with database.read() as connection:
        ends = connection.exec_driver_sql("SELECT count(*) FROM task WHERE ends IS NOT NULL AND status = 'requested'")
        assert ends.scalar() == 0


def test_a_task_that_asks_for_forms_keeps_no_other_from_being_followed(rest: Rest, clock: Clock) -> None:
    tasks = [rest.post(form_task(**{"for": {"reference": f"Patient/{name}"}}), "Task") for name in ("p1", "p2")]
    break_frames(rest.database, "Patient/p1")
    with rest.database.write() as connection:
        connection.execute(update(form_task_table).values(due="2026-01-01T00:00:00.000Z"))
    clock.forward(days=400)
    follow_all(rest.database, clock)
    assert content(rest.get(f"Task/{content(tasks[1])['id']}"))["status"] == "failed"


def test_a_response_on_the_fhir_server_is_told_once_and_tried_again(broken: Rest, clock: Clock) -> None:
    server = PortalServer(clock)
    puller = puller_of(broken, server)
    server.write(of("p1", id="123"))
    puller.notices.save_notices(["123"], clock())
    for _ in range(3):
        fetch_noticed(puller)
        clock.forward(hours=2)
    (refused,) = DatabaseRefusals(broken.database).list_refusals()
    assert refused.has_sign
    assert broken.get("QuestionnaireResponse/123").status_code == 404


def test_a_danger_sign_in_the_form_of_the_patient_is_told(database: Database, clock: Clock, logged: Log) -> None:
    site = site_on(database, clock)
    patient = FormPatient(site.app.test_client(), {question: ["Not at all"] for question in MOOD})
    patient.open("phq-9")
    while not any(control.legend.startswith(ITEM_9) for form in patient.page.forms for control in form.controls):
        patient.answer()
    break_frames(site.database, "Patient/example-low-mood")
    patient.answer({ITEM_9: ["Several days"]})
    assert (patient.status, patient.page.title.split(" ·")[0]) == (503, "This did not work")
    (refused,) = DatabaseRefusals(site.database).list_refusals()
    assert refused.has_sign
    assert "sural_safety_answers_refused_total 1.0" in site.client.get("/metrics").text
    assert '"store_unreadable"' in logged.stream.getvalue()


def test_a_step_of_the_worker_that_meets_it_goes_on(logged: Log) -> None:
    def step() -> bool:
        raise UnreadableStore("Patient/p1")

    assert not run_step(step, "task_watch_failed")
    (line,) = logged.lines
    assert (line["event"], line["reason"]) == ("store_unreadable", "task_watch_failed")
    assert "p1" not in logged.stream.getvalue()
