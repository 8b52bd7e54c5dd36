"""Tasks that ask for forms: followed while the patient answers, taken back by who asked.

http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-task
"""

from typing import Any

import pytest
from sqlalchemy import select

from service.adapters.database import tables as t
from service.fhir.r4.types import Resource
from service.ports.form_visits import VisitConflict
from service.usecases.forms.sending import send_visit
from tests.support.other_systems.form_tasks import follow_all, form_task, outputs
from tests.support.rest import Clock, Rest, content, issues
from tests.web.fhir.interactions.form_tasks.test_form_tasks import created, opened, path_of, scored_item_9


def state(rest: Rest, clock: Clock, task: Resource) -> Resource:
    """The Task as it is once the worker has followed it."""
    follow_all(rest.database, clock)
    return content(rest.get(f"Task/{task['id']}"))


def taken_back(rest: Rest, task: Resource, status: str = "cancelled", **changes: Any) -> Any:
    sent = {**content(rest.get(f"Task/{task['id']}")), "status": status, **changes}
    return rest.client.put(f"/fhir/Task/{task['id']}", json=sent, content_type="application/fhir+json")


class TestStates:
    def test_it_is_in_progress_once_opened_and_completed_with_the_responses(self, rest: Rest, clock: Clock) -> None:
        task = created(rest, "gad-7", "phq-9")
        assert state(rest, clock, task)["meta"]["versionId"] == "1"
        patient = opened(rest, task)
        assert state(rest, clock, task)["status"] == "in-progress"
        patient.begin()
        patient.go_on()
        assert state(rest, clock, task)["meta"]["versionId"] == "2"
        patient.send()
        done = state(rest, clock, task)
        assert (done["status"], done["meta"]["versionId"]) == ("completed", "3")
        found = [rest.get(address) for address in outputs(done, "questionnaire-response")]
        assert [content(answer)["questionnaire"].rpartition("/")[2].partition("|")[0] for answer in found] == [
            "gad-7",
            "phq-9",
        ]
        assert {content(answer)["status"] for answer in found} == {"completed"}
        assert state(rest, clock, task)["meta"]["versionId"] == "3"
        assert rest.client.get(path_of(task)).status_code == 404

    def test_its_history_has_each_state(self, rest: Rest, clock: Clock) -> None:
        task = created(rest)
        opened(rest, task)
        state(rest, clock, task)
        bundle = content(rest.get(f"Task/{task['id']}/_history"))
        assert [entry["resource"]["status"] for entry in bundle["entry"]] == ["in-progress", "accepted"]

    def test_it_fails_when_the_link_expires(self, rest: Rest, clock: Clock) -> None:
        task = created(rest)
        clock.forward(hours=71)
        assert state(rest, clock, task)["status"] == "accepted"
        clock.forward(hours=2)
        failed = state(rest, clock, task)
        assert failed["status"] == "failed"
        assert "link was valid" in failed["statusReason"]["text"]

    def test_it_does_not_fail_while_a_browser_works_on_it(self, rest: Rest, clock: Clock) -> None:
        task = created(rest)
        clock.forward(hours=71, minutes=30)
        patient = opened(rest, task)
        clock.forward(minutes=45)
        assert state(rest, clock, task)["status"] == "in-progress"
        patient.begin()
        patient.go_on()
        patient.send()
        assert state(rest, clock, task)["status"] == "completed"

    def test_a_link_that_the_operator_revokes_cancels_it(self, rest: Rest, clock: Clock) -> None:
        task = created(rest)
        (link,) = rest.app.extensions["sural"].links.list_links()
        rest.app.extensions["sural"].links.revoke_link(link.id, clock())
        cancelled = state(rest, clock, task)
        assert (cancelled["status"], cancelled["statusReason"]["text"]) == (
            "cancelled",
            "The link to the forms was revoked.",
        )


class TestTakenBack:
    @pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
    def test_the_link_is_revoked_with_it(self, rest: Rest, clock: Clock, status: str) -> None:
        task = created(rest)
        patient = opened(rest, task)
        answer = taken_back(rest, task, status, statusReason={"text": "moved"})
        assert (answer.status_code, content(answer)["status"]) == (200, status)
        assert content(answer)["statusReason"] == {"text": "moved"}
        assert rest.client.get(path_of(task)).status_code == 404
        patient.get("/forms/start")
        assert patient.status == 403
        assert state(rest, clock, task)["status"] == status

    def test_a_patient_who_is_about_to_send_sends_nothing(self, rest: Rest, clock: Clock) -> None:
        """The request has read the visit when the Task is taken back: it must not win."""
        task = created(rest)
        patient = opened(rest, task)
        patient.begin()
        patient.go_on()
        visits = rest.app.extensions["sural"].forms.store.visits
        with rest.database.read() as connection:
            id = connection.execute(select(t.form_visit.c.id)).scalar_one()
        visit = visits.read_current(id)
        assert taken_back(rest, task).status_code == 200
        with pytest.raises(VisitConflict):
            send_visit(visit, rest.app.extensions["sural"].forms)
        assert {each["status"] for each in rest.found("QuestionnaireResponse")} == {"in-progress"}

    def test_what_was_sent_cannot_be_taken_back(self, rest: Rest, clock: Clock) -> None:
        task = created(rest)
        patient = opened(rest, task)
        patient.begin()
        patient.go_on()
        patient.send()
        answer = taken_back(rest, task)
        assert (answer.status_code, issues(answer)) == (422, [("business-rule", "Task.status")])
        assert state(rest, clock, task)["status"] == "completed"
        assert taken_back(rest, task).status_code == 422

    def test_nothing_else_of_it_can_be_changed(self, rest: Rest) -> None:
        task = created(rest)
        assert issues(taken_back(rest, task, "completed")) == [("business-rule", "Task.status")]
        other = taken_back(rest, task, "cancelled", **{"for": {"reference": "Patient/p2"}})
        assert (other.status_code, issues(other)) == (422, [("business-rule", "Task")])
        assert rest.client.get(path_of(task)).status_code == 200

    def test_another_version_than_the_current_is_refused(self, rest: Rest) -> None:
        task = created(rest)
        body = {**content(rest.get(f"Task/{task['id']}")), "status": "cancelled"}
        headers = {"If-Match": 'W/"7"'}
        path = f"/fhir/Task/{task['id']}"
        answer = rest.client.put(path, json=body, headers=headers, content_type="application/fhir+json")
        assert answer.status_code == 412
        assert rest.client.get(path_of(task)).status_code == 200

    def test_no_other_task_is_changed_or_created(self, rest: Rest) -> None:
        assert rest.post(scored_item_9()).status_code == 201
        review = rest.one("Task")
        for task in (review, {**form_task(status="cancelled"), "id": "mine"}):
            answer = rest.client.put(f"/fhir/Task/{task['id']}", json=task, content_type="application/fhir+json")
            assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
        assert rest.one("Task") == review
