"""A FHIR QuestionnaireResponse read into a response, and what we demand of one that is submitted.

https://hl7.org/fhir/R4/questionnaireresponse.html
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from service.fhir.questionnaires import choice
from service.fhir.reading import Resource
from service.fhir.structure import check_structure
from service.fhir.times import moment
from service.screening.faults import Fault, Malformed
from service.screening.response import Answer, AnsweredItem, Moment, Response

PATIENT = re.compile(r"Patient/([A-Za-z0-9\-.]{1,64})(/_history/[A-Za-z0-9\-.]{1,64})?")
AHEAD = timedelta(hours=24)
# No one was asked before; it also keeps look-backs within the calendar.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


def read_response(resource: Resource) -> Response:
    """Reads a QuestionnaireResponse. Raises Malformed with every fault of its structure."""
    check_structure(resource, "QuestionnaireResponse")
    return parse_response(resource)


def parse_response(resource: Resource) -> Response:
    """Reads a QuestionnaireResponse whose structure has been checked. Raises Malformed when its time is none."""
    return Response(
        id=resource.get("id", ""),
        questionnaire=resource.get("questionnaire", ""),
        status=resource.get("status", ""),
        patient=resource.get("subject", {}).get("reference", ""),
        authored=read_moment(resource["authored"]) if "authored" in resource else None,
        items=read_items(resource, "QuestionnaireResponse"),
        contained={each["id"]: each["resourceType"] for each in resource.get("contained", ()) if "id" in each},
    )


def read_moment(text: str) -> Moment:
    try:
        return moment(text)
    except ValueError:
        reason = "This moment is not within the years 1 to 9999 in UTC. Send the time it was answered."
        raise Malformed([Fault("value", "QuestionnaireResponse.authored", reason)]) from None


def read_items(parent: Resource, path: str) -> tuple[AnsweredItem, ...]:
    return tuple(read_item(item, f"{path}.item[{index}]") for index, item in enumerate(parent.get("item", ())))


def read_item(item: Resource, path: str) -> AnsweredItem:
    """Reads one item; what is nested in an answer without a value counts as nested in the item."""
    answers: list[Answer] = []
    items = read_items(item, path)
    for index, answer in enumerate(item.get("answer", ())):
        found = read_answer(answer, f"{path}.answer[{index}]")
        if found is None:
            items += read_items(answer, f"{path}.answer[{index}]")
        else:
            answers.append(found)
    return AnsweredItem(item["linkId"], path, tuple(answers), items, item.get("text"))


def read_answer(answer: Resource, path: str) -> Answer | None:
    """An answer with a value; one that holds only extensions (as with data-absent-reason) is no answer."""
    try:
        kind, value = choice(answer, "value")
    except KeyError:
        return None
    return Answer(kind, value, path, read_items(answer, path))


def submission_faults(
    resource: Resource, response: Response, bases: Sequence[str], now: datetime | None
) -> Iterator[Fault]:
    """What our rules for submitting forbid or warn of, apart from the questionnaire itself."""
    root = "QuestionnaireResponse"
    if not response.questionnaire:
        yield Fault("required", f"{root}.questionnaire", "Name the canonical url of the questionnaire answered.")
    if local_patient(response.patient, bases) is None:
        text = "The subject must be a reference to a Patient of this site, as Patient/[id]."
        yield Fault("value" if "subject" in resource else "required", f"{root}.subject", text)
    yield from authored_faults(response.authored, now)


def authored_faults(authored: Moment | None, now: datetime | None) -> Iterator[Fault]:
    path = "QuestionnaireResponse.authored"
    if authored is None:
        text = "Without authored, the time of receipt stands in for it wherever responses are put in order."
        yield Fault("incomplete", path, text, severity="warning")
    elif now is not None and authored.order > now + AHEAD:
        yield Fault("value", path, "The response is dated more than 24 hours ahead. Send the time it was answered.")
    elif authored.order < EARLIEST:
        yield Fault("value", path, "The response is dated before 1900. Send the time it was answered.")


def local_patient(reference: str, bases: Sequence[str]) -> str | None:
    """The relative reference to a Patient of this site, without a version; None for any other reference."""
    for base in bases:
        reference = reference.removeprefix(f"{base.rstrip('/')}/")
    found = PATIENT.fullmatch(reference)
    return f"Patient/{found[1]}" if found else None
