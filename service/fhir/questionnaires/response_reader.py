"""Reads a QuestionnaireResponse into a Response.

https://hl7.org/fhir/R4/questionnaireresponse.html
"""

from typing import Any

from service.fhir.questionnaires.questionnaire_reader import first_extension_value, read_choice_element, read_weights
from service.fhir.r4.datetimes import parse_datetime
from service.fhir.r4.structure import check_structure
from service.fhir.r4.types import Resource
from service.issues import Issue, Malformed
from service.screening.instruments.response import Answer, AnsweredItem, DateTimeValue, Response
from service.screening.instruments.typed_value import Coding

DATA_ABSENT_REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def read_response(resource: Resource) -> Response:
    """Returns the Response of a resource. Raises Malformed with every issue of its structure."""
    check_structure(resource, "QuestionnaireResponse")
    return parse_response(resource)


def parse_response(resource: Resource) -> Response:
    """Returns the Response of a resource whose structure is valid. Raises Malformed if ``authored`` is out of range."""
    return Response(
        id=resource.get("id", ""),
        questionnaire=resource.get("questionnaire", ""),
        status=resource.get("status", ""),
        patient=resource.get("subject", {}).get("reference", ""),
        authored=read_authored(resource["authored"]) if "authored" in resource else None,
        items=read_answered_items(resource, "QuestionnaireResponse"),
        contained={each["id"]: each["resourceType"] for each in resource.get("contained", ()) if "id" in each},
    )


def read_authored(text: str) -> DateTimeValue:
    """Returns ``authored`` as a value. Raises Malformed if it is outside the years 1 to 9999 in UTC."""
    try:
        return parse_datetime(text)
    except ValueError:
        reason = "`authored` must be in the years 1 to 9999 in UTC. Send the time at which the form was answered."
        raise Malformed([Issue("value", "QuestionnaireResponse.authored", reason)]) from None


def read_answered_items(parent: Resource, path: str) -> tuple[AnsweredItem, ...]:
    """Returns the items nested in a response, an item or an answer."""
    if "item" not in parent:
        return ()
    return tuple([read_answered_item(item, f"{path}.item[{index}]") for index, item in enumerate(parent["item"])])


def read_answered_item(item: Resource, path: str) -> AnsweredItem:
    """Returns an item. Items nested in an answer without a value become nested items of the item itself."""
    answers: list[Answer] = []
    items = read_answered_items(item, path)
    absent, sent = absent_reason(item), item.get("answer", ())
    for index, answer in enumerate(sent):
        read = read_answer(answer, f"{path}.answer[{index}]")
        if read is None:
            items += read_answered_items(answer, f"{path}.answer[{index}]")
            absent = absent or absent_reason(answer) or next(map(absent_reason, elements_of(answer)), None)
        else:
            answers.append(read)
    given = None if answers else absent
    # A value that is absent for a reason is no answer of a group.
    has_empty = given is None and len(sent) > len(answers)
    return AnsweredItem(item["linkId"], path, tuple(answers), items, item.get("text"), given, has_empty)


def elements_of(answer: Resource) -> list[Resource]:
    """Returns the value of an answer, or the extensions of a primitive one (``_valueInteger``), if they are objects."""
    return [value for key, value in answer.items() if key.lstrip("_").startswith("value") and isinstance(value, dict)]


def absent_reason(element: Resource) -> str | None:
    """Returns the code of the extension data-absent-reason of an element; None without one."""
    # Most elements have none: this serves "from bytes to the bytes of the Bundle" of `make bench`.
    reason = first_extension_value(element, DATA_ABSENT_REASON) if "extension" in element else None
    return reason if isinstance(reason, str) else None


def read_answer(answer: Resource, path: str) -> Answer | None:
    """Returns an answer, or None if it has no value but only extensions such as data-absent-reason."""
    try:
        kind, value = read_choice_element(answer, "value")
    except KeyError:
        return None
    if is_empty_coding(value) and any(map(absent_reason, elements_of(answer))):
        return None
    has_extension = "extension" in answer or "extension" in answer.get("valueCoding", ())
    weights = tuple(read_weights(answer)) if has_extension else ()
    return Answer(kind, value, path, read_answered_items(answer, path), weights)


def is_empty_coding(value: Any) -> bool:
    """True for a Coding that names nothing."""
    return isinstance(value, Coding) and value.code is None and value.system is None and value.display is None
