"""The page before sending, sending, and the page after it."""

from flask import Response

from service.usecases.forms.patient_texts import early_help, page_after_sending
from service.usecases.forms.sending import AnswersMissing, send_visit
from service.usecases.forms.visit_pages import read_visit_pages
from service.web.context import app_context
from service.web.patient.answer_words import words_of_reasons
from service.web.patient.blueprint import patient_form, render_for, say_in
from service.web.patient.browser_session import go_to, opened_visit, require_form_key
from service.web.patient.page_views import review_rows


@patient_form.get("/review")
def show_review() -> Response:
    """Every question with its answer, and a link to change it."""
    visit, context = opened_visit(), app_context().forms
    if visit.sent:
        return go_to("show_sent")
    pages = read_visit_pages(visit, context)
    unsaved = pages.next_unsaved()
    if unsaved is not None:
        return go_to("show_page", number=unsaved.number)
    say = say_in(visit.session.language)
    sections = [(form, review_rows(pages, form, context, say)) for form in pages.forms]
    found = early_help(pages, context)
    return render_for(
        visit,
        "review.html",
        sections=sections,
        advice=found.page if found else None,
        told=lambda line: words_of_reasons(line.told, pages),
        last=pages.applying[-1].number if pages.applying else 0,
    )


@patient_form.post("/send")
def send() -> Response:
    """Sends the answers once, however often it is asked for."""
    visit, context = opened_visit(), app_context().forms
    require_form_key(visit)
    try:
        send_visit(visit, context)
    except AnswersMissing as problem:
        page, _ = problem.questions[0]
        return go_to("show_page", number=page.number, review="1")
    return go_to("show_sent")


@patient_form.get("/sent")
def show_sent() -> Response:
    """Thanks, and what happens next."""
    visit, context = opened_visit(), app_context().forms
    if not visit.sent:
        return go_to("show_start")
    pages = read_visit_pages(visit, context)
    advice = page_after_sending(visit, context)
    return render_for(visit, "sent.html", advice=advice, told=lambda line: words_of_reasons(line.told, pages))
