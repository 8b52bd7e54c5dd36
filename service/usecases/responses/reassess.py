"""Reassesses every submission that used a response of which there is a new version.

Ids stay the same. Changed results get a new version, results that no longer apply are withdrawn.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from service.fhir.r4.types import Resource, StoredResource
from service.fhir.results.bundle import result_resources
from service.fhir.results.impression.safety_changes import (
    changes_of,
    withdrawn_changes,
)
from service.fhir.results.submission import SourceResponse, Submission
from service.fhir.results.versions import (
    Key,
    changed_versions,
)
from service.ports.responses import EarlierImpression, PatientHistory, ResponseReader, StoredTask
from service.ports.submissions import RaisedTask, RevisedSubmission, SubmissionRecord
from service.screening.rules.age import Age, age_at
from service.screening.rules.assessment import evaluate_response, evaluate_safety_items, highest_flags
from service.screening.rules.red_flags import Flag, urgent_flags
from service.screening.rules.response_selection import Selection, lead_of, select
from service.usecases.responses.assess import assess_submission, evaluate_selection
from service.usecases.responses.earlier_acts import Reassess, with_earlier_acts
from service.usecases.responses.prepare import AssessmentContext
from service.usecases.responses.sources import ResponsePool, as_dated, read_sources, state_of_source
from service.usecases.responses.withdraw import (
    ResponseChange,
    SubmissionHistory,
    is_impression,
    response_version,
    withdraw_submission,
)
from service.usecases.tasks.calls import with_calls


def revise_submissions(
    change: ResponseChange,
    context: AssessmentContext,
    reader: SubmissionHistory,
    now: datetime,
    history: PatientHistory,
) -> Iterator[RevisedSubmission]:
    """The submission of the response itself first, then every other that used it, each with its changes."""
    records = reader.submissions_using(change.new.id)
    own = next(record for record in records if change.new.id in record.brings)
    if change.is_withdrawal and not others_of(own, change):
        revised = withdraw_submission(own, change, context, reader, now)
    else:
        revised = revise_own(own, change, context, reader, now, history)
    yield revised
    history = with_revised_tasks(history, revised)
    for record in records:
        if record is not own:
            yield revise_other(record, change, context, reader, now, history)


def others_of(record: SubmissionRecord, change: ResponseChange) -> list[str]:
    """The ids of the other responses that the submission brought itself, without withdrawn ones."""
    return [id for id in record.brings if id in record.uses and id != change.new.id]


def revise_own(
    record: SubmissionRecord,
    change: ResponseChange,
    context: AssessmentContext,
    reader: SubmissionHistory,
    now: datetime,
    history: PatientHistory,
) -> RevisedSubmission:
    """The submission of the response itself: its response, its Observations and its impression."""
    new, stored = change.new, reader.read_results(record.sequence)
    others = read_sources(others_of(record, change), reader, context)
    if change.needs_reselection or answers_otherwise(change, context):
        own = {**others, new.id: new}
        ordered = [own[id] for id in record.brings if id in own]
        as_of = None if change.needs_reselection else record.as_of
        others_before, born = without_impression(history, record), record.birth_date
        found = assess_submission(ordered, context, now, others_before, reader, born, as_of)
    else:
        found = reassess_submission(record, changed_sources(record, change, context, reader), context, now)
    submission = replace(
        as_first_accepted(found, record),
        previous=record.previous or found.previous,
        carried_changes=carried_changes(stored, change, context),
        occasion="" if new.id == record.lead_id else f"/{new.id}/{new.version}",
    )
    submission = with_earlier_acts(submission, history, earlier_reader(context, reader, now, change), record.sequence)
    age = age_at(record.birth_date, record.as_of.date())
    before = flags_of([change.old, *others.values()], context, age)
    submission, raised = calling_anew(submission, before, history, context)
    submission = with_standing(submission, stored)
    changed = changed_versions(results_of_submission(submission, context), stored)
    return RevisedSubmission(record, submission, (response_version(new, context), *changed), raised)


def answers_otherwise(change: ResponseChange, context: AssessmentContext) -> bool:
    """True if the new version settles other safety items or has a score more or less: this selects other responses."""
    if change.new.is_unfinished:
        return False
    return state_of_source(change.old, context) != state_of_source(change.new, context)


def as_first_accepted(submission: Submission, record: SubmissionRecord) -> Submission:
    """The submission with the lead and the id of its impression as when it was accepted."""
    if record.lead_id in submission.own_ids:
        return replace(submission, lead_id=record.lead_id)
    return replace(submission, first_lead_id=record.lead_id)


def without_impression(history: PatientHistory, record: SubmissionRecord) -> PatientHistory:
    """The history without the impression of this submission, which must not be its own previous one."""
    others = [impression for impression in history.impressions if impression.sequence != record.sequence]
    return replace(history, impressions=others)


def revise_other(
    record: SubmissionRecord,
    change: ResponseChange,
    context: AssessmentContext,
    reader: SubmissionHistory,
    now: datetime,
    history: PatientHistory,
) -> RevisedSubmission:
    """A submission that used the response of another: with its new version, or without it if it was withdrawn."""
    stored = reader.read_results(record.sequence)
    submission = replace(
        reassess_submission(record, changed_sources(record, change, context, reader), context, now),
        carried_changes=carried_changes(stored, change, context),
    )
    submission = with_earlier_acts(submission, history, earlier_reader(context, reader, now, change), record.sequence)
    changed = changed_versions(results_of_submission(with_standing(submission, stored), context), stored)
    return RevisedSubmission(record, submission, tuple(changed))


def with_revised_tasks(history: PatientHistory, revised: RevisedSubmission) -> PatientHistory:
    """The history with the Tasks that the amendment writes, or changes, in one submission."""
    sequence = revised.record.sequence
    versions = [version for version in revised.versions if version.resource["resourceType"] == "Task"]
    written = [StoredTask(version.resource, sequence, version.number) for version in versions]
    raised = [StoredTask(each.version.resource, each.sequence, each.version.number) for each in revised.raised_tasks]
    ids = {task.resource["id"] for task in (*written, *raised)}
    return replace(history, tasks=[*(t for t in history.tasks if t.resource["id"] not in ids), *written, *raised])


def earlier_reader(
    context: AssessmentContext, reader: ResponseReader, now: datetime, change: ResponseChange | None = None
) -> Reassess:
    """A function that reads the submission of an earlier impression, with the new version of a changed response."""

    def reassess(before: EarlierImpression, birth_date: str | None) -> Submission | None:
        return reassess_earlier(before, context, reader, now, change, birth_date)

    return reassess


def reassess_earlier(
    before: EarlierImpression,
    context: AssessmentContext,
    reader: ResponseReader,
    now: datetime,
    change: ResponseChange | None,
    birth_date: str | None = None,
) -> Submission | None:
    """The submission of an earlier impression, from the current answers; None if its responses are withdrawn.

    ``birth_date``: with the age that the patient had then, rules on age do not look like a change of the answers.
    """
    sources = read_sources([id for id in before.uses if change is None or id != change.new.id], reader, context)
    if change is not None and change.new.id in before.uses and not change.is_withdrawal:
        sources[change.new.id] = change.new
    responses = (before.uses, before.brings)
    record = SubmissionRecord(before.sequence, before.lead_id, before.as_of, *responses, birth_date=birth_date)
    return reassess_submission(record, sources, context, now) if own_ids(record, sources) else None


def carried_changes(
    stored: Mapping[Key, StoredResource], change: ResponseChange, context: AssessmentContext
) -> tuple[Resource, ...]:
    """What the impression of a submission says about withdrawn responses: of earlier ones, and of this one."""
    told = [each for result in stored.values() for each in withdrawn_changes(result.resource)]
    new = changes_of(change.new, context.knowledge) if change.is_withdrawal else ()
    return (*told, *new)


def changed_sources(
    record: SubmissionRecord, change: ResponseChange, context: AssessmentContext, reader: ResponseReader
) -> dict[str, SourceResponse]:
    """The responses that a submission used, with the new version of the changed one, or without it if withdrawn."""
    sources = read_sources([id for id in record.uses if id != change.new.id], reader, context)
    return sources if change.is_withdrawal else {**sources, change.new.id: change.new}


def reassess_submission(
    record: SubmissionRecord,
    sources: Mapping[str, SourceResponse],
    context: AssessmentContext,
    now: datetime,
) -> Submission:
    """The submission by the current rules, with the responses, the time of assessment and the birth date as before."""
    selection = reselect(record, sources, context)
    used = {id: sources[id] for id in selection.used}
    own = own_ids(record, sources)
    submission = Submission(
        sources=used,
        own_ids=tuple(own),
        lead_id=lead_of([as_dated(sources[id]) for id in own]).id,
        assessment=evaluate_selection(used, selection, context, record.birth_date),
        birth_date=record.birth_date,
        as_of=record.as_of,
        now=now,
        previous=record.previous,
    )
    return as_first_accepted(submission, record)


def own_ids(record: SubmissionRecord, sources: Mapping[str, SourceResponse]) -> list[str]:
    """The ids of the responses that the submission brought itself and that are not withdrawn."""
    return [id for id in record.brings if id in sources]


def reselect(record: SubmissionRecord, sources: Mapping[str, SourceResponse], context: AssessmentContext) -> Selection:
    """The responses that the submission used, without those that newer ones among them have retired meanwhile."""
    own = own_ids(record, sources)
    if all(sources[id].is_unfinished for id in own):
        return Selection(record.as_of, tuple(own), {}, {})
    dated = [as_dated(sources[id]) for id in own]
    others = [as_dated(source) for id, source in sources.items() if id not in own]
    pool, instruments = ResponsePool(sources.values(), None, context), context.knowledge.rules.instruments
    selected = select(dated, others, instruments, pool.state_of, record.as_of)
    unselected = tuple(id for id in own if id not in selected.used)
    return replace(selected, used=(*selected.used, *unselected))


def calling_anew(
    submission: Submission, before: Mapping[str, Flag], history: PatientHistory, context: AssessmentContext
) -> tuple[Submission, tuple[RaisedTask, ...]]:
    """The submission with the calls for urgent flags that the version before did not raise, or raised lower."""
    urgent = urgent_flags(submission.own_flags, context.knowledge.rules.task_from, before)
    return with_calls(submission, urgent, history, context.knowledge)


def with_standing(submission: Submission, stored: Mapping[Key, StoredResource]) -> Submission:
    """The submission with the Tasks that its impression has pointed to before, and with those that it points to now."""
    impressions = (result.resource for result in stored.values() if is_impression(result.resource))
    before = [each["reference"] for impression in impressions for each in impression.get("supportingInfo", ())]
    return replace(submission, standing=tuple(dict.fromkeys([*before, *submission.standing])))


def results_of_submission(submission: Submission, context: AssessmentContext) -> list[Resource]:
    """The resources that the submission writes, without its responses."""
    written = result_resources(submission, context.knowledge)
    return [resource for resource in written if resource["resourceType"] != "QuestionnaireResponse"]


def flags_of(sources: Sequence[SourceResponse], context: AssessmentContext, age: Age | None) -> Mapping[str, Flag]:
    """The flags that responses raise, each by itself. A test raises none."""
    rules = context.knowledge.rules
    return highest_flags(
        (evaluate_safety_items if source.is_unfinished else evaluate_response)(rules, source.sheet, age)
        for source in sources
        if not source.is_test
    )
