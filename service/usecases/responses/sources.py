"""The responses that an assessment can use: those of a submission, and the stored ones of its patient."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from service.fhir.questionnaires.response_reader import parse_response
from service.fhir.r4.datetimes import utc_date
from service.fhir.results.submission import SourceResponse
from service.fhir.results.versions import WITHDRAWN
from service.issues import Unavailable
from service.ports.responses import PatientHistory, ResponseReader, StoredResponse
from service.screening.instruments.edition_translation import translated
from service.screening.instruments.editions import InstrumentEdition
from service.screening.instruments.response import Response
from service.screening.rules.answer_state import answer_state
from service.screening.rules.response_selection import AnswerState, Dated
from service.screening.rules.safety_changes import SafetyAnswers, lowered_answers, read_safety_answers
from service.usecases.responses.prepare import AssessmentContext, make_source
from service.usecases.responses.recognised_form import SYSTEMS, find_form


class ResponsePool:
    """The responses of a submission, and the stored ones of its patient; each of these is read when it is needed."""

    def __init__(
        self, own: Iterable[SourceResponse], reader: ResponseReader | None, context: AssessmentContext
    ) -> None:
        self.sources = {source.id: source for source in own}
        self.reader = reader
        self.context = context
        self.states: dict[str, AnswerState] = {}

    def source_of(self, id: str) -> SourceResponse:
        """The response with this id."""
        if id not in self.sources and self.reader is not None:
            self.sources |= read_sources([id], self.reader, self.context)
        return self.sources[id]

    def state_of(self, id: str) -> AnswerState:
        """What this response answers; the selection asks several times."""
        if id not in self.states:
            self.states[id] = state_of_source(self.source_of(id), self.context)
        return self.states[id]


@dataclass
class EarlierResponses:
    """Earlier responses of one patient: a `ResponseReader` without a store."""

    sources: dict[str, SourceResponse] = field(default_factory=dict)

    def read_responses(self, ids: Sequence[str]) -> Sequence[StoredResponse]:
        """The responses with these ids."""
        sources = [self.sources[id] for id in ids]
        return [
            StoredResponse(each.resource, each.received, each.version, each.received, each.accepted, source=each.source)
            for each in sources
        ]

    @property
    def history(self) -> PatientHistory:
        """The responses as a history, without impressions and Tasks."""
        return PatientHistory(responses=[as_dated(source) for source in self.sources.values()])


def state_of_source(source: SourceResponse, context: AssessmentContext) -> AnswerState:
    """What a response answers."""
    rules = context.knowledge.rules.instruments[source.instrument_name]
    return answer_state(source.response, source.sheet, rules)


def read_sources(ids: Sequence[str], reader: ResponseReader, context: AssessmentContext) -> dict[str, SourceResponse]:
    """The current versions of stored responses, by id."""
    sources = [stored_source(stored, context) for stored in reader.read_responses(ids)] if ids else []
    return {source.id: source for source in sources}


def stored_source(stored: StoredResponse, context: AssessmentContext) -> SourceResponse:
    """A stored response, ready to be assessed. Raises Unavailable if its questionnaire is no longer published."""
    response = parse_response(stored.resource)
    form = form_of_stored(response, context)
    if form is None:
        raise Unavailable("a stored response answers a questionnaire that is no longer published")
    response, form = translated(response, form)
    made = make_source(stored.resource, response, form, context, stored.received, stored.version, stored.accepted)
    source = replace(made, source=stored.source)
    if not stored.earlier:
        return source
    return with_lowered_answers(
        source, [*earlier_answers(stored, context), answers_of_version(source, stored.stored, context)], context
    )


def form_of_stored(response: Response, context: AssessmentContext) -> InstrumentEdition | None:
    """The form of a response that was accepted; recognised by its codes whatever the setting is now."""
    return find_form(response, context.catalogue, context.bases, context.knowledge.rules, tuple(SYSTEMS)).form


def with_lowered_answers(
    source: SourceResponse, versions: Sequence[SafetyAnswers], context: AssessmentContext
) -> SourceResponse:
    """The response with the safety answers that the last of its ``versions`` lowers."""
    safety_items = context.knowledge.rules.instruments[source.instrument_name].safety_items
    return replace(source, lowered_answers=lowered_answers(source.sheet.instrument, safety_items, versions))


def earlier_answers(stored: StoredResponse, context: AssessmentContext) -> list[SafetyAnswers]:
    """The safety items in each version before the current one, without versions whose questionnaire is gone."""
    versions = []
    for resource, at in stored.earlier:
        response = parse_response(resource)
        form = form_of_stored(response, context)
        if form is not None:
            source = make_source(resource, *translated(response, form), context, stored.received)
            versions.append(answers_of_version(source, at, context))
    return versions


def answers_of_version(source: SourceResponse, at: datetime, context: AssessmentContext) -> SafetyAnswers:
    """The safety items in one version of a response, received at a time."""
    if source.response.status == WITHDRAWN:
        return SafetyAnswers(source.day, utc_date(at), {}, {}, withdrawn=True)
    return read_safety_answers(source.sheet, context.knowledge.rules, source.day, utc_date(at))


def as_dated(source: SourceResponse) -> Dated:
    """The response as the selection needs it."""
    status = source.response.status
    return Dated(source.id, source.instrument_name, source.order_time, status, source.accepted, source.is_test)
