"""Reads a Task that asks for forms: for which patient, which forms, and until when."""

from collections.abc import Iterator
from dataclasses import dataclass

from service.fhir.questionnaires.submission_rules import local_patient, made_relative, patient_forms
from service.fhir.r4.structure import check_structure
from service.fhir.r4.types import Resource
from service.fhir.results.tasks.form_task import asked_forms, end_of, form_task_issues
from service.issues import Issue, Unprocessable
from service.usecases.forms.form_context import FormContext
from service.usecases.links.links import USUAL_TIME, LinkOrder

# Elements of a Task that refer to resources of the site.
REFERENCES = ("for", "requester", "owner", "encounter", "basedOn", "partOf")


@dataclass(frozen=True)
class FoundForm:
    """A form that an input names: its canonical with version, or why it cannot be asked for."""

    canonical: str = ""
    issue: Issue | None = None


def read_order(task: Resource, context: FormContext, made_by: str, name: str) -> LinkOrder:
    """The link that a Task asks for. ``name`` is the Task as its link has it.

    Raises Malformed if it is no valid Task, Unprocessable with every issue if a rule forbids it.
    """
    check_structure(task, "Task")
    now, patient = context.now(), patient_of_order(task, context)
    found = list(read_forms(task, context))
    issues = [
        *form_task_issues(task, now),
        *patient_issues_of_order(task, patient, context),
        *ordered_form_issues(found),
    ]
    if issues:
        raise Unprocessable(issues)
    end = end_of(task)
    time = USUAL_TIME if end is None else end - now
    forms = tuple(form.canonical for form in found)
    return LinkOrder(patient or "", forms, made_by, time, task=name)


def patient_of_order(task: Resource, context: FormContext) -> str | None:
    """The patient as a relative reference; None without one, or if it is none of this site."""
    return local_patient(task.get("for", {}).get("reference", ""), bases_of(context))


def bases_of(context: FormContext) -> tuple[str, ...]:
    """The base addresses under which a reference is local."""
    return context.assessment.bases


def patient_issues_of_order(task: Resource, patient: str | None, context: FormContext) -> Iterator[Issue]:
    """Yields an issue if the Task is for nobody, or for somebody else than a patient of this site."""
    if patient is None:
        text = f"`for` must be a reference to a Patient of this site: {', '.join(patient_forms(bases_of(context)))}."
        yield Issue("value" if "for" in task else "required", "Task.for", text)


def read_forms(task: Resource, context: FormContext) -> Iterator[FoundForm]:
    """Yields each form that the Task asks for."""
    for path, canonical in asked_forms(task):
        if canonical is None:
            text = "The value of the input questionnaire must be a `valueCanonical`."
            yield FoundForm(issue=Issue("required", path, text))
        else:
            yield find_ordered_form(canonical, path, context)


def find_ordered_form(canonical: str, path: str, context: FormContext) -> FoundForm:
    """The published form with a canonical that patients may be offered."""
    form = context.assessment.catalogue.find(canonical)
    if form is None or form.edition is not None or context.find_questionnaire(form.instrument.canonical) is None:
        text = f"This questionnaire is not known here. There are: {', '.join(known_forms(context))}."
        return FoundForm(issue=Issue("not-found", path, text))
    if not context.is_offered(form):
        text = (
            "This questionnaire is not offered to patients: it is not active, or the numbers of the site are not set."
        )
        return FoundForm(issue=Issue("business-rule", path, text))
    return FoundForm(form.instrument.canonical)


def known_forms(context: FormContext) -> list[str]:
    """The canonicals of the questionnaires that patients may be offered."""
    offered = (context.find_offered(resource["id"]) for resource in context.questionnaires)
    return list(dict.fromkeys(canonical for canonical in offered if canonical is not None))


def ordered_form_issues(found: list[FoundForm]) -> Iterator[Issue]:
    """Yields what is wrong with the forms of a Task."""
    yield from (form.issue for form in found if form.issue is not None)
    named = [form.canonical for form in found if form.canonical]
    if not found:
        text = "An input of type questionnaire is required, with the canonical of a form as `valueCanonical`. Add it."
        yield Issue("required", "Task.input", text)
    if len(set(named)) < len(named):
        yield Issue("duplicate", "Task.input", "Each questionnaire must be asked for once. Remove the other inputs.")


def with_own_references(task: Resource, context: FormContext) -> Resource:
    """The Task with references under one of our bases made relative, as those of a response are."""
    found = {name: made_relative(task[name], bases_of(context)) for name in REFERENCES if name in task}
    patient = patient_of_order(task, context)
    whom = {} if patient is None else {"for": {**found["for"], "reference": patient}}
    return {**task, **found, **whom}
