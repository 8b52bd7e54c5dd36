"""The pages with questions, and the page that interrupts them when an answer cannot wait."""

from dataclasses import replace

from flask import Response, request
from werkzeug.datastructures import MultiDict

from service.fhir.questionnaires.patient_form.declined_answers import DECLINED
from service.ports.form_visits import FormVisit
from service.usecases.forms.opening import SESSION_TIME, extend_session
from service.usecases.forms.patient_texts import early_help, unseen_help
from service.usecases.forms.saving import save_draft, save_page
from service.usecases.forms.visit_pages import VisitPage, VisitPages, read_visit_pages
from service.web.context import app_context
from service.web.patient.answer_words import words_of_reasons
from service.web.patient.blueprint import patient_form, render_for, say_in
from service.web.patient.browser_session import go_to, opened_visit, require_form_key, session_secret, set_session
from service.web.patient.page_views import PageWriter, Posted

# The most fields of a page that is sent.
MOST_FIELDS = 200


@patient_form.get("/page/<int:number>")
def show_page(number: int) -> Response:
    """A page, unless one before it was never saved: that comes first."""
    visit, context = opened_visit(), app_context().forms
    if visit.sent:
        return go_to("show_sent")
    if visit.draft.helper is None:
        return go_to("show_start")
    pages = read_visit_pages(visit, context)
    page, first = pages.page(number), pages.next_unsaved()
    if page is None or (first is not None and first.number < number):
        return go_to("show_page", number=first.number) if first else go_to("show_review")
    return render_page(pages, page)


def render_page(pages: VisitPages, page: VisitPage, posted: Posted | None = None) -> Response:
    """A page with its progress over the pages that apply."""
    visit, context = pages.visit, app_context().forms
    say = say_in(visit.session.language)
    view = PageWriter(pages, page, context, say, posted).view()
    before = pages.before(page.number)
    return render_for(
        visit,
        "page.html",
        422 if posted else 200,
        page=page,
        view=view,
        form=page.form,
        step=pages.applying.index(page) + 1,
        steps=len(pages.applying),
        back=before.number if before else 0,
        is_review=is_review(),
        session_seconds=int(SESSION_TIME.total_seconds()),
    )


def is_review() -> bool:
    """True if the patient came from the page before sending, and returns there."""
    return request.values.get("review") == "1"


@patient_form.post("/page/<int:number>")
def save(number: int) -> Response:
    """Saves a page, then goes to help that cannot wait, to the next page, or back to the page before sending."""
    visit, context = opened_visit(), app_context().forms
    require_form_key(visit)
    if visit.sent:
        return go_to("show_sent")
    declined = request.form.get("decline", "")
    cleared = declined or request.form.get("clear", "")
    fields = without_field(request.form, cleared)
    if declined:
        fields.add(f"{declined}-{DECLINED}", "1")
    asked = [*request.form.get("asked", "").splitlines(), *(all_questions(visit, number) if cleared else [])]
    saved = save_page(visit, number, fields, asked, context)
    if saved is None:
        return go_to("show_page", number=number)
    extend_session(session_secret(), visit, context)
    if unseen_help(saved.pages, context) is not None:
        return go_to("show_help")
    if cleared:
        return go_to("show_page", number=number, **({"review": "1"} if is_review() else {}))
    page = saved.pages.page(number)
    if not saved.is_done and page is not None:
        return render_page(saved.pages, page, Posted(fields, saved.faults, saved.asked))
    return with_cookie(next_step(saved.pages, number))


def with_cookie(response: Response) -> Response:
    """The response that keeps the session of the browser as long as that of the service."""
    set_session(response, session_secret())
    return response


def all_questions(visit: FormVisit, number: int) -> list[str]:
    """The linkIds of the questions of a page: none is asked once more when an answer is cleared."""
    page = read_visit_pages(visit, app_context().forms).page(number)
    return [question.link_id for question in page.page.questions] if page else []


def without_field(fields: MultiDict[str, str], name: str) -> MultiDict[str, str]:
    """The fields without one that the patient cleared or declined."""
    gone = (name, f"{name}-{DECLINED}")
    kept = [(key, value) for key, value in fields.items(multi=True) if not name or key.split("-clear")[0] not in gone]
    return MultiDict(kept[:MOST_FIELDS])


def next_step(pages: VisitPages, number: int) -> Response:
    """The first page that was never saved, if the patient came from the page before sending or none follows."""
    unsaved, following = pages.next_unsaved(), pages.after(number)
    if is_review() or following is None:
        return go_to("show_review") if unsaved is None else go_to("show_page", number=unsaved.number)
    return go_to("show_page", number=following.number)


@patient_form.get("/help")
def show_help() -> Response:
    """Help for answers that cannot wait. The page links nowhere else."""
    visit, context = opened_visit(), app_context().forms
    if visit.sent:
        return go_to("show_sent")
    pages = read_visit_pages(visit, context)
    found = early_help(pages, context)
    if found is None:
        return go_to("show_review")
    return render_for(visit, "help.html", advice=found.page, told=lambda line: words_of_reasons(line.told, pages))


@patient_form.post("/help")
def leave_help() -> Response:
    """Remembers that the help was shown, and goes on."""
    visit, context = opened_visit(), app_context().forms
    require_form_key(visit)
    pages = read_visit_pages(visit, context)
    found = early_help(pages, context)
    shown = {*visit.draft.shown_help, *(found.findings if found else ())}
    visit = save_draft(visit, replace(visit.draft, shown_help=tuple(sorted(shown))), context)
    page = pages.next_unsaved()
    return go_to("show_review") if page is None else go_to("show_page", number=page.number)
