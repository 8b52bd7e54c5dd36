"""The Task that calls a person to look at one red flag, and the changes of one that nobody has begun.

https://hl7.org/fhir/R4/task.html
"""

from datetime import datetime, timedelta, tzinfo

from service.fhir.ids import ID_SYSTEM
from service.fhir.r4.datetimes import format_instant, parse_datetime
from service.fhir.r4.types import Resource
from service.fhir.results.impression.clinician_text import ClinicianText
from service.fhir.results.knowledge_base import KnowledgeBase
from service.fhir.results.submission import Submission
from service.fhir.results.tasks.call import Call
from service.fhir.results.tasks.earlier_tasks import coded_inputs, input_level
from service.fhir.results.tasks.task_inputs import answer_inputs, flag_input
from service.fhir.results.tasks.task_text import contact_source, task_description
from service.screening.rules.red_flags import Flag
from service.screening.rules.urgency import Urgency

# Task.priority by urgency. https://hl7.org/fhir/R4/valueset-request-priority.html
PRIORITY = {Urgency.EMERGENCY: "stat", Urgency.SAME_DAY: "asap", Urgency.SOON: "urgent", Urgency.ROUTINE: "routine"}
# The least time for contact on the same day (EX-99).
LEAST_TIME = timedelta(hours=4)
ONE_DAY = timedelta(days=1)


def review_task(submission: Submission, call: Call, knowledge: KnowledgeBase) -> Resource:
    """Returns the Task for one red flag of the responses that the submission brings itself.

    A Task belongs to the person who works on it: only one that nobody has begun is changed, see `raised_task`.
    """
    lead, flag = submission.lead_source, submission.own_flags[call.flag]
    id = lead.derived_id("Task", f"task/{call.flag}/{submission.version_slot}")
    based_on = [{"reference": reference} for reference in call.based_on]
    return {
        "resourceType": "Task",
        "id": id,
        "language": "en",
        "identifier": [{"system": ID_SYSTEM, "value": id}],
        **({"basedOn": based_on} if based_on else {}),
        "status": "requested",
        "intent": "order",
        **called_for(submission, flag, call.is_old, knowledge),
        "for": submission.patient,
        **lead.encounter,
        "authoredOn": format_instant(submission.now),
        "lastModified": format_instant(submission.now),
    }


def called_for(submission: Submission, flag: Flag, is_old: bool, knowledge: KnowledgeBase) -> Resource:
    """Returns the elements that say why the person is called, what is known, and until when contact must be made."""
    text = ClinicianText(submission, knowledge)
    contact, description = contact_source(flag, text), task_description(flag, text)
    elements = {
        "priority": PRIORITY[Urgency.ROUTINE if is_old else flag.level],
        "code": task_code(contact is not None, is_old, knowledge),
        "description": knowledge.messages.message("task", "old", description=description) if is_old else description,
        "focus": {"reference": f"ClinicalImpression/{submission.impression_id}"},
        "input": [flag_input(flag, knowledge.codes), *answer_inputs(flag, contact, text)],
    }
    if is_old:
        return elements
    end = contact_end(flag.level, submission.now, knowledge.time_zone)
    return {**elements, "restriction": {"period": {"end": format_instant(end)}}}


def raised_task(stored: Resource, submission: Submission, code: str, knowledge: KnowledgeBase) -> Resource:
    """Returns a Task that nobody has begun with the higher urgency of new answers; a note keeps what it said before.

    The inputs about other flags of a Task of several flags stay.
    """
    flag, now = submission.own_flags[code], format_instant(submission.now)
    elements = called_for(submission, flag, False, knowledge)
    others = [entry for name, entry in coded_inputs(stored, "red-flag").items() if name != code]
    before = knowledge.messages.message("task", "raised", description=stored.get("description", ""))
    note = [*stored.get("note", ()), {"time": now, "text": before}]
    inputs = [elements["input"][0], *others, *elements["input"][1:]]
    highest = max([flag.level, *(input_level(entry) for entry in others)])
    return {**stored, **elements, "priority": PRIORITY[highest], "lastModified": now, "note": note, "input": inputs}


def overdue_task(stored: Resource, now: datetime, knowledge: KnowledgeBase) -> Resource | None:
    """Returns a Task of the same day with the highest priority, if its end has passed; None if it has not, or if a
    person has accepted or begun it."""
    end = stored.get("restriction", {}).get("period", {}).get("end")
    is_due = stored["status"] == "requested" and stored.get("priority") == PRIORITY[Urgency.SAME_DAY]
    if not is_due or end is None or now <= parse_datetime(end).sort_key:
        return None
    note = {"time": format_instant(now), "text": knowledge.messages.message("task", "overdue", end=end)}
    changed = {"priority": PRIORITY[Urgency.EMERGENCY], "lastModified": format_instant(now)}
    return {**stored, **changed, "note": [*stored.get("note", ()), note]}


def escalated_task(stored: Resource, id: str, owner: str, now: datetime, knowledge: KnowledgeBase) -> Resource:
    """Returns the Task by which the next owner is asked to do what nobody has begun."""
    reference = f"Task/{stored['id']}"
    message = knowledge.messages.message("task", "escalated", since=stored["authoredOn"], task=reference)
    note = {"time": format_instant(now), "text": message}
    code = {
        **knowledge.codes.codeable_concept("assessment", knowledge.codes.bindings["task-escalated"]),
        "text": stored["code"]["text"],
    }
    made = {
        "id": id,
        "identifier": [{"system": ID_SYSTEM, "value": id}],
        "basedOn": [{"reference": reference}],
        "status": "requested",
        "code": {**code, "text": stored["code"]["text"]},
        "owner": {"reference": owner},
        "authoredOn": format_instant(now),
        "lastModified": format_instant(now),
        "note": [*stored.get("note", ()), note],
    }
    return {**stored, **made}


def second_task(stored: Resource, id: str, now: datetime) -> Resource:
    """Returns the Task that calls a person beside one that was changed before it could be raised."""
    made = {
        "id": id,
        "identifier": [{"system": ID_SYSTEM, "value": id}],
        "basedOn": [{"reference": f"Task/{stored['id']}"}],
        "status": "requested",
        "authoredOn": format_instant(now),
        "lastModified": format_instant(now),
    }
    return {**stored, **made}


def task_code(is_contact: bool, is_old: bool, knowledge: KnowledgeBase) -> Resource:
    """Returns Task.code; its text says so if a person must make contact."""
    binding = knowledge.codes.bindings["task-old" if is_old else "task"]
    code = knowledge.codes.codeable_concept("assessment", binding)
    return {**code, "text": knowledge.messages.message("task", "title")} if is_contact else code


def contact_end(level: Urgency, now: datetime, zone: tzinfo) -> datetime:
    """Returns when contact must have been made: at once, or at the end of the day at the site (EX-99)."""
    if level is Urgency.EMERGENCY:
        return now
    midnight = (now.astimezone(zone) + ONE_DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(midnight - timedelta(seconds=1), now + LEAST_TIME)
