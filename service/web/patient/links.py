"""The link of a patient: looking at it changes nothing, its button opens the forms and leaves the address behind.

Mail scanners and previews load every address in a message, so the link is opened by POST alone.
"""

from datetime import date

from flask import Response, request

from service.ports.access.audit import Access, Actor
from service.usecases.access.audit import access_event
from service.usecases.forms.opening import open_visit
from service.usecases.links.links import OpenedLink, find_valid_link, open_link, token_digest
from service.web.access.limits import client_address, require_within_limit
from service.web.context import app_context
from service.web.patient.blueprint import patient_form, render, wanted_language
from service.web.patient.browser_session import go_to, require_same_origin, set_session

DATE_PARTS = ("year", "month", "day")


@patient_form.get("/link/<token>")
def show_link(token: str) -> Response:
    """The page with the button that opens the forms, and with the question for the birth date if the link has one."""
    count_try(token)
    link = find_valid_link(token, app_context().links, app_context().now())
    if link is None:
        return no_link()
    return render("link.html", link.session.language, asks_date=link.birth_date is not None, fault="")


@patient_form.post("/link/<token>")
def follow_link(token: str) -> Response:
    """Opens the forms: gives this browser a session, and goes to an address without the token."""
    count_try(token)
    require_same_origin()
    app = app_context()
    opened = open_link(token, sent_date(), app.links, app.now())
    note_opening(opened)
    if opened.session is None:
        if opened.asks_again and opened.link is not None:
            return render("link.html", opened.link.session.language, 422, asks_date=True, fault="date")
        return no_link()
    visit = open_visit(opened.session, app.forms)
    set_session(response := go_to("show_start"), visit.secret)
    return response


def no_link() -> Response:
    """The page for every link that opens nothing, whatever the reason."""
    return render("notice.html", wanted_language(), 404, notice="no-form-open")


def count_try(token: str) -> None:
    """Counts a try of this link, and one of this address. Raises Throttled."""
    require_within_limit("link", token_digest(token))
    require_within_limit("link", client_address())


def sent_date() -> date | None:
    """The birth date in the form; None if it is no date."""
    try:
        year, month, day = (int(request.form.get(name, "")) for name in DATE_PARTS)
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def note_opening(opened: OpenedLink) -> None:
    """Writes to the audit trail that a link was opened, or was not. Raises Unavailable if it cannot."""
    app = app_context()
    if app.audit is None:
        return
    link = opened.link
    status = 200 if opened.session is not None else 401 if link is not None else 404
    client = None if link is None else f"link/{link.id}"
    actor = Actor(client_address(), app.base, client)
    patient = None if link is None else link.session.patient
    access = Access(app.now(), app.new_request_id(), "operation", status, actor, app.base, patient)
    app.audit.append_events([access_event(access, f"{access.request}.1")])
