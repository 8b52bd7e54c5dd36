"""What the record says of a patient who is dead or no longer in use: told on what is sent, and nobody calls the dead.

https://hl7.org/fhir/R4/patient-definitions.html#Patient.deceased_x_
"""

from collections.abc import Iterator
from datetime import datetime

from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.types import Resource
from service.fhir.results.impression.patient_notes import with_note
from service.fhir.results.impression_observation import IMPRESSION
from service.fhir.results.tasks.earlier_tasks import read_task
from service.fhir.terminology.messages import Messages
from service.screening.rules.age import possible_days


def death_note(death: str, messages: Messages) -> str:
    """The note that the patient is dead; ``death`` is the day, month or year, or empty."""
    return messages.message("note", "deceased-on", date=death) if death else messages.message("note", "deceased")


def with_told(bundle: Resource, note: str) -> Resource:
    """The Bundle with a note on its impression."""
    entries = [
        {**each, "resource": with_note(each["resource"], note)}
        if each["resource"]["resourceType"] == IMPRESSION
        else each
        for each in bundle["entry"]
    ]
    return {**bundle, "entry": entries}


def requested_tasks(bundle: Resource) -> Iterator[Resource]:
    """The Tasks of a Bundle that ask somebody to begin."""
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "Task" and entry["resource"].get("status") == "requested":
            yield entry["resource"]


def is_answered_before(task: Resource, death: str) -> bool:
    """True if the answers that a Task is about were certainly given before the day of death."""
    return bool(death) and possible_days(read_task(task).date)[1] < possible_days(death)[0]


def as_check(task: Resource, note: str, now: datetime, messages: Messages) -> Resource:
    """The Task as one to find out whose answers these are; as it is if it says so already."""
    notes = task.get("note", [])
    if any(each.get("text") == note for each in notes):
        return task
    said = messages.message("task", "deceased", note=note, description=task.get("description", ""))
    return {**task, "description": said, "note": [*notes, {"time": format_instant(now), "text": note}]}


def with_checks(bundle: Resource, note: str, now: datetime, messages: Messages) -> Resource:
    """The Bundle with its requested Tasks as ones to find out whose answers these are."""
    ids = {task["id"] for task in requested_tasks(bundle)}
    entries = [
        {**each, "resource": as_check(each["resource"], note, now, messages)}
        if each["resource"]["resourceType"] == "Task" and each["resource"]["id"] in ids
        else each
        for each in bundle["entry"]
    ]
    return {**bundle, "entry": entries}
