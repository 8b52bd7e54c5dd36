"""Stores the responses of a visit: one act, however many forms it has, in one transaction with the visit."""

from collections.abc import Collection
from dataclasses import replace

from service.fhir.questionnaires.patient_form.form_response import response_of_form
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.issues import Rejected, StoringFailed, Unavailable, UnreadableStore
from service.ports.form_visits import CompletionMode, FormVisit, VisitConflict
from service.ports.submissions import SubmissionStore
from service.usecases.forms.form_context import FormContext
from service.usecases.forms.visit_pages import VisitForm, VisitPages
from service.usecases.responses.transaction import EntryRequest, run_transaction

# What the response says of how the form was opened.
MODES: dict[CompletionMode, str] = {
    "link": "The patient's form, opened by a link",
    "clinic-device": "The patient's form, on a device of the clinic",
    "demo": "The patient's form, in the demo",
}
# What the response says of who answered in place of the patient.
HELPERS = {
    "parent": "Parent or guardian",
    "relative": "Partner, family member or friend",
    "carer": "Carer",
    "staff": "Member of the care team",
}


def store_visit(
    pages: VisitPages, visit: FormVisit, status: str, context: FormContext, changed: Collection[str] = ()
) -> None:
    """Stores the responses and the visit in one transaction.

    Of a visit that is stored already only the ``changed`` forms are, of a visit that is sent all. Raises VisitConflict
    if the visit was changed or sent since it was read; with the responses that nobody has judged, Rejected with every
    issue, Unavailable, UnreadableStore if what is stored of the patient cannot be read, StoringFailed for any failure.
    """
    forms = [form for form in pages.forms if not visit.is_stored or not changed or form.canonical in changed]
    resources = [resource_of(pages, form, visit, status, context) for form in forms]
    entries = [
        EntryRequest(index, resource, encode(resource), id=resource["id"]) for index, resource in enumerate(resources)
    ]
    stored = replace(visit, is_stored=True)

    def also(unit: SubmissionStore) -> None:
        unit.visits.save_visit(stored)

    # A visit has versions of its own: the If-Match that a site may require of clients is not needed.
    assessment = replace(context.assessment, requires_if_match=False)
    try:
        run_transaction(entries, assessment, context.store, context.now(), context.new_id, also=also)
    except (Rejected, Unavailable, UnreadableStore) as problem:
        problem.unjudged = resources
        raise
    except VisitConflict:
        raise
    except Exception as problem:
        raise StoringFailed(problem, resources) from problem


def resource_of(pages: VisitPages, form: VisitForm, visit: FormVisit, status: str, context: FormContext) -> Resource:
    """The response to one form as it is now."""
    return response_of_form(
        form.questionnaire,
        pages.given(form),
        pages.enabled[form.canonical],
        id=form.response_id,
        patient=visit.session.patient,
        status=status,
        authored=format_instant(context.now()),
        language=form.language,
        mode=MODES[visit.session.mode],
        helper=HELPERS.get(visit.draft.helper or ""),
    )
