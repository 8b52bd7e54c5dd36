"""The blueprint of the form: its headers, its failures, and how a page is rendered."""

from collections.abc import Sequence
from typing import Any

import structlog
from flask import Blueprint, Response, g, render_template, request, url_for
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from service.fhir.r4.types import Resource
from service.issues import Issue, Rejected, StoringFailed, Throttled, Unavailable, UnreadableStore
from service.ports.form_visits import FormVisit, VisitConflict
from service.usecases.refusals.keep import FAILED, NOT_READ, RefusedContent, Unjudged, keep_refused
from service.web.context import app_context
from service.web.errors import (
    RETRY_AFTER_SECONDS,
    failure_issue,
    issue_response,
    respond_to_http_exception,
    unreadable_issue,
)
from service.web.patient.assets import asset_hash
from service.web.patient.browser_session import NoVisit, OtherVisit, form_key, go_to, opened_visit
from service.web.patient.emergency_signs import emergency_signs
from service.web.patient.languages import MIRRORED, Say, direction_of, words_in
from service.web.patient.phone_numbers import with_phone_links

log = structlog.get_logger()

patient_form = Blueprint("patient_form", __name__, url_prefix="/forms", template_folder="templates")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)


@patient_form.after_request
def add_headers(response: Response) -> Response:
    """The response with the policy of the pages: nothing from another site, no style and no script inside a page."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    return response


@patient_form.app_template_filter("phones")
def link_phones(text: str) -> Markup:
    """A text in which the numbers of the site are links that call."""
    return with_phone_links(text, app_context().assessment_context.knowledge.contacts)


@patient_form.app_template_filter("first_question")
def first_question(text: str) -> str:
    """A text up to its first question mark: the heading of a question whose examples follow it."""
    first, mark, _ = text.partition("? ")
    return f"{first}?" if mark else text


@patient_form.app_template_filter("other_sentences")
def other_sentences(text: str) -> str:
    """The sentences after the first question mark of a text."""
    return text.partition("? ")[2]


def say_in(language: str) -> Say:
    """The words of the form in a language."""
    return words_in(language, app_context().forms.texts)


def render(template: str, language: str, status: int = 200, **values: Any) -> Response:
    """A page."""
    context = app_context().forms
    text = render_template(
        f"patient_form/{template}",
        _=say_in(language),
        language=language,
        direction=direction_of(language),
        direction_of=direction_of,
        is_demo=context.is_demo,
        layout=context.layout,
        asset=lambda name: url_for("patient_form.show_asset", name=name, v=asset_hash(name)),
        **values,
    )
    return Response(text, status, content_type="text/html; charset=utf-8")


def render_for(visit: FormVisit, template: str, status: int = 200, **values: Any) -> Response:
    """A page of a visit, with the key that its forms send back."""
    key = form_key(visit)
    return render(template, visit.session.language, status, visit=visit, key=key, **values)


@patient_form.errorhandler(NoVisit)
def respond_without_visit(_: NoVisit) -> Response:
    """The page that says that no form is open in this browser."""
    return render("notice.html", wanted_language(), 403, notice="no-form-open")


@patient_form.errorhandler(OtherVisit)
def respond_to_other_visit(_: OtherVisit) -> Response:
    """The page that says that nothing was saved, because the page belongs to another form."""
    return render("notice.html", wanted_language(), 403, notice="other-form")


@patient_form.errorhandler(VisitConflict)
def respond_to_conflict(_: VisitConflict) -> Response:
    """The page after sending, if the visit was sent; otherwise the page that asks to try again."""
    try:
        visit = opened_visit()
    except NoVisit as problem:
        # Its link was revoked meanwhile.
        return respond_without_visit(problem)
    return go_to("show_sent") if visit.sent else render_try_again(503)


@patient_form.errorhandler(Rejected)
def respond_to_rejected_form(problem: Rejected) -> Response:
    """The page that asks to try again. The answers stay in the draft, and the operator is told: our form has made of
    them what our own check refuses."""
    log.error("form_not_accepted", count=len(problem.issues), request=g.get("request_id"))
    tell_unjudged(problem.unjudged, Unjudged(problem.issues))
    return render_try_again(503)


@patient_form.errorhandler(Throttled)
def respond_to_throttled(problem: Throttled) -> Response:
    """429 with the sentence that says to come again later."""
    return issue_response(problem.issues[0], 429, {"Retry-After": str(problem.seconds)})


@patient_form.errorhandler(Unavailable)
def respond_to_unavailable_form(problem: Unavailable) -> Response:
    """The page that asks to try again: the database is unavailable, or other requests kept writing. The operator is
    told of danger signs: the patient may not try again."""
    log.error("service_unavailable", reason=str(problem), request=g.get("request_id"))
    tell_unjudged(problem.unjudged, Unjudged([Issue("transient", "", str(problem))]))
    response = render_try_again(503)
    response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return response


@patient_form.errorhandler(UnreadableStore)
def respond_to_unreadable_form(problem: UnreadableStore) -> Response:
    """The page that asks to try again. The operator is told, also of the danger signs that nobody has judged."""
    tell_unjudged(problem.unjudged, NOT_READ)
    unreadable_issue()
    return render_try_again(503)


@patient_form.errorhandler(Exception)
def respond_to_failed_form(problem: Exception) -> Response:
    """The page that asks to try again: this service failed. The operator is told, also of the danger signs."""
    if isinstance(problem, HTTPException):
        return respond_to_http_exception(problem)
    failed = problem if isinstance(problem, StoringFailed) else StoringFailed(problem)
    failure_issue(failed.cause)
    tell_unjudged(failed.unjudged, FAILED)
    return render_try_again(FAILED.status)


def render_try_again(status: int) -> Response:
    """The page that asks to try again. It says whom to call, for a patient whose answer would have led to that."""
    language = wanted_language()
    signs = emergency_signs(language, app_context().forms)
    return render("try_again.html", language, status, signs=signs)


def tell_unjudged(responses: Sequence[Resource], why: Unjudged) -> None:
    """Keeps a trace of the responses that were not accepted, so that the operator hears of the danger signs in them."""
    contents = [RefusedContent(each, why.issues) for each in responses]
    g.refused_signs = len(keep_refused(contents, why.status, g.request_id, app_context().refusals))


def wanted_language() -> str:
    """The language in the address, if the form has it; else that of the visit, if it could be read."""
    asked = request.args.get("lang", "")
    return asked if asked in known_languages() else g.get("visit_language", "en")


def known_languages() -> list[str]:
    """The languages of the form."""
    context = app_context().forms
    return [*context.layout.languages, *([MIRRORED] if context.is_demo else [])]
