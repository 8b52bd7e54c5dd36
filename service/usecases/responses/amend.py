"""Updates a stored response: corrected, completed or withdrawn, together with every result that it changes.

https://hl7.org/fhir/R4/http.html#update
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from service.fhir.questionnaires.submission_rules import local_patient, with_local_references
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource, StoredResource
from service.fhir.results.submission import SourceResponse
from service.fhir.results.versions import WITHDRAWN, says_the_same
from service.fhir.search.bundles import add_version_meta
from service.issues import Issue, Missing, Unprocessable
from service.ports.pulling.fetched import FetchedVersion
from service.ports.responses import StoredResponse
from service.ports.submissions import Receipt, ResponseRevision, RevisedSubmission, RevisionConflict, SubmissionStore
from service.usecases.responses.if_match import Precondition, require_match, require_unmatched
from service.usecases.responses.prepare import AssessmentContext, check_submission, check_withdrawal
from service.usecases.responses.reassess import revise_submissions
from service.usecases.responses.sources import answers_of_version, earlier_answers, stored_source, with_lowered_answers
from service.usecases.responses.submit import (
    attempts,
    digest_of,
    score_warnings,
    submit_response,
    too_many_conflicts,
    used_identifier,
)
from service.usecases.responses.withdraw import ResponseChange

# The service sets these itself, so they make no new version.
SET_BY_SERVICE = ("meta.versionId", "meta.lastUpdated")


def put_response(
    resource: Resource,
    body: bytes,
    condition: Precondition,
    context: AssessmentContext,
    store: SubmissionStore,
    now: datetime,
    may_create: bool = True,
) -> Receipt:
    """Amends the response with this id if it is stored, otherwise submits a new one under this id.

    A request that repeats the current version needs no If-Match. Raises Malformed if it is missing although the
    settings require it, PreconditionFailed if ``condition`` is not met, Malformed or Unprocessable with every issue,
    Missing if the response is not stored and this request may not create it, Unavailable after too many conflicts.
    """
    with store.turn(f"QuestionnaireResponse/{resource['id']}"):
        for _ in attempts():
            stored = read_stored_response(resource["id"], store)
            require_stored(stored, may_create)
            require_unmatched(stored, condition)
            if stored is not None and is_stored_content(resource, stored, context):
                return Receipt(resource["id"], stored.version, stored.stored, False, stored.resource)
            require_match(stored, condition, context.requires_if_match)
            try:
                if stored is None:
                    return create_with_id(resource, body, context, store, now)
                with store.turn(stored.resource["subject"]["reference"]):
                    return amend_response(resource, body, stored, context, store, now)
            except RevisionConflict:
                continue
    raise too_many_conflicts()


def is_stored_content(resource: Resource, stored: StoredResponse, context: AssessmentContext) -> bool:
    """True if the request repeats the current version, for example because its answer was lost."""
    subject = resource.get("subject")
    reference = subject.get("reference") if isinstance(subject, dict) else None
    if not isinstance(subject, dict) or not isinstance(reference, str):
        return False
    patient = local_patient(reference, context.bases) or reference
    sent = {**resource, "subject": {**subject, "reference": patient}}
    return says_the_same(stored.resource, with_local_references(sent, context.bases), SET_BY_SERVICE)


def patch_response(
    id: str,
    patch: Callable[[Resource], Resource],
    condition: Precondition,
    context: AssessmentContext,
    store: SubmissionStore,
    now: datetime,
) -> Receipt | None:
    """Reads a stored response, patches it, and amends it; None if there is none.

    ``patch`` gets the response as a read returns it. Raises as `put_response` does, and as ``patch`` does.
    """
    with store.turn(f"QuestionnaireResponse/{id}"):
        for _ in attempts():
            stored = read_stored_response(id, store)
            require_match(stored, condition, context.requires_if_match)
            if stored is None:
                return None
            resource = patch(add_version_meta(StoredResource(stored.resource, stored.version, stored.stored)))
            try:
                with store.turn(stored.resource["subject"]["reference"]):
                    return amend_response(resource, encode(resource), stored, context, store, now)
            except RevisionConflict:
                continue
    raise too_many_conflicts()


def require_stored(stored: StoredResponse | None, may_create: bool) -> None:
    """Raises Missing if there is no stored response, and this request may not create one under an id of its choice."""
    if stored is None and not may_create:
        text = "There is no such response, and the token does not allow to choose the id of a new one."
        raise Missing([Issue("not-found", "", text)])


def read_stored_response(id: str, store: SubmissionStore) -> StoredResponse | None:
    """The current version of the response with this id, or None."""
    return next(iter(store.read_responses([id])), None)


def create_with_id(
    resource: Resource, body: bytes, context: AssessmentContext, store: SubmissionStore, now: datetime
) -> Receipt:
    """Submits a new response under the id of the client.

    Raises Unprocessable if another has its identifier, RevisionConflict if another process stored one under this id.


    https://hl7.org/fhir/R4/http.html#upsert
    """
    id = resource["id"]
    receipt = submit_response(resource, body, context, store, now, lambda: id)
    if receipt.id != id:
        raise Unprocessable([used_identifier()])
    return receipt


def amend_response(
    resource: Resource,
    body: bytes,
    stored: StoredResponse,
    context: AssessmentContext,
    store: SubmissionStore,
    now: datetime,
    fetched: FetchedVersion | None = None,
) -> Receipt:
    """Stores a new version of a response, unless its content is the same.

    With ``fetched`` the new version was found on the FHIR server.
    Raises Malformed or Unprocessable with every issue, RevisionConflict if another request wrote for the patient.
    """
    change, warnings = check_change(resource, stored, context, store, now)
    if says_the_same(change.old.resource, change.new.resource, SET_BY_SERVICE):
        return Receipt(change.new.id, stored.version, stored.stored, False, stored.resource)
    # `meta.lastUpdated` never goes backwards, even if the clock of this process does.
    now = max(now, stored.stored)
    history = store.read_history(change.new.response.patient)
    revised = tuple(revise_submissions(change, context, store, now, history))
    rules = context.knowledge.rules.canonical
    store.save_amendment(
        ResponseRevision(change.new, body, digest_of(resource), revised, now, history.revision, rules, fetched)
    )
    warnings = [*warnings, *total_warnings(revised, change.new.id)]
    return Receipt(change.new.id, change.new.version, now, False, change.new.resource, tuple(warnings))


def total_warnings(revised: Sequence[RevisedSubmission], id: str) -> list[Issue]:
    """A warning for each total in the amended response that differs from the total of its answers."""
    submission = revised[0].submission if revised else None
    return [] if submission is None else score_warnings(submission, [id])


def check_change(
    resource: Resource, stored: StoredResponse, context: AssessmentContext, store: SubmissionStore, now: datetime
) -> tuple[ResponseChange, Sequence[Issue]]:
    """The stored version and the new one, and warnings for the sender.

    Raises Malformed or Unprocessable with every issue of the new version, by itself and compared with the stored one.
    """
    old = stored_source(stored, context)
    check = check_withdrawal if resource.get("status") == WITHDRAWN else check_submission
    source, warnings = check(resource, context, now)
    new = replace(
        source,
        received=stored.received,
        version=stored.version + 1,
        accepted=stored.accepted,
        source=stored.source,
    )
    versions = [
        *earlier_answers(stored, context),
        *(answers_of_version(*each, context) for each in ((old, stored.stored), (new, now))),
    ]
    new = with_lowered_answers(new, versions, context)
    if not says_the_same(old.resource, new.resource, SET_BY_SERVICE):
        issues = [*transition_issues(old, new), *identifier_issues(resource, store)]
        if issues:
            raise Unprocessable(issues)
    return ResponseChange(old, new), warnings


def transition_issues(old: SourceResponse, new: SourceResponse) -> Iterator[Issue]:
    """An issue for each element that a new version must not change in this way."""
    root = "QuestionnaireResponse"
    if new.response.patient != old.response.patient:
        text = "A response stays with its patient. Withdraw it and send a new one."
        yield Issue("business-rule", f"{root}.subject", text)
    if new.instrument_name != old.instrument_name:
        text = "A response stays with its questionnaire. Withdraw it and send a new one."
        yield Issue("business-rule", f"{root}.questionnaire", text)
    if old.response.status == WITHDRAWN:
        yield Issue("business-rule", f"{root}.status", "A withdrawn response stays withdrawn. Send a new one.")
    elif not old.is_unfinished and new.response.status == "in-progress":
        text = "A finished response cannot be in progress again. Send it as amended."
        yield Issue("business-rule", f"{root}.status", text)


def identifier_issues(resource: Resource, store: SubmissionStore) -> Iterator[Issue]:
    """An issue if another response has the identifier of this one."""
    identifier = resource.get("identifier", {})
    known = None
    if identifier.get("system") and identifier.get("value"):
        known = store.find_known_response(identifier["system"], identifier["value"])
    if known is not None and known.receipt.id != resource["id"]:
        yield used_identifier()
