"""The assessment of a submission: its responses, together with the stored responses of the patient."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from service.fhir.results.submission import SourceResponse, Submission
from service.ports.responses import EarlierImpression, PatientHistory, ResponseReader
from service.screening.rules.age import age_at
from service.screening.rules.assessment import Assessment, assess
from service.screening.rules.response_selection import Selection, select
from service.usecases.responses.prepare import AssessmentContext
from service.usecases.responses.sources import ResponsePool, as_dated

NO_HISTORY = PatientHistory()


def assess_submission(
    sources: Sequence[SourceResponse],
    context: AssessmentContext,
    now: datetime,
    history: PatientHistory | None = None,
    reader: ResponseReader | None = None,
    birth_date: str | None = None,
    as_of: datetime | None = None,
    gender: str | None = None,
) -> Submission:
    """The submission of these responses, with the responses that it uses and its assessment.

    ``history`` and ``reader`` give the stored responses of the patient; without them only ``sources`` are used.
    ``as_of`` is the time of an earlier assessment that must not change.
    ``birth_date`` and ``gender`` are those of the Patient, if known.
    """
    history = history or NO_HISTORY
    own = in_order(sources)
    pool = ResponsePool(own, reader, context)
    selection = select_responses(own, history, pool, as_of)
    used = {id: pool.source_of(id) for id in selection.used}
    assessment = evaluate_selection(used, selection, context, birth_date, gender)
    return Submission(
        sources=used,
        own_ids=tuple(source.id for source in own),
        lead_id=own[-1].id,
        assessment=assessment,
        as_of=selection.as_of,
        now=now,
        previous=find_previous(selection, history, own) if selection.newest else None,
        birth_date=birth_date,
        gender=gender,
    )


def in_order(sources: Sequence[SourceResponse]) -> list[SourceResponse]:
    """The responses of a submission by time and instrument. Equal ones stay in its order, the last is the lead."""
    return sorted(sources, key=lambda source: (source.order_time, source.instrument_name))


def evaluate_selection(
    sources: Mapping[str, SourceResponse],
    selection: Selection,
    context: AssessmentContext,
    birth_date: str | None = None,
    gender: str | None = None,
) -> Assessment:
    """The assessment of the selected responses by the current rules."""
    unfinished = {id for id, source in sources.items() if source.is_unfinished}
    age = age_at(birth_date, selection.as_of.date())
    sheets = {id: source.sheet for id, source in sources.items()}
    return assess(context.knowledge.rules, sheets, selection.newest, age, unfinished, selection.retired, gender)


def select_responses(
    own: Sequence[SourceResponse], history: PatientHistory, pool: ResponsePool, as_of: datetime | None = None
) -> Selection:
    """The responses that the submission uses: all of its own, and stored ones within their look-back.

    A submission without a finished response uses no stored ones.
    """
    if as_of is None and len(own) == 1 and not history.responses and not own[0].is_unfinished:
        return select_alone(own[0])
    dated = [as_dated(source) for source in own]
    if all(source.is_unfinished for source in own):
        latest = max(response.authored for response in dated)
        return Selection(latest, tuple(response.id for response in dated), {}, {})
    instruments = pool.context.knowledge.rules.instruments
    stored = [response for response in history.responses if response.instrument in instruments]
    selected = select(dated, stored, instruments, pool.state_of, as_of)
    unselected = tuple(source.id for source in own if source.id not in selected.used)
    return Selection(selected.as_of, (*selected.used, *unselected), selected.newest, selected.retired)


def select_alone(source: SourceResponse) -> Selection:
    """The selection of the only response that there is of a patient: as `select` makes it, without the search.

    This serves "from bytes to the bytes of the Bundle" of `make bench`.
    """
    return Selection(source.order_time, (source.id,), {source.instrument_name: source.id}, {})


def of_kind(history: PatientHistory, own: Sequence[SourceResponse]) -> list[EarlierImpression]:
    """The impressions of tests only for a test, and those of real responses only for these."""
    tests = {response.id for response in history.responses if response.is_test}
    kind = all(source.is_test for source in own)
    return [each for each in history.impressions if (tests.issuperset(each.brings) and bool(each.brings)) is kind]


def find_previous(selection: Selection, history: PatientHistory, own: Sequence[SourceResponse]) -> str | None:
    """The id of the impression before this one, by time of assessment, then by order of acceptance."""
    if not history.impressions:
        return None
    before = [impression for impression in of_kind(history, own) if impression.as_of <= selection.as_of]
    return max(before, key=lambda impression: (impression.as_of, impression.sequence)).id if before else None
