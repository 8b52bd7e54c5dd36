"""Tasks on the FHIR server that ask for forms: told what becomes of them, and ended by others with the link.

http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-task
"""

from typing import Any

import pytest

from service.ports.fhir_server import ServerResponse
from tests.support.other_systems.form_tasks import outputs
from tests.usecases.form_tasks.conftest import Site


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
