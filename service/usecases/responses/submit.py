"""Accepts a response: used by the REST interface and `$process-response`."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.fhir.ids import BASE, canonical_json
from service.fhir.r4.types import Resource
from service.fhir.results.bundle import transaction_bundle
from service.fhir.results.submission import SourceResponse, Submission
from service.fhir.search.query import SearchQuery
from service.issues import Issue, PreconditionFailed, Unavailable, Unprocessable
from service.ports.pulling.fetched import FetchedVersion
from service.ports.submissions import NewSubmission, Receipt, ResendKey, RevisionConflict, SubmissionStore
from service.usecases.responses.compose import compose_submission
from service.usecases.responses.prepare import AssessmentContext, check_submission, with_id
from service.work import seconds_to_wait

# The fewest and the most attempts to write. Beyond the fewest, a request goes on only as long as it may wait.
TRIES = 5
MOST_TRIES = 200
IDENTIFIER = "QuestionnaireResponse.identifier"
KEY_SYSTEM = f"{BASE}/idempotency-key"


@dataclass(frozen=True)
class ResendCondition:
    """How a resend is recognised, besides by `QuestionnaireResponse.identifier`.

    ``key`` is the Idempotency-Key of the request, ``query`` its If-None-Exist.
    """

    key: str | None = None
    query: SearchQuery | None = None


def submit_response(
    resource: Resource,
    body: bytes,
    context: AssessmentContext,
    store: SubmissionStore,
    now: datetime,
    new_id: Callable[[], str],
    condition: ResendCondition = ResendCondition(),
    fetched: FetchedVersion | None = None,
) -> Receipt:
    """Checks a response, assesses it with the stored responses of the patient, and stores it with its results.

    With ``fetched`` it was found on the FHIR server in this version.
    Returns the first receipt if the request is a resend. Raises Malformed or Unprocessable with every issue,
    PreconditionFailed if several stored responses match If-None-Exist, Unavailable after too many conflicts,
    RevisionConflict if another request stored a response under the same id, which only the id of a client can cause.
    """
    digest, keys = digest_of(resource), resend_keys(resource, condition)
    receipt = find_receipt(keys, digest, store)
    if receipt is not None:
        return receipt
    source, warnings = check_submission(with_id(resource, new_id), context, now)
    source = source if fetched is None else replace(source, source=fetched.source)
    with store.turn(source.response.patient):
        for _ in attempts():
            receipt = find_receipt(keys, digest, store) or find_match(condition.query, store)
            if receipt is not None:
                return receipt
            try:
                submission = save_new(source, body, digest, keys, condition.query, context, store, now, fetched)
            except RevisionConflict:
                if store.read_responses([source.id]):
                    raise
                continue
            warnings = [*warnings, *score_warnings(submission)]
            return Receipt(source.id, source.version, now, True, source.resource, tuple(warnings))
    raise too_many_conflicts()


def save_new(
    source: SourceResponse,
    body: bytes,
    digest: str,
    keys: Sequence[ResendKey],
    condition: SearchQuery | None,
    context: AssessmentContext,
    store: SubmissionStore,
    now: datetime,
    fetched: FetchedVersion | None = None,
) -> Submission:
    """The submission of a new response, which is stored with its results. Raises RevisionConflict if another request
    wrote for the patient."""
    history = store.read_history(source.response.patient)
    submission, raised = compose_submission([source], context, now, history, store)
    bundle = transaction_bundle(submission, context.knowledge)
    rules = context.knowledge.rules.canonical
    bodies, digests = {source.id: body}, {source.id: digest}
    store.save_submission(
        NewSubmission(
            submission, bundle, bodies, digests, history.revision, rules, {source.id: keys}, condition, raised, fetched
        )
    )
    return submission


def attempts() -> Iterator[int]:
    """The numbers of the attempts to write, while other processes keep writing for the same patient."""
    for number in range(MOST_TRIES):
        if number >= TRIES and not seconds_to_wait():
            return
        yield number


def too_many_conflicts() -> Unavailable:
    """The failure after conflicts with other requests for the same patient in all ``attempts``."""
    return Unavailable("other requests kept writing for the same patient")


def resend_keys(resource: Resource, condition: ResendCondition) -> list[ResendKey]:
    """The identifier and the Idempotency-Key of a request, as far as it has them."""
    identifier = resource.get("identifier")
    keys = []
    if isinstance(identifier, dict) and identifier.get("system") and identifier.get("value"):
        keys.append(ResendKey(str(identifier["system"]), str(identifier["value"]), IDENTIFIER))
    if condition.key is not None:
        keys.append(ResendKey(KEY_SYSTEM, condition.key, ""))
    return keys


def find_receipt(keys: Sequence[ResendKey], digest: str, store: SubmissionStore) -> Receipt | None:
    """The receipt of an earlier request with one of these keys. Raises Unprocessable if its content differed."""
    for key in keys:
        known = store.find_known_response(key.system, key.value)
        if known is not None and known.digest != digest:
            text = "A response with this identifier or Idempotency-Key and other content is stored. Use a new one."
            raise Unprocessable([Issue("duplicate", key.path, text)])
        if known is not None:
            return known.receipt
    return None


def find_match(query: SearchQuery | None, store: SubmissionStore) -> Receipt | None:
    """The receipt of the one stored response that matches If-None-Exist. Raises PreconditionFailed if several do.

    https://hl7.org/fhir/R4/http.html#ccreate
    """
    page = None if query is None else store.search(query)
    if page is None or not page.found:
        return None
    if page.next is not None or len(page.found) > 1:
        text = "If-None-Exist must match at most one response. Several match, so nothing was created."
        raise PreconditionFailed([Issue("multiple-matches", "", text)])
    stored = page.found[0]
    return Receipt(stored.resource["id"], stored.version, stored.stored, False, stored.resource)


def used_identifier() -> Issue:
    """The issue that an identifier belongs to another response."""
    return Issue("duplicate", IDENTIFIER, "Another response has this identifier. Leave it out or give another.")


def digest_of(resource: Resource) -> str:
    """A SHA-256 digest of the content. White space and the order of properties do not change it."""
    return hashlib.sha256(canonical_json(resource)).hexdigest()


def score_warnings(submission: Submission, ids: Sequence[str] | None = None) -> list[Issue]:
    """A warning for each total in a response that differs from the total of its answers.

    With ``ids`` only those in these responses, as far as the submission brings them.
    """
    text = "This total differs from the total of the answers. The total of the answers is used."
    return [
        Issue(
            "business-rule",
            value_path(submission, id, score.rule.item),
            text,
            severity="warning",
            link_id=score.rule.item,
        )
        for id in submission.own_ids
        if ids is None or id in ids
        for score in submission.results_of(id).scores
        if score.differs
    ]


def value_path(submission: Submission, id: str, link_id: str) -> str:
    """The FHIRPath of the first answer to an item, such as "QuestionnaireResponse.item[8].answer[0].value"."""
    items = submission.sources[id].response.items
    return next((f"{item.path}.answer[0].value" for item in items if item.link_id == link_id), "QuestionnaireResponse")
