"""The interactions `batch` and `transaction`.

https://hl7.org/fhir/R4/http.html#transaction
"""

from collections.abc import Sequence
from http import HTTPStatus

import structlog
from flask import Blueprint, Response, g, request

from service.fhir.r4.bundle_entries import BundleEntry, read_bundle_type, read_entries
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.operation_outcome import outcome, status_of
from service.fhir.r4.strict_json import load
from service.fhir.r4.types import Resource, StoredResource
from service.fhir.search.bundles import add_version_meta
from service.issues import Issue, Malformed, Rejected, Unavailable, UnreadableStore
from service.ports.submissions import Receipt, SubmissionStore
from service.usecases.refusals.keep import FAILED, NOT_READ
from service.usecases.responses.transaction import EntryRequest, run_entry, run_transaction
from service.web.access.door import granted_store, may_create
from service.web.context import app_context
from service.web.errors import failure_issue, unreadable_issue
from service.web.fhir.http.bundle_requests import TYPE, entry_request
from service.web.fhir.http.known_parameters import require_known_parameters
from service.web.fhir.http.negotiation import preferences, require_json_accepted, require_json_body
from service.web.fhir.http.receipts import location_headers
from service.web.fhir.http.refusals import keep_entry, keep_unjudged, keeping_refusals
from service.web.responses import fhir_response

log = structlog.get_logger()

NOT_AUDITED = "The audit trail takes no more now, so this entry is not answered. It wrote nothing. Send it again later."

bundling = Blueprint("bundling", __name__, url_prefix="/fhir")
bundling.before_request(require_json_accepted)


@bundling.post("")
@keeping_refusals
def receive_bundle() -> Response:
    """200 with one response for each entry, in the order of the entries."""
    require_known_parameters()
    require_json_body()
    bundle = load(request.get_data())
    is_batch, entries = read_bundle_type(bundle) == "batch", list(read_entries(bundle))
    responses = batch_responses(entries) if is_batch else transaction_responses(entries)
    return fhir_response(
        {
            "resourceType": "Bundle",
            "type": "batch-response" if is_batch else "transaction-response",
            **({"entry": responses} if responses else {}),
        }
    )


def transaction_responses(entries: Sequence[BundleEntry]) -> list[Resource]:
    """The responses to the entries of a transaction. Raises Malformed with every issue of every entry."""
    app = app_context()
    requests = entry_requests(entries)
    if not requests:
        return []
    store = entry_store(requests)
    return [
        success(receipt)
        for receipt in run_transaction(requests, app.assessment_context, store, app.now(), app.new_id, may_create())
    ]


def entry_store(requests: Sequence[EntryRequest]) -> SubmissionStore:
    """The store for these entries: that of one patient as soon as one of them is granted for a patient only.

    Raises Forbidden if one of them is not granted.
    """
    stores = [granted_store(letter_of(each), TYPE) for each in requests]
    return next((store for store in stores if store.patient is not None), stores[0])


def letter_of(asked: EntryRequest) -> str:
    """The letter of SMART for what an entry asks for."""
    return "c" if asked.id is None else "u"


def entry_requests(entries: Sequence[BundleEntry]) -> list[EntryRequest]:
    """What the entries ask for. Raises Malformed with every issue of every entry."""
    requests, issues = [], []
    for entry in entries:
        try:
            requests.append(entry_request(entry))
        except Malformed as problem:
            issues += problem.issues
    if issues:
        raise Malformed(issues)
    return requests


def batch_responses(entries: Sequence[BundleEntry]) -> list[Resource]:
    """The responses to the entries of a batch.

    What an entry has written is in the audit trail with it. If the trail takes no more afterwards, only the entries
    that wrote nothing are not answered: the caller must learn what is stored.
    """
    responses = [batch_response(entry) for entry in entries]
    if not written_so_far() or is_refusal_audited():
        return [response for response, _ in responses]
    unwritten = failure(503, [Issue("transient", "", NOT_AUDITED)])
    return [response if has_written else unwritten for response, has_written in responses]


def is_refusal_audited() -> bool:
    """Writes the AuditEvents of the entries that wrote nothing. False if the trail takes no more, which is logged."""
    trail, events = app_context().audit, g.audit.take_refused()
    try:
        if trail is not None:
            trail.append_events(events)
    except Unavailable as problem:
        log.error("audit_not_written", reason=str(problem), request=g.request_id, count=len(events))
        return False
    return True


def batch_response(entry: BundleEntry) -> tuple[Resource, bool]:
    """The response to one entry of a batch, which may succeed while others are refused; and whether the audit trail
    has what it wrote."""
    written = written_so_far()
    response = batch_answer(entry)
    has_written = written_so_far() > written
    if "audit" in g and not has_written:
        code = "create" if entry.request.get("method") == "POST" else "update"
        g.audit.refused.append((code, int(response["response"]["status"][:3])))
    return response, has_written


def written_so_far() -> int:
    """The number of responses that this request has written, as the audit trail has it."""
    return len(g.audit.written) if "audit" in g else 0


def batch_answer(entry: BundleEntry) -> Resource:
    """The response to one entry of a batch."""
    app = app_context()
    try:
        asked = entry_request(entry)
        store = entry_store([asked])
        return success(run_entry(asked, app.assessment_context, store, app.now(), app.new_id, may_create()))
    except Rejected as problem:
        g.refused_entries = g.get("refused_entries", 0) + 1
        signs = keep_entry(entry.resource, problem)
        return failure(status_of(problem), [*signs, *problem.issues])
    except UnreadableStore:
        g.refused_entries = g.get("refused_entries", 0) + 1
        signs = keep_unjudged(entry.resource, NOT_READ)
        return failure(NOT_READ.status, [*signs, unreadable_issue()])
    except Unavailable as problem:
        text = "The service is unavailable now. Send the entry again later."
        return failure(status_of(problem), [Issue("transient", "", text)])
    except Exception as problem:  # noqa: BLE001 the caller must learn what became of the other entries
        g.refused_entries = g.get("refused_entries", 0) + 1
        keep_unjudged(entry.resource, FAILED)
        return failure(FAILED.status, [failure_issue(problem)])


def success(receipt: Receipt) -> Resource:
    """The entry for a stored response, with the content that Prefer asks for."""
    headers = location_headers(receipt)
    response: Resource = {
        "status": status_text(201 if receipt.created else 200),
        "location": headers["Location"],
        "etag": headers["ETag"],
        "lastModified": format_instant(receipt.stored),
    }
    preferred = preferences().get("return")
    if preferred == "minimal":
        return {"response": response}
    if preferred == "OperationOutcome":
        return {"response": {**response, "outcome": outcome(receipt.warnings)}}
    stored = StoredResource(receipt.resource, receipt.version, receipt.stored)
    full_url = headers["Location"].split("/_history/")[0]
    return {"fullUrl": full_url, "resource": add_version_meta(stored), "response": response}


def failure(status: int, issues: Sequence[Issue]) -> Resource:
    """The entry for a request that was refused."""
    return {"response": {"status": status_text(status), "outcome": outcome(issues)}}


def status_text(status: int) -> str:
    """The status as `Bundle.entry.response.status` has it, such as "201 Created"."""
    return f"{status} {HTTPStatus(status).phrase}"
