"""Opens forms for a patient: whoever has checked who it is makes a FormSession and passes it to `open_visit`."""

import hashlib
from datetime import timedelta
from typing import NamedTuple

from service.fhir.questionnaires.patient_form.form_response import initial_answers
from service.ports.form_visits import Draft, FormSession, FormVisit, VisitConflict
from service.usecases.forms.form_context import FormContext

# How long a browser may work on a visit after its last request that changes something.
SESSION_TIME = timedelta(minutes=60)


class OpenedVisit(NamedTuple):
    """A visit, and the secret that the browser keeps in a cookie."""

    visit: FormVisit
    secret: str


def open_visit(session: FormSession, context: FormContext) -> OpenedVisit:
    """Opens a visit, or the one that was opened with the same link before, and gives the browser a session."""
    visit = None if session.link is None else context.store.visits.find_visit_of_link(session.link)
    visit = visit or new_visit(session, context)
    secret = context.new_secret()
    extend_session(secret, visit, context)
    return OpenedVisit(visit, secret)


def new_visit(session: FormSession, context: FormContext) -> FormVisit:
    """A new visit, which is stored; that of another request if both opened the same link at once."""
    forms = [(form, context.find_questionnaire(form)) for form in session.forms]
    answers = {form: initial_answers(resource) for form, resource in forms if resource is not None}
    draft = Draft(answers={form: given for form, given in answers.items() if given})
    ids = tuple(context.new_id() for _ in session.forms)
    visit = FormVisit(context.new_id(), session, ids, context.now(), draft)
    try:
        context.store.visits.save_new_visit(visit)
    except VisitConflict:
        other = context.store.visits.find_visit_of_link(session.link or "")
        if other is None:
            raise
        return other
    return visit


def extend_session(secret: str, visit: FormVisit, context: FormContext) -> None:
    """Gives a browser its session, or extends it."""
    now = context.now()
    context.store.visits.save_session(session_key(secret), visit, now + SESSION_TIME, now)


def find_opened_visit(secret: str, context: FormContext) -> FormVisit | None:
    """The visit of the browser with this secret; None if it has none, or its time has passed."""
    return context.store.visits.find_visit(session_key(secret), context.now()) if secret else None


def leave_visit(secret: str, context: FormContext) -> None:
    """Ends the session of a browser. The answers stay."""
    context.store.visits.end_session(session_key(secret))


def session_key(secret: str) -> str:
    """The key under which a session is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()
