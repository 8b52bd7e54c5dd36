"""A Task on a real FHIR server becomes a link, a form in a real browser, a response, and a Task that is completed.

http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-task
"""

from pathlib import Path
from typing import Any

import pytest

from service.fhir.r4.types import Resource
from tests.hapi.conftest import Hapi
from tests.support.other_systems.form_tasks import form_task, outputs
from tests.support.patient_form.browsing import CHROMIUM, BrowserPatient, chromium, patient_in
from tests.support.running.serving import Served, serving, wait_until
from tests.web.patient.conftest import ANSWERS

# The service searches the server, and takes what it finds: only on a server of our own.
pytestmark = [pytest.mark.hapi, pytest.mark.usefixtures("own_server")]

SECONDS = 180.0


def ask(hapi: Hapi, patient: str) -> str:
    """Somebody of the clinic asks for two forms. Returns the address of the Task."""
    # The server refuses references to what it does not have.
    clinic = {"requester": {"display": "The clinic"}, "owner": {"reference": patient}}
    task = form_task("gad-7", "phq-9", id=hapi.own("form-task"), **{"for": {"reference": patient}}, **clinic)
    answer = hapi.put(task)
    assert answer.status_code == 201, answer.text
    return f"Task/{task['id']}"


def read(hapi: Hapi, address: str) -> Resource:
    found: Resource = hapi.get(address).json()
    return found


def wait_for(hapi: Hapi, address: str, status: str) -> Resource:
    wait_until(lambda: read(hapi, address)["status"] == status, SECONDS)
    return read(hapi, address)


def fill_in(patient: BrowserPatient, link: str) -> None:
    """Follows the link, and answers all questions."""
    patient.page.goto(link)
    patient.press()
    assert patient.path == "/forms/start"
    patient.begin()
    patient.go_on()


def test_a_task_on_the_server_is_completed_by_the_patient_in_the_browser(hapi: Hapi, tmp_path: Path) -> None:
    if not CHROMIUM.exists():
        pytest.fail("Chromium is not installed. Install it: apt-get install chromium", pytrace=False)
    person = hapi.add_patient("form-task")
    address = ask(hapi, person)
    settings = {**hapi.settings, "SURAL_TASK_SECONDS": "1", "SURAL_CRISIS_LINE": "988", "SURAL_EMERGENCY_NUMBER": "911"}
    with serving(tmp_path, **settings) as served, chromium() as browser:
        accepted = wait_for(hapi, address, "accepted")
        (link,) = outputs(accepted, "form-link")
        assert str(link).startswith(f"{served.base.removesuffix('/fhir')}/forms/link/")
        with patient_in(browser, served.base.removesuffix("/fhir"), ANSWERS) as patient:
            fill_in(patient, str(link))
            wait_for(hapi, address, "in-progress")
            patient.save()
            assert patient.path == "/forms/sent"
        completed = wait_for(hapi, address, "completed")
        check_completed(hapi, completed, person)
        check_quiet(served, str(link))


def check_completed(hapi: Hapi, task: Resource, person: str) -> None:
    """The Task has the responses as outputs, no address any more, and what was asked for."""
    responses = [read(hapi, each) for each in outputs(task, "questionnaire-response")]
    names = [each["questionnaire"].rpartition("/")[2].partition("|")[0] for each in responses]
    assert names == ["gad-7", "phq-9"]
    assert {(each["status"], each["subject"]["reference"]) for each in responses} == {("completed", person)}
    assert outputs(task, "form-link") == []
    assert [entry["valueCanonical"].rpartition("/")[2] for entry in task["input"]] == ["gad-7", "phq-9"]
    states: list[Any] = hapi.get(f"Task/{task['id']}/_history").json()["entry"]
    told = [entry["resource"]["status"] for entry in reversed(states)]
    assert told == ["requested", "accepted", "in-progress", "completed"]
    assert len(hapi.search(f"ClinicalImpression?patient={person}")) == 1


def check_quiet(served: Served, link: str) -> None:
    """Neither the token nor an error is in the log."""
    log = "".join(served.log)
    assert link.rpartition("/")[2] not in log
    assert '"level": "error"' not in log
