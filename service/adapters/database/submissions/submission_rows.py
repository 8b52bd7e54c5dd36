"""The rows of a submission, made before others wait for it: all but the numbers that the database gives."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.adapters.database import tables as t
from service.adapters.database.access.patient_filter import own_system
from service.adapters.database.keeping.frames import compress
from service.adapters.database.population.coded_rows import CodedAnswerRows, coded_answer_rows
from service.adapters.database.resources.resource_writes import (
    EncodedVersions,
    PlacedVersion,
    VersionWithBody,
    encode_versions,
)
from service.adapters.database.sending.outgoing import columns_of_versions
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.fhir.results.submission import SourceResponse, Submission
from service.fhir.results.versions import ResourceVersion, key_of
from service.ports.pulling.fetched import FetchedVersion
from service.ports.submissions import NewSubmission

Row = dict[str, Any]


@dataclass(frozen=True)
class ResponseRows:
    """The rows of one version of a response: its body as received, and its coded answers."""

    received: Row
    coded: CodedAnswerRows


@dataclass(frozen=True)
class SubmissionRows:
    """The rows of a new submission. ``entry`` is that of the outbox; None if nothing is sent."""

    act: Row
    states: Sequence[Row]
    responses: Sequence[ResponseRows]
    identities: Sequence[Row]
    resources: EncodedVersions
    entry: Row | None


def submission_rows(new: NewSubmission, patient: str | None = None) -> SubmissionRows:
    """The rows of a new submission. ``patient`` is that of the store, None for all."""
    now = format_instant(new.submission.now)
    versions, sources = submitted_versions(new), new.submission.own_sources
    encoded = encode_versions([PlacedVersion(each, place, now, now) for place, each in enumerate(versions)])
    sent = without_fetched(encoded.with_bodies, new.fetched)
    return SubmissionRows(
        act_row(new),
        [state_row(source) for source in sources],
        [
            response_rows(each, new.bodies[each.id], new.digests[each.id], format_instant(each.received))
            for each in sources
        ],
        [identity_row(own_system(key.system, patient), key.value, id) for id, keys in new.keys.items() for key in keys],
        encoded,
        entry_row(new.submission.lead_source.response.patient, encoded.places, sent, now),
    )


def act_row(new: NewSubmission) -> Row:
    """The row of a submission."""
    submission = new.submission
    return {
        "lead": submission.lead_id,
        "patient": submission.lead_source.response.patient,
        "accepted": format_instant(submission.now),
        **act_columns(submission, [entry["resource"] for entry in new.bundle["entry"]]),
        "rules": new.rules,
        "brings": encode(list(submission.own_ids)).decode(),
    }


def act_columns(submission: Submission, written: list[Resource]) -> Row:
    """Time of assessment, responses used, and impression.

    The impression of an unfinished response is left out: later ones must not name it as their previous one.
    """
    has_impression = any(resource["resourceType"] == "ClinicalImpression" for resource in written)
    return {
        "as_of": format_instant(submission.as_of),
        "uses": encode(list(submission.sources)).decode(),
        "impression": submission.impression_id if has_impression and not submission.is_partial else None,
        "previous": submission.previous,
    }


def state_row(source: SourceResponse) -> Row:
    """The row with the state of a new response."""
    return {
        "id": source.id,
        "patient": source.response.patient,
        "instrument": source.instrument_name,
        **state_columns(source),
        "first": format_instant(source.received),
    }


def state_columns(source: SourceResponse) -> Row:
    """The columns of a response that a new version may change."""
    return {
        "authored": format_instant(source.order_time),
        "status": source.response.status,
        "version": source.version,
        "is_test": source.is_test,
    }


def response_rows(source: SourceResponse, body: bytes, digest: str, at: str) -> ResponseRows:
    """The rows of a version of a response that was received at this time."""
    received = {"id": source.id, "version": source.version, "at": at, "body": compress(body), "digest": digest}
    return ResponseRows(received, coded_answer_rows(source))


def identity_row(system: str, value: str, response: str) -> Row:
    """The row of an identifier or Idempotency-Key of a response."""
    return {"system": t.index_key(system), "value": t.index_key(value), "response": response}


def submitted_versions(new: NewSubmission) -> list[ResourceVersion]:
    """Version 1 of the results as sent, and of the responses as received."""
    received = {source.id: source.resource for source in new.submission.own_sources}
    sent = [entry["resource"] for entry in new.bundle["entry"]]
    return [
        ResourceVersion(received[each["id"]], 1, each)
        if each["resourceType"] == "QuestionnaireResponse"
        else ResourceVersion(each, 1)
        for each in sent
    ]


def without_fetched(versions: Iterable[VersionWithBody], fetched: FetchedVersion | None) -> list[VersionWithBody]:
    """The versions without the response that was found on the FHIR server: it is there already."""
    there = None if fetched is None else ("QuestionnaireResponse", fetched.id)
    return [each for each in versions if key_of(each[0].resource) != there]


def entry_row(patient: str, places: Mapping[str, int], versions: Sequence[VersionWithBody], now: str) -> Row | None:
    """The row of a waiting entry that is due now, and sends these versions with their bodies; without any, none."""
    if not versions:
        return None
    return {
        "patient": patient,
        **columns_of_versions(places, [version for version, _ in versions], [body for _, body in versions]),
        "state": "waiting",
        **dict.fromkeys(("attempts", "failures"), 0),
        "created": now,
        "due": now,
    }
