"""Withdraws the results of a submission whose responses are taken back, and names what changes in a response.

https://hl7.org/fhir/R4/questionnaireresponse.html#statuses
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.types import Resource, StoredResource
from service.fhir.results.bundle import outgoing_copy, with_profiles
from service.fhir.results.impression.safety_changes import (
    changes_of,
    impression_without_answers,
    withdrawn_changes,
)
from service.fhir.results.knowledge_base import KnowledgeBase
from service.fhir.results.origin.security_labels import labels_of, with_labels
from service.fhir.results.provenance import provenance
from service.fhir.results.submission import SourceResponse
from service.fhir.results.versions import (
    WITHDRAWN,
    ResourceVersion,
    cancelled,
    withdrawable,
    withdrawn,
)
from service.ports.responses import ResponseReader
from service.ports.submissions import RevisedSubmission, SubmissionReader, SubmissionRecord
from service.usecases.responses.prepare import AssessmentContext


class SubmissionHistory(ResponseReader, SubmissionReader, Protocol):
    """Stored responses, submissions and results."""


@dataclass(frozen=True)
class ResponseChange:
    """The stored version of a response and the new one."""

    old: SourceResponse
    new: SourceResponse

    @property
    def is_withdrawal(self) -> bool:
        """True if the new version is entered-in-error."""
        return self.new.response.status == WITHDRAWN

    @property
    def needs_reselection(self) -> bool:
        """True if the responses to use must be selected again.

        The response has just been completed, its authored time has changed, or it has become a test or real.
        """
        has_changed = self.old.is_unfinished or self.old.order_time != self.new.order_time
        has_changed = has_changed or self.old.is_test != self.new.is_test
        return has_changed and not self.new.is_unfinished


def withdraw_submission(
    record: SubmissionRecord,
    change: ResponseChange,
    context: AssessmentContext,
    reader: SubmissionHistory,
    now: datetime,
) -> RevisedSubmission:
    """Withdraws every result of a submission, and cancels a Task that is still requested.

    If a safety answer had raised a red flag, the Task stays, and its impression says so instead of being withdrawn.
    A Task that calls for the answers of other submissions too stays as well.
    """
    knowledge, source = context.knowledge, change.new
    stored = reader.read_results(record.sequence).values()
    if source.lowered_answers or any(withdrawn_changes(result.resource) for result in stored):
        kept, tasks = [result for result in stored if is_impression(result.resource)], []
    else:
        reason = knowledge.messages.message("task", "withdrawn")
        needed = reader.read_standing(source.response.patient, record.sequence)
        unneeded = [r for r in stored if is_open_task(r.resource) and f"Task/{r.resource['id']}" not in needed]
        kept, tasks = [], [cancelled(r, reason, format_instant(now)) for r in unneeded]
    impressions = [retold_impression(result, source, knowledge, now) for result in kept]
    withdrawals = [withdrawn(result) for result in stored if withdrawable(result.resource) and result not in kept]
    targets = [source.resource, *(version.resource for version in (*withdrawals, *impressions, *tasks))]
    trace = with_profiles(provenance(source, [source], now, targets, knowledge), knowledge.profiles)
    results = [*withdrawals, *impressions, ResourceVersion(trace, 1), *tasks]
    versions = (response_version(source, context), *(with_labels_of(source, result) for result in results))
    return RevisedSubmission(record, None, versions)


def with_labels_of(source: SourceResponse, result: ResourceVersion) -> ResourceVersion:
    """A version of a result with the security labels of the response beside its own."""
    return replace(result, resource=with_labels(result.resource, labels_of([source])))


def retold_impression(
    stored: StoredResource, source: SourceResponse, knowledge: KnowledgeBase, now: datetime
) -> ResourceVersion:
    """A new version of the impression of a withdrawn response: what was answered, and that it was taken back."""
    changes = [*withdrawn_changes(stored.resource), *changes_of(source, knowledge)]
    made = impression_without_answers(stored.resource, changes, knowledge, now)
    return ResourceVersion(made, stored.version + 1)


def is_impression(resource: Resource) -> bool:
    """True for a ClinicalImpression."""
    return bool(resource["resourceType"] == "ClinicalImpression")


def is_open_task(resource: Resource) -> bool:
    """True for a Task that nobody has accepted or begun."""
    return (resource["resourceType"], resource.get("status")) == ("Task", "requested")


def response_version(source: SourceResponse, context: AssessmentContext) -> ResourceVersion:
    """The new version of the response: as received for the store, without local elements for the FHIR server."""
    outgoing = with_profiles(outgoing_copy(source.resource), context.knowledge.profiles)
    return ResourceVersion(source.resource, source.version, outgoing)
