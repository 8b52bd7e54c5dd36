"""The pages of a visit as the templates show them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from service.fhir.questionnaires.patient_form.declined_answers import DECLINED, is_declined
from service.fhir.questionnaires.patient_form.entered_answers import EntryFault, Fields
from service.fhir.questionnaires.patient_form.form_pages import PageElement
from service.fhir.questionnaires.patient_form.form_questions import FormQuestion
from service.usecases.forms.form_context import FormContext
from service.usecases.forms.visit_pages import VisitForm, VisitPage, VisitPages
from service.web.patient.answer_words import words_of_answers
from service.web.patient.fault_words import words_of_fault
from service.web.patient.field_views import (
    FieldView,
    drawn_areas,
    entered_parts,
    entered_values,
    lit_sides,
    posted_parts,
)
from service.web.patient.languages import Say


@dataclass(frozen=True)
class Posted:
    """A page that was sent and is shown again: its fields, and why."""

    fields: Fields
    faults: tuple[EntryFault, ...] = ()
    asked: tuple[FormQuestion, ...] = ()


@dataclass(frozen=True)
class PageView:
    """A page: its elements, each with the view of its question, and the lines of the summary of errors."""

    elements: list[tuple[PageElement, FieldView | None]]
    errors: list[tuple[str, str, str]]
    asked: list[tuple[str, str]]
    headings_before: tuple[str, ...] = ()

    @property
    def asked_ids(self) -> str:
        """The linkIds of the questions asked once more, for the hidden field."""
        return "\n".join(
            view.question.link_id for _, view in self.elements if view and view.first_id in dict(self.asked)
        )


@dataclass(frozen=True)
class PageWriter:
    """Makes the view of a page. ``posted``: the page was sent with entries that are shown again."""

    pages: VisitPages
    page: VisitPage
    context: FormContext
    say: Say
    posted: Posted | None = None

    def view(self) -> PageView:
        """The view of the page."""
        elements = [
            (each, self.field(each.question) if each.question else None) for each in self.pages.shown(self.page)
        ]
        views = [view for _, view in elements if view is not None]
        errors = [(view.first_id, view.fault, view.question.text) for view in views if view.fault]
        asked_links = {question.link_id for question in self.posted.asked} if self.posted else set()
        asked = [(view.first_id, view.question.text) for view in views if view.question.link_id in asked_links]
        return PageView(elements, errors, [] if errors else asked, self.headings_before())

    def headings_before(self) -> tuple[str, ...]:
        """The titles of the groups that the page before has already."""
        before = self.pages.before(self.page.number)
        return before.page.elements[-1].headings if before and before.form is self.page.form else ()

    def field(self, question: FormQuestion) -> FieldView:
        """The view of one question."""
        form, link_id = self.page.form, question.link_id
        name = form.field_names[link_id]
        given = self.pages.given(form).get(link_id)
        known = [] if given is not None or self.posted else self.pages.known_answer(form, question)
        shown = given if given is not None else known or None
        fault = self.fault_of(link_id)
        posted = self.posted
        areas, sides = self.drawing(form, question)
        return FieldView(
            name=name,
            question=question,
            values=tuple(posted.fields.getlist(name)) if posted else entered_values(question, shown),
            parts=posted_parts(name, posted.fields) if posted else entered_parts(question, shown),
            fault=words_of_fault(fault, self.say) if fault else "",
            fault_part=fault.part if fault else "",
            note=self.note_of(question, known),
            is_optional=not question.required and not self.context.asks_again(form.instrument.name, link_id),
            offers_none=question.control == "checkboxes" and not question.has_exclusive and not question.required,
            may_decline=link_id in self.context.layout.declining,
            is_declined=self.is_declined(name, given),
            areas=areas,
            sides=sides,
        )

    def is_declined(self, name: str, given: Sequence[Mapping[str, object]] | None) -> bool:
        """True if the patient prefers not to answer a question, and has not chosen an answer since."""
        if self.posted is None:
            return is_declined(given)
        return bool(self.posted.fields.get(f"{name}-{DECLINED}", "")) and not self.posted.fields.getlist(name)

    def fault_of(self, link_id: str) -> EntryFault | None:
        """The fault of the entry for a question."""
        faults = self.posted.faults if self.posted else ()
        return next((fault for fault in faults if fault.link_id == link_id), None)

    def note_of(self, question: FormQuestion, known: Collection[object]) -> str:
        """A word about a question: it is answered already, or asked once more."""
        if known:
            return self.say("You answered this before. Change it if it is not right.")
        asked = self.posted.asked if self.posted else ()
        if question.link_id in {each.link_id for each in asked}:
            return self.say("You left this open. Please answer it if you can. If not, continue.")
        return ""

    def drawing(self, form: VisitForm, question: FormQuestion) -> tuple[Mapping[int, tuple[str, ...]], tuple[str, ...]]:
        """The areas and sides of the drawing beside a question, if it has one."""
        body_map = self.context.layout.body_maps.get(question.link_id)
        if body_map is None:
            return {}, ()
        side = self.pages.given(form).get(body_map.side_question, [])
        return drawn_areas(body_map, question.options), lit_sides(body_map, side)


@dataclass(frozen=True)
class ReviewRow:
    """One question on the page before sending, with its answer in words and its page."""

    text: str
    answer: str
    page: int
    is_open: bool


def review_rows(pages: VisitPages, form: VisitForm, context: FormContext, say: Say) -> list[ReviewRow]:
    """The questions of a form that apply, with their answers."""
    rows = []
    for page in pages.applying:
        if page.form is not form:
            continue
        for question in pages.questions(page):
            if question.control == "not-supported":
                continue
            answers = pages.given(form).get(question.link_id)
            words = words_of_answers(question, answers, say)
            body_map = context.layout.body_maps.get(question.link_id)
            if body_map is not None and answers:
                words = f"{words} ({side_words(pages, form, body_map.side_question, say)})"
            rows.append(ReviewRow(question.text, words, page.number, answers is None))
    return rows


def side_words(pages: VisitPages, form: VisitForm, link_id: str, say: Say) -> str:
    """The side in words, as the patient answered the question for it."""
    questions = (question for page in form.pages for question in page.questions)
    question = next((each for each in questions if each.link_id == link_id), None)
    answers = pages.given(form).get(link_id)
    if question is None or not answers:
        return say("Side: not answered")
    return say("Side: {side}", side=words_of_answers(question, answers, say))
