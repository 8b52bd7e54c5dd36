"""Picks up one response that was found on the FHIR server: submits it, amends with it, or knows it already."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.fhir.r4.datetimes import format_instant, parse_datetime
from service.fhir.r4.element_definitions import MATCHES
from service.fhir.r4.strict_json import encode, load
from service.fhir.r4.types import Resource
from service.fhir.results.bundle import outgoing_copy
from service.fhir.results.versions import WITHDRAWN, says_the_same
from service.issues import Issue, Malformed, Rejected, Unavailable
from service.ports.pulling.fetched import FetchedStore, FetchedVersion, PickUpOutcome
from service.ports.responses import StoredResponse
from service.ports.submissions import RevisionConflict, SubmissionStore
from service.usecases.delivery.preconditions import SET_BY_SERVER
from service.usecases.delivery.transaction_response import as_object, as_version_id
from service.usecases.refusals.keep import RESPONSE, RefusalKeeper, RefusedContent, has_danger_sign, keep_refused
from service.usecases.responses.amend import amend_response, is_stored_content, read_stored_response
from service.usecases.responses.named_form import find_named_form
from service.usecases.responses.prepare import AssessmentContext
from service.usecases.responses.submit import attempts, submit_response, too_many_conflicts
from service.work import limit_wait, limit_work

# Elements of `meta` that only the FHIR server can mean.
META_OF_SERVER = ("versionId", "lastUpdated", "source")
# As if the sender had sent it to us: the trace of a refusal has a status.
REFUSED_STATUS = 422


class PickUpStore(SubmissionStore, FetchedStore, Protocol):
    """The store of responses and results, and of what was seen on the FHIR server."""


class NotDeliveredYet(Unavailable):
    """The FHIR server has another content than we have, and ours has not been delivered yet."""


@dataclass(frozen=True)
class PickUp:
    """Parts that picking up needs. ``source`` is the base of the FHIR server."""

    source: str
    context: AssessmentContext
    store: PickUpStore
    keeper: RefusalKeeper


def fetched_version(resource: Resource, source: str) -> FetchedVersion:
    """Id and version of a response that the FHIR server returned."""
    meta = as_object(resource.get("meta"))
    return FetchedVersion(
        str(resource.get("id")), source, as_version_id(meta.get("versionId")), as_instant(meta.get("lastUpdated"))
    )


def as_instant(value: object) -> str | None:
    """The instant in UTC; None for anything else."""
    try:
        is_instant = isinstance(value, str) and MATCHES["Instant"](value)
        return format_instant(parse_datetime(str(value)).sort_key) if is_instant else None
    except ValueError:
        return None


def pick_up_response(found: Resource, parts: PickUp, now: datetime) -> PickUpOutcome:
    """Accepts a response that the FHIR server returned, once for each version, and never an older version after a
    newer one.

    Raises NotDeliveredYet if our own version has to reach the FHIR server first, Unavailable if the database is
    unavailable.
    """
    fetched = fetched_version(found, parts.source)
    limit_work()
    limit_wait()
    try:
        with parts.store.turn(f"{RESPONSE}/{fetched.id}"):
            return accept_version(found, fetched, parts, now)
    finally:
        limit_work(None)
        limit_wait(None)


def accept_version(found: Resource, fetched: FetchedVersion, parts: PickUp, now: datetime) -> PickUpOutcome:
    """Compares a version with what is known, until no other process writes for the patient meanwhile."""
    for _ in attempts():
        try:
            known = parts.store.read_fetched([fetched.id]).get(fetched.id)
            if known is not None and not fetched.is_newer_than(known):
                return "known"
            outcome = accept_new_version(found, fetched, parts, now)
            if outcome != "assessed":
                parts.store.save_fetched(fetched, outcome)
        except RevisionConflict:
            continue
        return outcome
    raise too_many_conflicts()


def accept_new_version(found: Resource, fetched: FetchedVersion, parts: PickUp, now: datetime) -> PickUpOutcome:
    """Submits a response, amends it, or keeps a trace if it is refused."""
    try:
        resource = load(encode(without_server_meta(found)))
        stored = read_stored_response(fetched.id, parts.store)
        if stored is None and is_copy_of_ours(found, resource, parts.store):
            return "known"
        if stored is None:
            return submit_found(resource, fetched, parts, now)
        return amend_with_found(resource, stored, fetched, parts, now)
    except Rejected as problem:
        return keep_unless_foreign(found, fetched, problem, parts)


def without_server_meta(resource: Resource) -> Resource:
    """The response as its sender wrote it: without the elements of `meta` that the FHIR server sets."""
    meta = {name: value for name, value in as_object(resource.get("meta")).items() if name not in META_OF_SERVER}
    elements = {name: value for name, value in resource.items() if name != "meta"}
    return {**elements, "meta": meta} if meta else elements


def submit_found(resource: Resource, fetched: FetchedVersion, parts: PickUp, now: datetime) -> PickUpOutcome:
    """Submits a response that is not stored here."""
    if resource.get("status") == WITHDRAWN:
        return "skipped"
    body = encode(resource)
    receipt = submit_response(resource, body, parts.context, parts.store, now, lambda: fetched.id, fetched=fetched)
    return "assessed" if receipt.created else "known"


def amend_with_found(
    resource: Resource, stored: StoredResponse, fetched: FetchedVersion, parts: PickUp, now: datetime
) -> PickUpOutcome:
    """Amends a response that is stored here, unless this service wrote this content, or has it already.

    Raises NotDeliveredYet if the FHIR server does not have our version yet.
    """
    delivered = parts.store.read_delivered(f"{RESPONSE}/{fetched.id}")
    if delivered is not None and fetched.version is not None and delivered.remote == fetched.version:
        return "known"
    if is_stored_content(resource, stored, parts.context) or is_own_content(resource, stored, parts.store):
        return "known"
    if delivered is None or delivered.local < stored.version:
        raise NotDeliveredYet("the FHIR server has another content of a response whose own version is not delivered")
    with parts.store.turn(stored.resource["subject"]["reference"]):
        receipt = amend_response(resource, encode(resource), stored, parts.context, parts.store, now, fetched)
    return "assessed" if receipt.version > stored.version else "known"


def is_copy_of_ours(found: Resource, resource: Resource, store: PickUpStore) -> bool:
    """True if this service wrote this content to a server that assigns ids itself, with our id as a tag."""
    tags = as_object(found.get("meta")).get("tag")
    ids = [as_object(tag).get("code") for tag in (tags if isinstance(tags, list) else [])]
    all_stored = [read_stored_response(id, store) for id in ids if isinstance(id, str) and MATCHES["Id"](id)]
    own = (stored for stored in all_stored if stored is not None)
    return any(is_own_content({**resource, "id": stored.resource["id"]}, stored, store) for stored in own)


def is_own_content(resource: Resource, stored: StoredResponse, store: FetchedStore) -> bool:
    """True if this service wrote this content to the FHIR server, in this or an earlier version."""
    versions = [stored.resource, *(version.resource for version in stored.earlier)]
    written = [*map(outgoing_copy, versions), *store.read_sent(stored.resource["id"])]
    return any(says_the_same(each, resource, SET_BY_SERVER) for each in written)


def keep_unless_foreign(found: Resource, fetched: FetchedVersion, problem: Rejected, parts: PickUp) -> PickUpOutcome:
    """Keeps a trace of a response that cannot be accepted.

    One that answers the form of somebody else is no business of ours, unless a safety answer in it is a danger sign.
    """
    content = RefusedContent(found, [*problem.issues, place_of(fetched)])
    if is_foreign(found, parts.context) and not has_danger_sign(content, parts.keeper):
        return "skipped"
    keep_refused([content], 400 if isinstance(problem, Malformed) else REFUSED_STATUS, "", parts.keeper)
    return "refused"


def place_of(fetched: FetchedVersion) -> Issue:
    """The issue that tells the operator which response was refused."""
    return Issue("informational", "", f"The response is {RESPONSE}/{fetched.id} on the FHIR server. Correct it there.")


def is_foreign(resource: Resource, context: AssessmentContext) -> bool:
    """True if a response names a form that is none of ours, and that none of ours was probably meant by."""
    canonical = resource.get("questionnaire")
    if not isinstance(canonical, str) or not canonical:
        return False
    named = find_named_form(canonical, context.catalogue, context.bases)
    return named.form is None and named.suspected is None
