"""Saves a page: checks the entries, keeps the valid ones, and stores the responses as in-progress."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from service.fhir.questionnaires.patient_form.declined_answers import DECLINED, declined_answer
from service.fhir.questionnaires.patient_form.entered_answers import (
    EntryFault,
    Fields,
    is_open,
    needed,
    read_entered_answer,
)
from service.fhir.questionnaires.patient_form.form_questions import FormQuestion
from service.issues import Unprocessable
from service.ports.form_visits import Draft, FormVisit, VisitConflict
from service.usecases.forms.form_context import FormContext
from service.usecases.forms.storing import store_visit
from service.usecases.forms.visit_pages import VisitPage, VisitPages, read_visit_pages

TRIES = 5


@dataclass(frozen=True)
class SavedPage:
    """The visit after a save. ``faults``: entries to correct. ``asked``: questions to ask once more.

    The page was saved if there are neither.
    """

    pages: VisitPages
    faults: tuple[EntryFault, ...] = ()
    asked: tuple[FormQuestion, ...] = ()

    @property
    def is_done(self) -> bool:
        """True if the patient may go on."""
        return not self.faults and not self.asked


@dataclass(frozen=True)
class PageEntries:
    """The entries on a page. ``answers`` are the valid ones; None for a question that was left open."""

    answers: dict[str, list[dict[str, Any]] | None]
    faults: tuple[EntryFault, ...]
    open: tuple[FormQuestion, ...]


def save_page(
    visit: FormVisit, number: int, fields: Fields, asked_before: Collection[str], context: FormContext
) -> SavedPage | None:
    """Saves a page. None if the visit has no such page, or it does not apply.

    ``asked_before``: the linkIds of the questions that were asked once more already. Valid entries are saved beside
    wrong ones, so that an alarm sign is never lost. Raises VisitConflict if the visit was sent meanwhile.
    """
    for _ in range(TRIES):
        pages = read_visit_pages(visit, context)
        page = pages.page(number)
        if page is None:
            return None
        try:
            return save_entries(pages, page, fields, asked_before, context)
        except VisitConflict:
            visit = reread_visit(visit, context)
    raise VisitConflict


def reread_visit(visit: FormVisit, context: FormContext) -> FormVisit:
    """The visit as it is now. Raises VisitConflict if it is sent."""
    now = context.store.visits.read_current(visit.id)
    if now is None or now.sent is not None:
        raise VisitConflict
    return now


def save_entries(
    pages: VisitPages, page: VisitPage, fields: Fields, asked_before: Collection[str], context: FormContext
) -> SavedPage:
    """Saves the entries of a page. Raises VisitConflict if another request saved the visit meanwhile."""
    entries = read_entered(pages, page, fields, context)
    again = [
        question
        for question in entries.open
        if question.link_id not in asked_before and context.asks_again(page.form.instrument.name, question.link_id)
    ]
    done = not entries.faults and not again
    visit = with_entered(pages.visit, page, entries.answers, done)
    after, refused = store_draft(pages, visit, page, context)
    return SavedPage(after, (*entries.faults, *refused), tuple(again))


def store_draft(
    before: VisitPages, visit: FormVisit, page: VisitPage, context: FormContext
) -> tuple[VisitPages, tuple[EntryFault, ...]]:
    """The visit after it was stored. Answers that the service refuses are left out, each with a fault."""
    pages = replace(before, visit=visit)
    if visit.is_stored and before.given(page.form) == pages.given(page.form):
        context.store.visits.save_visit(visit)
        return with_next_version(pages), ()
    try:
        store_visit(pages, visit, "in-progress", context, [page.form.canonical])
    except Unprocessable as problem:
        links = {question.link_id for question in page.page.questions}
        refused = sorted({issue.link_id for issue in problem.issues if issue.is_error and issue.link_id in links})
        if not refused:
            raise
        kept = with_entered(visit, page, dict.fromkeys(refused), False)
        store_visit(replace(before, visit=kept), kept, "in-progress", context, [page.form.canonical])
        faults = tuple(EntryFault(link_id, "not-accepted") for link_id in refused)
        return with_next_version(replace(before, visit=kept)), faults
    return with_next_version(pages), ()


def with_next_version(pages: VisitPages) -> VisitPages:
    """The visit as it is after a save."""
    return replace(pages, visit=replace(pages.visit, version=pages.visit.version + 1, is_stored=True))


def read_entered(pages: VisitPages, page: VisitPage, fields: Fields, context: FormContext) -> PageEntries:
    """The entries on a page, with every fault. A question is declined only if it has no other answer."""
    today, declining = context.now().date(), context.layout.declining
    answers: dict[str, list[dict[str, Any]] | None] = {}
    faults, left_open = [], []
    for question in pages.questions(page):
        if question.control in ("read-only", "not-supported"):
            continue
        name = page.form.field_names[question.link_id]
        given, fault = read_entered_answer(question, name, fields, today)
        if not given and fault is None and question.link_id in declining and fields.get(f"{name}-{DECLINED}", ""):
            given = [declined_answer(declining[question.link_id])]
        if fault is not None:
            faults.append(fault)
        elif given or not is_open(question, name, fields):
            answers[question.link_id] = given
        else:
            answers[question.link_id] = None
            left_open.append(question)
        if fault is None and question.required and not given:
            faults.append(EntryFault(question.link_id, needed(question)))
    required = {fault.link_id for fault in faults}
    return PageEntries(answers, tuple(faults), tuple(q for q in left_open if q.link_id not in required))


def with_entered(
    visit: FormVisit, page: VisitPage, entries: dict[str, list[dict[str, Any]] | None], done: bool
) -> FormVisit:
    """The visit with the entries of a page; a question that was left open loses its answer."""
    canonical = page.form.canonical
    given = {**visit.draft.answers.get(canonical, {}), **{key: value for key, value in entries.items() if value}}
    given |= {key: [] for key, value in entries.items() if value == []}
    for link_id in (key for key, value in entries.items() if value is None):
        given.pop(link_id, None)
    saved = visit.draft.saved_pages | ({page.number} if done else frozenset())
    draft = replace(visit.draft, answers={**visit.draft.answers, canonical: given}, saved_pages=saved)
    return replace(visit, draft=draft)


def save_draft(visit: FormVisit, draft: Draft, context: FormContext, language: str | None = None) -> FormVisit:
    """Saves who answers, the help that was shown, or the language. Raises VisitConflict after too many conflicts."""
    for _ in range(TRIES):
        session = replace(visit.session, language=language or visit.session.language)
        merged = replace(visit.draft, helper=draft.helper, shown_help=draft.shown_help)
        try:
            context.store.visits.save_visit(replace(visit, draft=merged, session=session))
            return replace(visit, draft=merged, session=session, version=visit.version + 1)
        except VisitConflict:
            visit = reread_visit(visit, context)
    raise VisitConflict
