"""The Task by which another system asks that a patient fills in forms, and its later states.

http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-task
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

from service.fhir.ids import code_system_url
from service.fhir.r4.datetimes import format_instant, parse_datetime
from service.fhir.r4.modifier_extensions import modifier_issues
from service.fhir.r4.types import Resource
from service.fhir.terminology.code_systems import CodeSystems
from service.issues import Issue, IssueType

SDC_CODES = "http://hl7.org/fhir/uv/sdc/CodeSystem/temp"
ASKS, QUESTIONNAIRE, RESPONSE = "complete-questionnaire", "questionnaire", "questionnaire-response"
ENDPOINT = "response-endpoint"
# Our code of the output with the address of the forms (mappings/codes.yaml).
LINK = "form-link"
# Task.status of a Task that somebody asks for. https://hl7.org/fhir/R4/valueset-task-status.html
ASKED = ("requested", "ready")
# Task.status by which whoever asked takes the Task back.
TAKEN_BACK = ("cancelled", "entered-in-error")
# Task.status of a Task of which nothing more is expected.
ENDED = ("completed", "failed", "rejected", *TAKEN_BACK)
# Task.intent of a Task that may be carried out. https://hl7.org/fhir/R4/valueset-request-intent.html
ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")
# Elements that a new state of a Task changes.
OF_STATE = ("meta", "text", "status", "statusReason", "lastModified", "output")
ONE_DAY = timedelta(days=1)

FormTaskStatus = Literal[
    "requested", "accepted", "in-progress", "completed", "failed", "rejected", "cancelled", "entered-in-error"
]
Rule = tuple[Callable[[Resource], bool], IssueType, str, str]

RULES: Sequence[Rule] = (
    (lambda task: task["status"] in ASKED, "business-rule", "status", "`status` must be requested."),
    (lambda task: task["intent"] in ORDERS, "business-rule", "intent", "`intent` must be order, or a kind of order."),
    (lambda task: "focus" not in task, "business-rule", "focus", "`focus` must be absent (sdc-t1). Remove it."),
    (lambda task: "authoredOn" in task, "required", "authoredOn", "`authoredOn` is required in an SDC Task. Add it."),
    (lambda task: "requester" in task, "required", "requester", "`requester` is required in an SDC Task. Add it."),
    (lambda task: "output" not in task, "business-rule", "output", "`output` is written by this service. Remove it."),
)


def is_form_task(task: Resource) -> bool:
    """True if a Task asks for forms: its code is `complete-questionnaire` of SDC."""
    return has_task_code(task.get("code"), ASKS)


def has_task_code(concept: object, code: str, system: str = SDC_CODES) -> bool:
    """True if a CodeableConcept has a code, by default one of SDC."""
    codings = concept.get("coding", ()) if isinstance(concept, dict) else ()
    return any(each.get("system") == system and each.get("code") == code for each in codings)


def form_task_issues(task: Resource, now: datetime) -> Iterator[Issue]:
    """Yields what is wrong with a Task of valid structure, apart from its patient and its forms."""
    yield from modifier_issues(task)
    if not is_form_task(task):
        text = f"`code` must be {ASKS} of {SDC_CODES}: no other Tasks are taken."
        yield Issue("code-invalid" if "code" in task else "required", "Task.code", text)
    yield from (Issue(code, f"Task.{name}", text) for holds, code, name, text in RULES if not holds(task))
    end = end_of(task)
    if end is not None and end <= now:
        yield Issue("expired", "Task.restriction.period.end", "`end` has passed. Send a later time, or none.")
    for index, entry in enumerate(task.get("input", ())):
        if has_task_code(entry["type"], ENDPOINT):
            text = f"`{ENDPOINT}` is not supported: the response stays here, and is an output of the Task. Remove it."
            yield Issue("not-supported", f"Task.input[{index}]", text)


def waits_for_taker(task: Resource) -> bool:
    """True if a Task waits for somebody who takes it."""
    return task.get("status") in ASKED


def asked_forms(task: Resource) -> Iterator[tuple[str, str | None]]:
    """Yields the path and the canonical of each input `questionnaire`; None if it is no canonical."""
    for index, entry in enumerate(task.get("input", ())):
        if has_task_code(entry["type"], QUESTIONNAIRE):
            canonical = entry.get("valueCanonical")
            yield f"Task.input[{index}].value", canonical if isinstance(canonical, str) else None


def end_of(task: Resource) -> datetime | None:
    """When the forms must have been filled in; None if the Task does not say. A date includes its day."""
    end = task.get("restriction", {}).get("period", {}).get("end")
    if not isinstance(end, str):
        return None
    read = parse_datetime(end)
    return read.sort_key if "T" in end else read.sort_key + ONE_DAY


def in_state(task: Resource, status: FormTaskStatus, now: datetime, reason: str = "") -> Resource:
    """Returns the Task with a new status, and the reason for it, without its narrative, which says the old one.

    One that has ended loses the address of its forms.
    """
    kept = {name: value for name, value in task.items() if name not in ("text", "status", "statusReason", "output")}
    outputs = [entry for entry in task.get("output", ()) if status not in ENDED or not is_ours(entry)]
    why = {"statusReason": {"text": reason}} if reason else {}
    changed = {**kept, "status": status, **why, "lastModified": format_instant(now)}
    return {**changed, "output": outputs} if outputs else changed


def is_ours(output: Resource) -> bool:
    """True for an output that this service writes."""
    kind = output.get("type")
    return has_task_code(kind, RESPONSE) or has_task_code(kind, LINK, code_system_url("task-output"))


def with_link(task: Resource, address: str, codes: CodeSystems) -> Resource:
    """Returns the Task with the address of the forms as an output. Whoever reads it can open them."""
    output = {"type": codes.codeable_concept("task-output", LINK), "valueUrl": address}
    return {**task, "output": [*task.get("output", ()), output]}


def with_responses(task: Resource, responses: Sequence[str]) -> Resource:
    """Returns the Task with the responses, given by their ids, as outputs."""
    kind = {"coding": [{"system": SDC_CODES, "code": RESPONSE}]}
    made = [{"type": kind, "valueReference": {"reference": f"QuestionnaireResponse/{id}"}} for id in responses]
    return {**task, "output": [*task.get("output", ()), *made]}


def link_address(task: Resource) -> str | None:
    """Returns the address of the forms in a Task that we have accepted; None without one."""
    system = code_system_url("task-output")
    found = (each.get("valueUrl") for each in task.get("output", ()) if has_task_code(each.get("type"), LINK, system))
    return next((each for each in found if isinstance(each, str)), None)
