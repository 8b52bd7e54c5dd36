"""A transaction of responses: those that are created form one act, those that are stored amend their own.

https://hl7.org/fhir/R4/http.html#transaction
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import combinations

from service.fhir.r4.bundle_entries import entry_path, resolve_references
from service.fhir.r4.types import Resource
from service.fhir.results.bundle import transaction_bundle
from service.fhir.results.submission import SourceResponse
from service.fhir.results.versions import WITHDRAWN
from service.issues import Issue, Malformed, PreconditionFailed, Rejected, Unprocessable
from service.ports.submissions import NewSubmission, Receipt, ResendKey, RevisionConflict, SubmissionStore
from service.usecases.responses.amend import amend_response, put_response, read_stored_response, require_stored
from service.usecases.responses.compose import compose_submission
from service.usecases.responses.if_match import Precondition, require_match
from service.usecases.responses.prepare import AssessmentContext, check_submission, check_withdrawal, with_id
from service.usecases.responses.submit import (
    ResendCondition,
    attempts,
    digest_of,
    find_match,
    find_receipt,
    resend_keys,
    score_warnings,
    submit_response,
    too_many_conflicts,
    used_identifier,
)


@dataclass(frozen=True)
class EntryRequest:
    """An entry that creates a response, or with ``id`` updates the response of this id or creates it under it."""

    index: int
    resource: Resource
    body: bytes
    full_url: str | None = None
    resend: ResendCondition = field(default=ResendCondition())
    id: str | None = None
    condition: Precondition = field(default=Precondition())

    @property
    def condition_name(self) -> str:
        """The element of the request with its condition."""
        return "ifNoneExist" if self.id is None else "ifMatch"


@dataclass(frozen=True)
class CheckedEntry:
    """An entry whose response can be accepted: under its final id, with the keys by which a resend is recognised."""

    request: EntryRequest
    source: SourceResponse
    warnings: Sequence[Issue]
    digest: str
    keys: Sequence[ResendKey]


def run_entry(
    entry: EntryRequest,
    context: AssessmentContext,
    store: SubmissionStore,
    now: datetime,
    new_id: Callable[[], str],
    may_create: bool = True,
) -> Receipt:
    """Creates or updates the response of one entry by itself, as a batch does. Raises as `submit_response` does."""
    if entry.id is None:
        return submit_response(entry.resource, entry.body, context, store, now, new_id, entry.resend)
    return put_response(entry.resource, entry.body, entry.condition, context, store, now, may_create)


def run_transaction(
    entries: Sequence[EntryRequest],
    context: AssessmentContext,
    store: SubmissionStore,
    now: datetime,
    new_id: Callable[[], str],
    may_create: bool = True,
    also: Callable[[SubmissionStore], None] = lambda unit: None,
) -> list[Receipt]:
    """Stores all responses or none; returns the receipts in the order of the entries.

    ``also`` writes more in the same transaction. What it raises undoes all.

    Raises Malformed or Unprocessable with every issue of every entry, also if they are of more than one patient,
    PreconditionFailed if a condition is not met, Unavailable after too many conflicts.
    """
    checked = check_entries(with_final_ids(entries, new_id), context, now)
    issues = [*patient_issues(checked), *overlap_issues(checked)]
    if issues:
        raise Unprocessable(issues)
    with store.turn(checked[0].source.response.patient):
        for _ in attempts():
            try:
                with store.transaction() as unit:
                    also(unit)
                    return store_entries(checked, context, unit, now, may_create)
            except RevisionConflict:
                continue
    raise too_many_conflicts()


def with_final_ids(entries: Sequence[EntryRequest], new_id: Callable[[], str]) -> Iterator[tuple[EntryRequest, str]]:
    """Each entry with its response under its final id, and references between the entries resolved to these ids.

    The second value is the digest of the content as sent, which a resend repeats.
    """
    named = [entry.resource if entry.id else with_id(entry.resource, new_id) for entry in entries]
    addresses = {
        entry.full_url: f"QuestionnaireResponse/{resource.get('id')}"
        for entry, resource in zip(entries, named, strict=True)
        if entry.full_url
    }
    for entry, resource in zip(entries, named, strict=True):
        yield replace(entry, resource=resolve_references(resource, addresses)), digest_of(entry.resource)


def check_entries(
    entries: Iterator[tuple[EntryRequest, str]], context: AssessmentContext, now: datetime
) -> list[CheckedEntry]:
    """The entries, checked one by one. Raises Malformed or Unprocessable with every issue of every entry."""
    checked: list[CheckedEntry] = []
    problems: list[Rejected] = []
    for entry, digest in entries:
        is_withdrawal = entry.id is not None and entry.resource.get("status") == WITHDRAWN
        check = check_withdrawal if is_withdrawal else check_submission
        try:
            source, warnings = check(entry.resource, context, now)
        except Rejected as problem:
            problems.append(in_entry(problem, entry.index))
        else:
            keys = resend_keys(entry.resource, entry.resend)
            checked.append(CheckedEntry(entry, source, warnings, digest, keys))
    if problems:
        kind = Malformed if any(isinstance(problem, Malformed) for problem in problems) else Unprocessable
        raise kind([issue for problem in problems for issue in problem.issues])
    return checked


def in_entry(problem: Rejected, index: int, condition_name: str = "") -> Rejected:
    """The same failure with the places of its issues in the Bundle: "Bundle.entry[0].resource.item[2]".

    A condition that is not met is in the request: "Bundle.entry[0].request.ifMatch".
    """
    is_condition = isinstance(problem, PreconditionFailed)
    root = f"{entry_path(index)}.{f'request.{condition_name}' if is_condition else 'resource'}"
    steps = (issue.path.removeprefix("QuestionnaireResponse").lstrip(".") for issue in problem.issues)
    paths = (f"{root}.{step}" if step else root for step in steps)
    return type(problem)([replace(issue, path=path) for issue, path in zip(problem.issues, paths, strict=True)])


def patient_issues(checked: Sequence[CheckedEntry]) -> Iterator[Issue]:
    """An issue for each entry whose patient is not that of the first."""
    text = "`subject` must be the same in all entries of a transaction. Send one transaction for each patient."
    for entry in checked:
        if entry.source.response.patient != checked[0].source.response.patient:
            yield Issue("business-rule", f"{entry_path(entry.request.index)}.resource.subject", text)


def overlap_issues(checked: Sequence[CheckedEntry]) -> Iterator[Issue]:
    """An issue for each entry that means the same response as an earlier one."""
    text = "A transaction must name each response once, by id, identifier or If-None-Exist. Leave one entry out."
    for first, second in combinations(checked, 2):
        if means_same(first, second):
            yield Issue("duplicate", entry_path(second.request.index), text)


def means_same(first: CheckedEntry, second: CheckedEntry) -> bool:
    """True if two entries have the same id, the same resend key or the same condition."""
    query = first.request.resend.query
    has_same_key = {(key.system, key.value) for key in first.keys} & {(key.system, key.value) for key in second.keys}
    same_condition = query is not None and query == second.request.resend.query
    return first.source.id == second.source.id or bool(has_same_key) or same_condition


def store_entries(
    checked: Sequence[CheckedEntry],
    context: AssessmentContext,
    unit: SubmissionStore,
    now: datetime,
    may_create: bool,
) -> list[Receipt]:
    """The receipts of all entries: matches first, then amendments, then one act of the responses that are new."""
    receipts: dict[int, Receipt] = {}
    for entry in checked:
        try:
            receipt = store_existing(entry, context, unit, now, may_create)
        except Rejected as problem:
            raise in_entry(problem, entry.request.index, entry.request.condition_name) from None
        if receipt is not None:
            receipts[entry.request.index] = receipt
    new = [entry for entry in checked if entry.request.index not in receipts]
    if new:
        receipts |= submit_act(new, context, unit, now)
    return [receipts[entry.request.index] for entry in checked]


def store_existing(
    entry: CheckedEntry, context: AssessmentContext, unit: SubmissionStore, now: datetime, may_create: bool
) -> Receipt | None:
    """The receipt of an entry whose response is stored already, amended if the entry updates it; None if it is new."""
    request = entry.request
    if request.id is None:
        return find_receipt(entry.keys, entry.digest, unit) or find_match(request.resend.query, unit)
    stored = read_stored_response(request.id, unit)
    require_stored(stored, may_create)
    require_match(stored, request.condition, context.requires_if_match)
    if stored is not None:
        return amend_response(request.resource, request.body, stored, context, unit, now)
    if find_receipt(entry.keys, entry.digest, unit) is not None:
        raise Unprocessable([used_identifier()])
    # An unknown response cannot be withdrawn: the check of a new one says so.
    check_submission(request.resource, context, now)
    return None


def submit_act(
    entries: Sequence[CheckedEntry], context: AssessmentContext, unit: SubmissionStore, now: datetime
) -> dict[int, Receipt]:
    """Stores the responses of these entries as one act with one assessment; the receipts by index of the entry."""
    history = unit.read_history(entries[0].source.response.patient)
    submission, raised = compose_submission([entry.source for entry in entries], context, now, history, unit)
    unit.save_submission(
        NewSubmission(
            submission,
            transaction_bundle(submission, context.knowledge),
            {entry.source.id: entry.request.body for entry in entries},
            {entry.source.id: entry.digest for entry in entries},
            history.revision,
            context.knowledge.rules.canonical,
            {entry.source.id: entry.keys for entry in entries},
            raised_tasks=raised,
        )
    )
    return {
        entry.request.index: Receipt(
            entry.source.id,
            entry.source.version,
            now,
            True,
            entry.source.resource,
            (*entry.warnings, *score_warnings(submission, [entry.source.id])),
        )
        for entry in entries
    }
