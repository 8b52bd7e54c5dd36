"""Tasks that ask for forms, as other systems send them, and what follows them."""

from typing import Any

from service.adapters.database.engine import Database
from service.adapters.database.tasks.form_tasks import DatabaseFormTasks
from service.fhir.r4.types import Resource
from service.usecases.form_tasks.follow import TaskFollower, follow_next
from tests.support.building import context
from tests.support.rest import Clock

# https://hl7.org/fhir/uv/sdc/STU4/CodeSystem-temp.html
SDC = "http://hl7.org/fhir/uv/sdc/CodeSystem/temp"
FORMS = "https://w3id.org/sural/Questionnaire/"


def sdc(code: str) -> Resource:
    return {"coding": [{"system": SDC, "code": code}]}


def asks_for(form: str) -> Resource:
    """An input that asks for a form of ours."""
    return {"type": sdc("questionnaire"), "valueCanonical": FORMS + form}


def form_task(*forms: str, **changes: Any) -> Resource:
    """A Task after the profile sdc-task that asks for forms of ours; a change to None leaves an element out."""
    made = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": sdc("complete-questionnaire"),
        "for": {"reference": "Patient/p1"},
        "authoredOn": "2026-11-21T08:00:00Z",
        "requester": {"reference": "Practitioner/a"},
        "owner": {"reference": "Patient/p1"},
        "input": [asks_for(form) for form in forms or ("gad-7",)],
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def outputs(task: Resource, code: str) -> list[Any]:
    """The values of the outputs of a Task with this code."""
    found = [each for each in task.get("output", ()) if each["type"]["coding"][0]["code"] == code]
    return [each.get("valueUrl") or each["valueReference"]["reference"] for each in found]


def follow_all(database: Database, clock: Clock) -> None:
    """What the worker does with the Tasks of ours."""
    follow_next(TaskFollower(DatabaseFormTasks(database), context().knowledge.messages, clock))
