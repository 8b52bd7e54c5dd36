"""The pages of a visit, and those among them that apply to the answers so far."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from service.fhir.questionnaires.patient_form.declined_answers import is_declined
from service.fhir.questionnaires.patient_form.enabled_items import enabled_items
from service.fhir.questionnaires.patient_form.form_pages import FormPage, PageElement
from service.fhir.questionnaires.patient_form.form_questions import FormQuestion
from service.fhir.questionnaires.patient_form.translations import language_of_form
from service.fhir.r4.types import Resource
from service.ports.form_visits import FormVisit
from service.screening.instruments.instrument import Instrument
from service.usecases.forms.form_context import FormContext

Given = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class VisitForm:
    """One form of a visit. ``language`` is that in which it is shown, ``wanted`` that of the visit."""

    number: int
    canonical: str
    response_id: str
    questionnaire: Resource
    instrument: Instrument
    language: str
    wanted: str
    pages: tuple[FormPage, ...]
    safety_items: tuple[str, ...]

    @property
    def id(self) -> str:
        """The id of the questionnaire, such as "gad-7"."""
        return str(self.questionnaire["id"])

    @cached_property
    def field_names(self) -> Mapping[str, str]:
        """The name of the field of each question on a page: "q0-4"."""
        links = (question.link_id for page in self.pages for question in page.questions)
        return {link_id: f"q{self.number}-{index}" for index, link_id in enumerate(links)}


@dataclass(frozen=True)
class VisitPage:
    """One page of a visit, with its number among all pages of all forms, from 1."""

    number: int
    form: VisitForm
    page: FormPage


@dataclass(frozen=True)
class VisitPages:
    """A visit with the pages of its forms."""

    visit: FormVisit
    forms: tuple[VisitForm, ...]

    @cached_property
    def pages(self) -> tuple[VisitPage, ...]:
        """All pages."""
        pairs = ((form, page) for form in self.forms for page in form.pages)
        return tuple(VisitPage(number, form, page) for number, (form, page) in enumerate(pairs, 1))

    def given(self, form: VisitForm) -> Given:
        """The answers to a form."""
        return self.visit.draft.answers.get(form.canonical, {})

    @cached_property
    def enabled(self) -> Mapping[str, frozenset[str]]:
        """The linkIds of the enabled items by form."""
        return {
            form.canonical: enabled_items(form.instrument, form.questionnaire, self.given(form)) for form in self.forms
        }

    def shown(self, page: VisitPage) -> list[PageElement]:
        """The elements of a page that apply. A question inside a question applies if that has an answer."""
        return [element for element in page.page.elements if self.applies(page.form, element)]

    def applies(self, form: VisitForm, element: PageElement) -> bool:
        """True if an element is enabled, and the questions that contain it are answered."""
        asked, given = form.field_names, self.given(form)
        answered = all(given.get(link_id) for link_id in element.path[:-1] if link_id in asked)
        return answered and self.enabled[form.canonical].issuperset(element.path)

    def questions(self, page: VisitPage) -> list[FormQuestion]:
        """The questions of a page that apply."""
        return [element.question for element in self.shown(page) if element.question is not None]

    @cached_property
    def applying(self) -> tuple[VisitPage, ...]:
        """The pages with a question or text that applies."""
        return tuple(page for page in self.pages if self.shown(page))

    def page(self, number: int) -> VisitPage | None:
        """The page with a number, if it applies."""
        return next((page for page in self.applying if page.number == number), None)

    def after(self, number: int) -> VisitPage | None:
        """The next page that applies, or None after the last."""
        return next((page for page in self.applying if page.number > number), None)

    def before(self, number: int) -> VisitPage | None:
        """The page before that applies, or None before the first."""
        return next((page for page in reversed(self.applying) if page.number < number), None)

    def next_unsaved(self) -> VisitPage | None:
        """The first page that applies and was never saved, or None."""
        return next((page for page in self.applying if page.number not in self.visit.draft.saved_pages), None)

    def is_open(self, form: VisitForm, question: FormQuestion) -> bool:
        """True if a question has no answer, and the patient did not choose "None of these" either."""
        return question.link_id not in self.given(form)

    def missing(self) -> Iterator[tuple[VisitPage, FormQuestion]]:
        """Yields the required questions without an answer, each with its page."""
        for page in self.applying:
            for question in self.questions(page):
                if question.required and not self.given(page.form).get(question.link_id):
                    yield page, question

    def known_answer(self, form: VisitForm, question: FormQuestion) -> list[dict[str, Any]]:
        """The answer to the same question in an earlier form of the visit; empty if it was not asked.

        https://www.w3.org/WAI/WCAG22/Understanding/redundant-entry.html
        """
        codes = set(form.instrument.by_link_id[question.link_id].code)
        for earlier in self.forms[: form.number]:
            for link_id, item in earlier.instrument.by_link_id.items():
                answers = self.given(earlier).get(link_id)
                if answers and not is_declined(answers) and not codes.isdisjoint(item.code) and fits(question, answers):
                    return answers
        return []


def fits(question: FormQuestion, answers: list[dict[str, Any]]) -> bool:
    """True if answers to another question can be answers to this one."""
    allowed = [dict(option.answer) for option in question.options]
    return all(answer in allowed for answer in answers) if allowed else question.control != "not-supported"


def read_visit_pages(visit: FormVisit, context: FormContext) -> VisitPages:
    """The pages of a visit, in its language as far as the forms are translated."""
    return VisitPages(visit, tuple(visit_forms(visit, context)))


def visit_forms(visit: FormVisit, context: FormContext) -> Iterator[VisitForm]:
    """Yields the forms of a visit. A form that is no longer published is left out."""
    catalogue = context.assessment.catalogue
    wanted = visit.session.language
    for canonical, id in zip(visit.session.forms, visit.response_ids, strict=True):
        resource, form = context.find_questionnaire(canonical), catalogue.find(canonical)
        if resource is None or form is None:
            continue
        number = visit.session.forms.index(canonical)
        safety = context.assessment.knowledge.rules.instruments[form.instrument.name].safety_items
        pages = context.pages_of(resource, wanted)
        language = language_of_form(resource, wanted)
        yield VisitForm(number, canonical, id, resource, form.instrument, language, wanted, pages, tuple(safety))
