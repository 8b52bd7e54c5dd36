"""Sends a visit: its responses are completed and assessed, in one transaction with the end of the visit."""

from dataclasses import replace

from service.fhir.questionnaires.patient_form.form_questions import FormQuestion
from service.issues import Unavailable
from service.ports.form_visits import Draft, FormVisit, VisitConflict
from service.usecases.forms.form_context import FormContext
from service.usecases.forms.saving import TRIES
from service.usecases.forms.storing import store_visit
from service.usecases.forms.visit_pages import VisitPage, read_visit_pages


class AnswersMissing(Exception):
    """Required questions have no answer. ``questions`` are these with their pages."""

    def __init__(self, questions: list[tuple[VisitPage, FormQuestion]]) -> None:
        super().__init__(f"{len(questions)} required questions have no answer")
        self.questions = questions


def send_visit(visit: FormVisit, context: FormContext) -> None:
    """Sends a visit; does nothing if it is sent already, however many requests ask for it.

    Raises AnswersMissing, and Unprocessable with every issue if the responses are refused. The draft is deleted.
    """
    for _ in range(TRIES):
        if visit.sent is not None:
            return
        pages = read_visit_pages(visit, context)
        missing = list(pages.missing())
        if missing:
            raise AnswersMissing(missing)
        sent = replace(visit, sent=context.now(), draft=Draft(helper=visit.draft.helper))
        try:
            store_visit(pages, sent, "completed", context)
        except VisitConflict:
            visit = current_visit(visit, context)
        except Unavailable:
            # Another request may have sent the visit while this one waited for its turn.
            if current_visit(visit, context).sent is None:
                raise
            return
        else:
            return
    raise VisitConflict


def current_visit(visit: FormVisit, context: FormContext) -> FormVisit:
    """The visit as it is stored now."""
    return context.store.visits.read_current(visit.id) or visit
