"""The parts that the use cases of the form work with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from service.fhir.questionnaires.patient_form.form_layout import FormLayout
from service.fhir.questionnaires.patient_form.form_pages import FormPage, read_form_pages
from service.fhir.r4.types import Resource
from service.fhir.results.knowledge_base import KnowledgeBase
from service.ports.submissions import SubmissionStore
from service.screening.advice.contacts import may_be_offered
from service.screening.instruments.editions import InstrumentEdition
from service.usecases.responses.prepare import AssessmentContext


@dataclass(frozen=True)
class FormContext:
    """Made once by `create_app`.

    ``questionnaires`` are all published ones. ``knowledge`` has the advice by language, ``texts`` are the
    translations of the words of the form by language, then by English text. ``is_demo``: nothing says who opens a form,
    so the start page offers example patients. ``new_secret``: the secret of a session.
    """

    assessment: AssessmentContext
    questionnaires: Sequence[Resource]
    layout: FormLayout
    knowledge: Mapping[str, KnowledgeBase]
    texts: Mapping[str, Mapping[str, str]]
    store: SubmissionStore
    is_demo: bool
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    new_secret: Callable[[], str]
    made_pages: dict[tuple[str, str], tuple[FormPage, ...]] = field(default_factory=dict)

    def knowledge_in(self, language: str) -> KnowledgeBase:
        """The knowledge with the advice in a language; in English if there is none."""
        return self.knowledge.get(language, self.assessment.knowledge)

    def pages_of(self, questionnaire: Resource, language: str) -> tuple[FormPage, ...]:
        """The pages of a form in a language. They are made once: a visit asks for them some sixty times."""
        key = (f"{questionnaire['url']}|{questionnaire['version']}", language)
        if key not in self.made_pages:
            terms, layout = self.assessment.catalogue.terms, self.layout
            self.made_pages[key] = read_form_pages(questionnaire, language, terms, layout.body_maps, layout.moved)
        return self.made_pages[key]

    def counts(self, instrument_name: str, link_id: str) -> bool:
        """True if the answer to a question is part of a score."""
        scores = self.assessment.knowledge.rules.instruments[instrument_name].scores
        return any(link_id in score.weights for score in scores)

    def asks_again(self, instrument_name: str, link_id: str) -> bool:
        """True if a question is asked once more when it is left open."""
        return link_id in self.layout.ask_again or self.counts(instrument_name, link_id)

    def find_questionnaire(self, canonical: str) -> Resource | None:
        """The published questionnaire with this canonical and version."""
        found = (each for each in self.questionnaires if f"{each['url']}|{each['version']}" == canonical)
        return next(found, None)

    def find_offered(self, id: str) -> str | None:
        """The canonical of the newest active form with an id, such as "gad-7", if patients may be offered it."""
        form = self.assessment.catalogue.find_by_id(id)
        return form.instrument.canonical if form is not None and self.is_offered(form) else None

    def is_offered(self, form: InstrumentEdition) -> bool:
        """True if patients may be offered a form: it is active, and one about self-harm needs the numbers of the site.

        The demo is excepted, and says so.
        """
        if form.instrument.status != "active":
            return False
        rules = self.assessment.knowledge.rules.instruments[form.instrument.name]
        return self.is_demo or may_be_offered(rules, self.assessment.knowledge.contacts)
