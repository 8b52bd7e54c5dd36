"""Rules of this service for a submitted QuestionnaireResponse, beyond its validity.

https://hl7.org/fhir/R4/questionnaireresponse.html
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from service.fhir.r4.types import Resource
from service.issues import Issue
from service.screening.instruments.response import DateTimeValue, Response

PATIENT = re.compile(r"Patient/([A-Za-z0-9\-.]{1,64})(/_history/[A-Za-z0-9\-.]{1,64})?")
# The elements of a response that refer to resources of the site, beside `subject`.
REFERENCES = ("encounter", "author", "source", "basedOn", "partOf")
MAX_AHEAD = timedelta(hours=24)
# No response can be older. It also keeps look-back periods within the range of datetime.
EARLIEST_AUTHORED = datetime(1900, 1, 1, tzinfo=UTC)
SEND_TIME = "Send the time at which the form was answered."


def submission_issues(
    resource: Resource, response: Response, bases: Sequence[str], now: datetime | None
) -> Iterator[Issue]:
    """Yields the errors and warnings of our rules. ``bases`` are the base urls whose Patients are local.

    ``now`` is the latest allowed time of ``authored``, None to allow any.
    """
    root = "QuestionnaireResponse"
    if local_patient(response.patient, bases) is None:
        text = f"`subject` must be a reference to a Patient of this site: {', '.join(patient_forms(bases))}."
        yield Issue("value" if "subject" in resource else "required", f"{root}.subject", text)
    yield from authored_issues(response.authored, now)


def patient_forms(bases: Sequence[str]) -> list[str]:
    """Returns the forms that a reference to a local Patient may have, such as "Patient/[id]"."""
    return ["Patient/[id]", *dict.fromkeys(f"{base.rstrip('/')}/Patient/[id]" for base in bases)]


def authored_issues(authored: DateTimeValue | None, now: datetime | None) -> Iterator[Issue]:
    """Yields the issue of a missing or impossible ``authored``."""
    path = "QuestionnaireResponse.authored"
    if authored is None:
        text = "`authored` is missing. Responses are ordered by the time of receipt instead."
        yield Issue("incomplete", path, text, severity="warning")
    elif now is not None and authored.sort_key > now + MAX_AHEAD:
        yield Issue("value", path, f"`authored` must not be more than 24 hours in the future. {SEND_TIME}")
    elif authored.sort_key < EARLIEST_AUTHORED:
        yield Issue("value", path, f"`authored` must not be before 1900. {SEND_TIME}")


def with_local_references(resource: Resource, bases: Sequence[str]) -> Resource:
    """Returns the response with references under one of ``bases`` made relative: a search finds both forms alike."""
    found = {name: resource[name] for name in REFERENCES if name in resource}
    return (
        resource if not found else {**resource, **{name: made_relative(value, bases) for name, value in found.items()}}
    )


def made_relative(value: Any, bases: Sequence[str]) -> Any:
    """Returns a Reference, or an array of them, with `reference` relative if it is under one of ``bases``."""
    if isinstance(value, list):
        return [made_relative(each, bases) for each in value]
    if not isinstance(value, dict) or not isinstance(value.get("reference"), str):
        return value
    reference = value["reference"]
    for base in bases:
        reference = reference.removeprefix(f"{base.rstrip('/')}/")
    return {**value, "reference": reference}


def local_patient(reference: str, bases: Sequence[str]) -> str | None:
    """Returns the relative reference to a local Patient without a version, or None for any other reference.

    Example: ``"https://ours.example/fhir/Patient/1/_history/2"`` gives ``"Patient/1"``.
    """
    for base in bases:
        reference = reference.removeprefix(f"{base.rstrip('/')}/")
    match = PATIENT.fullmatch(reference)
    return f"Patient/{match[1]}" if match else None
