"""Assesses a submission again with the birth date on the FHIR server, before it is delivered.

Acceptance never waits for the FHIR server, so that rules about age are not judged until then.
https://hl7.org/fhir/R4/patient-definitions.html#Patient.birthDate
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from service.fhir.r4.types import Resource, StoredResource
from service.fhir.results.bundle import as_transaction
from service.fhir.results.impression.safety_changes import withdrawn_changes
from service.fhir.results.impression_observation import IMPRESSION, observation_address
from service.fhir.results.versions import Key, ResourceVersion, changed_versions, key_of, says_the_same
from service.ports.outbox import OutboxEntry
from service.ports.responses import PatientHistory
from service.ports.submissions import (
    Reassessment,
    ReassessmentStore,
    RevisedSubmission,
    RevisionConflict,
    SubmissionRecord,
)
from service.usecases.responses.earlier_acts import with_earlier_acts
from service.usecases.responses.prepare import AssessmentContext
from service.usecases.responses.reassess import (
    calling_anew,
    earlier_reader,
    own_ids,
    reassess_submission,
    results_of_submission,
    with_standing,
)
from service.usecases.responses.sources import read_sources
from service.usecases.responses.withdraw import SubmissionHistory

TRIES = 5
# What tells the age and repeats findings. Where only these differ, no finding has changed.
SAYS_AGE = ("date", "summary", "text")


@dataclass(frozen=True)
class Assessor:
    """What it takes to assess a stored submission again, and to store the result with its outbox entry."""

    context: AssessmentContext
    reader: SubmissionHistory
    store: ReassessmentStore


def with_birth_date(entry: OutboxEntry, birth_date: str, assessor: Assessor, now: datetime) -> OutboxEntry:
    """The leased entry with the findings that this birth date gives, which are stored with it.

    Unchanged if the date was used before, or if a later entry brings newer results. Raises RevisionConflict if other
    writers come first ``TRIES`` times.
    """
    for _ in range(TRIES):
        with suppress(RevisionConflict):
            made = assess_again(entry, birth_date, assessor, now)
            return entry if made is None else assessor.store.save_reassessment(entry, made)
    raise RevisionConflict


def assess_again(entry: OutboxEntry, birth_date: str, assessor: Assessor, now: datetime) -> Reassessment | None:
    """The submission of an entry with this birth date; None if there is nothing to assess."""
    record = assessor.store.read_record(entry)
    if record is None or record.birth_date == birth_date:
        return None
    history = assessor.reader.read_history(entry.patient)
    stored = assessor.reader.read_results(record.sequence)
    if not brings_newest(entry, stored):
        return None
    known = replace(record, birth_date=birth_date)
    revised = revise_with(record, known, stored, assessor, now, history)
    bundle, versions = (entry.bundle, entry.versions) if revised is None else with_versions(entry, revised.versions)
    rules = assessor.context.knowledge.rules.canonical
    return Reassessment(known, revised, bundle, versions, now, history.revision, rules)


def brings_newest(entry: OutboxEntry, stored: Mapping[Key, StoredResource]) -> bool:
    """True if the entry brings results, and none of which there is a newer version that a later entry brings."""
    numbers = {f"{type_name}/{id}": each.version for (type_name, id), each in stored.items()}
    brought = {url: number for url, number in entry.versions.items() if not url.startswith("Task/")}
    return bool(brought) and all(numbers.get(url, number) == number for url, number in brought.items())


def revise_with(
    record: SubmissionRecord,
    known: SubmissionRecord,
    stored: Mapping[Key, StoredResource],
    assessor: Assessor,
    now: datetime,
    history: PatientHistory,
) -> RevisedSubmission | None:
    """The changes that a known birth date makes in a submission; None if it changes no finding."""
    context, reader = assessor.context, assessor.reader
    sources = read_sources(record.uses, reader, context)
    if not own_ids(record, sources):
        return None
    found = replace(
        reassess_submission(known, sources, context, now),
        carried_changes=tuple(told for each in stored.values() for told in withdrawn_changes(each.resource)),
        occasion=f"/birth-date/{1 + max((each.version for each in stored.values()), default=0)}",
    )
    found = with_earlier_acts(found, history, earlier_reader(context, reader, now), record.sequence)
    before = reassess_submission(record, sources, context, now).own_flags
    found, raised = calling_anew(found, before, history, context)
    found = with_standing(found, stored)
    changed = changed_versions(results_of_submission(found, context), stored)
    if not raised and not any(changes_finding(version, stored) for version in changed):
        return None
    return RevisedSubmission(known, found, tuple(changed), raised)


def changes_finding(version: ResourceVersion, stored: Mapping[Key, StoredResource]) -> bool:
    """True if a version says more than the age that the one before did not say."""
    resource = version.resource
    before = stored.get(key_of(resource))
    if resource["resourceType"] == "Provenance":
        return False
    return before is None or not says_the_same(resource, before.resource, SAYS_AGE)


def with_versions(entry: OutboxEntry, made: Sequence[ResourceVersion]) -> tuple[Resource, Mapping[str, int]]:
    """What an entry sends with these versions in the place of those before, and our version numbers by address."""
    sent = as_transaction([version.outgoing for version in made])["entry"]
    numbers = dict(zip((each["request"]["url"] for each in sent), (version.number for version in made), strict=True))
    replaced = {*numbers, *(observation_address(url) for url in numbers if url.startswith(f"{IMPRESSION}/"))}
    kept = [each for each in entry.bundle["entry"] if each["request"]["url"] not in replaced]
    others = {url: number for url, number in entry.versions.items() if url not in replaced}
    return {**entry.bundle, "entry": [*kept, *sent]}, {**others, **numbers}
