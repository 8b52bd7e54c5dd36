"""The first pages: the demo, the start of a visit, its language, and the files that all pages use."""

from collections.abc import Sequence
from dataclasses import replace

from flask import Response, request
from werkzeug.exceptions import NotFound

from service.fhir.r4.types import Resource
from service.ports.form_visits import FormSession, FormVisit
from service.usecases.forms.form_context import FormContext
from service.usecases.forms.opening import extend_session, find_opened_visit, leave_visit, open_visit
from service.usecases.forms.saving import save_draft
from service.usecases.forms.storing import HELPERS
from service.usecases.forms.visit_pages import read_visit_pages
from service.web.context import app_context
from service.web.patient.assets import TYPES, YEAR_SECONDS, compressed_asset, read_asset
from service.web.patient.blueprint import known_languages, patient_form, render, render_for, wanted_language
from service.web.patient.browser_session import (
    end_session_cookie,
    go_to,
    opened_visit,
    require_form_key,
    require_same_origin,
    session_secret,
    set_session,
)
from service.web.patient.emergency_signs import signs_of_visit

SEPARATOR = "+"
# The most forms of one visit.
MOST_FORMS = 8
# Who answers, if not the patient: the keys of HELPERS. "self" is the patient.
SELF = "self"


@patient_form.get("/static/<name>")
def show_asset(name: str) -> Response:
    """A file of the pages."""
    if name not in TYPES:
        raise NotFound
    packed = request.accept_encodings["gzip"] > 0
    response = Response(compressed_asset(name) if packed else read_asset(name), content_type=TYPES[name])
    response.headers["Vary"] = "Accept-Encoding"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    return response


@patient_form.get("")
def show_forms() -> Response:
    """In the demo, the forms and example patients; otherwise the page that says to use a link."""
    context = app_context().forms
    if not context.is_demo:
        return render("notice.html", wanted_language(), 403, notice="no-form-open")
    return render_demo(context, context.layout.visits or tuple((id,) for id in offered_ids(context)))


@patient_form.get("/<form_ids>")
@patient_form.get("/visit/<form_ids>")
def show_form(form_ids: str) -> Response:
    """The start of the visit that is open in this browser for these forms; in the demo, the choice of a patient."""
    context = app_context().forms
    canonicals = find_forms(form_ids, context)
    visit = find_opened_visit(session_secret(), context)
    if visit is not None and visit.session.forms == canonicals and visit.sent is None:
        return go_to("show_start")
    if not context.is_demo:
        return render("notice.html", wanted_language(), 403, notice="no-form-open")
    return render_demo(context, (tuple(form_ids.split(SEPARATOR)),))


def find_forms(form_ids: str, context: FormContext) -> tuple[str, ...]:
    """The canonicals of the forms in an address. Raises NotFound if one is unknown or must not be offered."""
    ids = form_ids.split(SEPARATOR)
    canonicals = [context.find_offered(id) for id in dict.fromkeys(ids)]
    if len(canonicals) != len(ids) or len(ids) > MOST_FORMS:
        raise NotFound
    found = tuple(canonical for canonical in canonicals if canonical is not None)
    if len(found) != len(ids):
        raise NotFound
    return found


def offered_ids(context: FormContext) -> list[str]:
    """The ids of the forms that patients may be offered: the newest version of each."""
    return [resource["id"] for resource in context.questionnaires if context.find_offered(resource["id"])]


def render_demo(context: FormContext, visits: Sequence[Sequence[str]], status: int = 200) -> Response:
    """The start page of the demo."""
    titles = {resource["id"]: form_name(resource, context) for resource in context.questionnaires}
    contacts = context.assessment.knowledge.contacts
    has_numbers = contacts.crisis_line is not None and contacts.emergency_number is not None
    values = {"visits": visits, "titles": titles, "has_numbers": has_numbers, "separator": SEPARATOR}
    return render("demo.html", wanted_language(), status, **values)


def form_name(questionnaire: Resource, context: FormContext) -> str:
    """The name of a form for patients."""
    return context.layout.names.get(questionnaire["id"], questionnaire["title"])


@patient_form.post("")
def open_demo() -> Response:
    """Opens a visit of an example patient. Only in the demo."""
    context = app_context().forms
    require_same_origin()
    examples = {example.id for example in context.layout.examples}
    patient, language = request.form.get("patient", ""), request.form.get("language", "en")
    forms = find_forms(request.form.get("forms", ""), context)
    if not context.is_demo or patient not in examples or language not in known_languages():
        raise NotFound
    session = FormSession(f"Patient/{patient}", forms, "demo", language)
    opened = open_visit(session, context)
    set_session(response := go_to("show_start"), opened.secret)
    return response


@patient_form.get("/start")
def show_start() -> Response:
    """The first page: what the form is, what it is not, emergency signs, and who answers."""
    visit = opened_visit()
    return go_to("show_sent") if visit.sent else render_start(visit)


def render_start(visit: FormVisit, fault: str = "", status: int = 200) -> Response:
    """The first page, with what is wrong with it."""
    context = app_context().forms
    pages = read_visit_pages(visit, context)
    minutes = sum(context.layout.minutes.get(form.id, 0) for form in pages.forms)
    return render_for(
        visit,
        "start.html",
        status,
        pages=pages,
        forms=pages.forms,
        minutes=minutes,
        signs=signs_of_visit(pages, context),
        helpers=(SELF, *HELPERS),
        fault=fault,
        resumes=bool(visit.draft.saved_pages),
    )


@patient_form.post("/start")
def begin() -> Response:
    """Saves who answers, and goes to the first page that was not saved yet."""
    visit, context = opened_visit(), app_context().forms
    require_form_key(visit)
    who = request.form.get("who", "")
    if who not in (SELF, *HELPERS):
        return render_start(visit, "who", 422)
    save_draft(visit, replace(visit.draft, helper=who), context)
    extend_session(session_secret(), visit, context)
    page = read_visit_pages(visit, context).next_unsaved()
    return go_to("show_review") if page is None else go_to("show_page", number=page.number)


@patient_form.post("/language")
def change_language() -> Response:
    """Saves the language of the visit."""
    visit, language = opened_visit(), request.form.get("language", "")
    require_form_key(visit)
    if language not in known_languages():
        raise NotFound
    save_draft(visit, visit.draft, app_context().forms, language)
    return go_to("show_start")


@patient_form.post("/extend")
def extend() -> Response:
    """Extends the session, for the script that warns before it ends."""
    visit = opened_visit()
    require_form_key(visit)
    extend_session(session_secret(), visit, app_context().forms)
    return set_session(Response(status=204), session_secret())  # type: ignore[return-value]


@patient_form.post("/leave")
def leave() -> Response:
    """Ends the session of this browser. The answers stay: the link opens them again."""
    visit = opened_visit()
    require_form_key(visit)
    language = visit.session.language
    leave_visit(session_secret(), app_context().forms)
    return end_session_cookie(render("notice.html", language, notice="cleared"))  # type: ignore[return-value]
