"""Divides a Questionnaire into pages: few questions on each, and a follow-up never on the page of its question."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from service.fhir.questionnaires.patient_form.form_questions import (
    FormQuestion,
    form_question,
    is_hidden,
)
from service.fhir.questionnaires.patient_form.translations import text_in
from service.fhir.r4.types import Resource
from service.fhir.terminology.value_set_membership import TerminologyResources

# Lines of controls and questions on a page: three questions of the PHQ-9, or one list of symptoms.
LINES_PER_PAGE = 20
LINES_OF_QUESTION = 2


@dataclass(frozen=True)
class PageElement:
    """A question or a text of a page. ``headings``: the titles of the groups around it, the outermost first.

    ``sources``: the questions on whose answers it depends, also through the groups around it. ``link_ids``: the path
    of the item, as in `FormQuestion.path`.
    """

    path: tuple[str, ...]
    headings: tuple[str, ...]
    sources: frozenset[str]
    group: str = ""
    question: FormQuestion | None = None
    text: str = ""

    @property
    def lines(self) -> int:
        """How many lines it takes on a page; a text takes none."""
        return LINES_OF_QUESTION + self.question.lines if self.question else 0


@dataclass(frozen=True)
class FormPage:
    """One page of a form. ``lead_in``: the beginning of a sentence that its questions continue."""

    elements: tuple[PageElement, ...]
    lead_in: str = ""

    @property
    def questions(self) -> list[FormQuestion]:
        """The questions of the page."""
        return [element.question for element in self.elements if element.question is not None]


@dataclass
class PageMaker:
    """Collects the elements of a form into pages. ``alone``: linkIds of questions that begin a page."""

    alone: Collection[str] = ()
    pages: list[list[PageElement]] = field(default_factory=list)
    page: list[PageElement] = field(default_factory=list)

    def add(self, element: PageElement) -> None:
        """Adds an element to the last page, or to a new one."""
        if self.page and self.needs_page(element):
            self.end_page()
        self.page.append(element)

    def needs_page(self, element: PageElement) -> bool:
        """True if an element does not fit on the last page, or follows from an answer on it."""
        asked = {each.path[-1] for each in self.page}
        full = sum(each.lines for each in self.page) + element.lines > LINES_PER_PAGE
        has_question = any(each.question for each in self.page)
        starts = element.path[-1] in self.alone or self.page[-1].path[-1] in self.alone
        changes = element.group != self.page[-1].group and bool(element.headings or self.page[-1].headings)
        return has_question and (full or starts or changes or not asked.isdisjoint(element.sources))

    def end_page(self) -> None:
        """Ends the last page. Texts at its end belong to the next one."""
        keep = len(self.page)
        while keep and self.page[keep - 1].question is None:
            keep -= 1
        self.pages.append(self.page[:keep] if keep else self.page)
        self.page = self.page[keep:] if keep else []


def read_form_pages(
    questionnaire: Resource,
    language: str,
    terms: TerminologyResources,
    alone: Collection[str] = (),
    moved: Mapping[str, str] = MappingProxyType({}),
) -> tuple[FormPage, ...]:
    """Returns the pages of a form, whether they apply or not.

    ``alone``: questions that have a page of their own. ``moved``: groups by linkId that come directly after a question.
    """
    own_terms = TerminologyResources(questionnaire.get("contained", ()), terms)
    elements = list(page_elements(questionnaire, (), (), frozenset(), language, own_terms))
    for group, question in moved.items():
        elements = with_moved_group(elements, group, question)
    maker = PageMaker(alone)
    for element in elements:
        maker.add(element)
    if maker.page:
        maker.pages.append(maker.page)
    return tuple(with_lead_ins(maker.pages))


def with_moved_group(elements: list[PageElement], group: str, question: str) -> list[PageElement]:
    """Returns the elements with those of a group directly after a question; unchanged if the form lacks either."""
    inside = [element for element in elements if group in element.path]
    rest = [element for element in elements if group not in element.path]
    place = next((index for index, element in enumerate(rest, 1) if element.path[-1] == question), None)
    return elements if place is None else [*rest[:place], *inside, *rest[place:]]


def page_elements(
    container: Resource,
    above: tuple[str, ...],
    headings: tuple[str, ...],
    sources: frozenset[str],
    language: str,
    terms: TerminologyResources,
) -> Iterator[PageElement]:
    """Yields the questions and texts of a form in order. Display items inside a question are its help."""
    for item in container.get("item", ()):
        if is_hidden(item):
            continue
        path = (*above, item["linkId"])
        on = sources | {condition["question"] for condition in item.get("enableWhen", ())}
        kind, text = item["type"], text_in(item, "text", language)
        group = "/".join(above)
        if kind == "display":
            if "type" not in container or container["type"] == "group":
                yield PageElement(path, headings, on, group, text=text)
            continue
        if kind == "group":
            titles = (*headings, text) if text else headings
            yield from page_elements(item, path, titles, on, language, terms)
            continue
        yield PageElement(path, headings, on, group, form_question(item, path, language, terms))
        yield from page_elements(item, path, headings, on | {item["linkId"]}, language, terms)


def with_lead_ins(pages: Sequence[Sequence[PageElement]]) -> Iterator[FormPage]:
    """Yields the pages. A text that asks something is repeated above the questions that continue its sentence."""
    lead_in, group = "", ""
    for page in pages:
        first, elements = page[0], page
        if first.question is None and first.text.rstrip().endswith(("?", ":")):
            lead_in, group, elements = first.text, first.group, page[1:]
        asks_itself = any(each.question and each.question.text.rstrip().endswith("?") for each in elements)
        if elements and (elements[0].group != group or asks_itself):
            lead_in = ""
        if elements:
            yield FormPage(tuple(elements), lead_in)
