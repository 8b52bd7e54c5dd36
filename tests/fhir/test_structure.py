"""The shape of resources: what fhir.resources lets through or breaks on is refused before it."""

from typing import Any

import pytest

from service.fhir.reading import Resource
from service.fhir.structure import check_structure
from service.screening.faults import Malformed
from tests.building import scored


def faults(change: dict[str, Any], answer: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    resource: Resource = {**scored("gad-7", [0] * 7), **change}
    if answer is not None:
        resource["item"][0]["answer"] = [answer]
    try:
        check_structure(resource, "QuestionnaireResponse")
    except Malformed as problem:
        return [(fault.code, fault.path.removeprefix("QuestionnaireResponse.")) for fault in problem.faults]
    return []


def test_a_good_resource_passes() -> None:
    assert faults({}) == []


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"resourceType": "Patient"}, "structure", "resourceType"),
        ({"status": "banana"}, "code-invalid", "status"),
        ({"status": 3}, "value", "status"),
        ({"status": ["completed"]}, "structure", "status"),
        ({"authored": "yesterday"}, "value", "authored"),
        ({"authored": 1700000000}, "value", "authored"),
        ({"authored": "2026-11-21T09:00"}, "value", "authored"),
        ({"authored": "2026-11-21T09:00:00"}, "value", "authored"),
        ({"authored": "2026-02-30"}, "structure", "authored"),
        ({"subject": "Patient/1"}, "structure", "subject"),
        ({"subject": {"reference": 1}}, "value", "subject.reference"),
        ({"nonsense": 1}, "structure", "QuestionnaireResponse"),
        ({"status__ext": {"id": "x"}}, "structure", "QuestionnaireResponse"),
        ({"item": {"linkId": "a"}}, "structure", "item"),
        ({"item": [{"text": "x"}]}, "required", "item[0].linkId"),
        ({"id": "a" * 65}, "value", "id"),
        ({"id": "a b"}, "value", "id"),
        ({"questionnaire": "a b"}, "value", "questionnaire"),
        ({"contained": [{"resourceType": "NopeType"}]}, "structure", "contained[0].resourceType"),
        ({"contained": [{"resourceType": 7}]}, "structure", "contained[0].resourceType"),
        ({"contained": [{"resourceType": "Patient", "active": "yes"}]}, "value", "contained[0].active"),
        ({"extension": [{"url": "http://x"}]}, "invariant", "extension[0]"),
        ({"extension": [{"url": "http://x", "valueString": "a", "valueCode": "b"}]}, "structure", "extension[0].value"),
        ({"extension": [{"valueString": "a"}]}, "required", "extension[0].url"),
        ({"_nonsense": {"id": "a"}}, "structure", "QuestionnaireResponse"),
        ({"_status": 3}, "structure", "status"),
        ({"_status": [{"id": "a"}]}, "structure", "status"),
    ],
)
def test_a_fault_is_found_with_its_place(change: dict[str, Any], code: str, place: str) -> None:
    assert faults(change) == [(code, place)]


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ({"valueInteger": "3"}, "item[0].answer[0].value"),
        ({"valueInteger": True}, "item[0].answer[0].value"),
        ({"valueBoolean": 1}, "item[0].answer[0].value"),
        ({"valueDecimal": "1.5"}, "item[0].answer[0].value"),
        ({"valueDate": 0}, "item[0].answer[0].value"),
        ({"valueCoding": '{"code": "x"}'}, "item[0].answer[0].value"),
        ({"valueCoding": {"code": "a"}, "valueString": "a"}, "item[0].answer[0].value"),
        ({"valueCoding": {"code": " a "}}, "item[0].answer[0].value.code"),
        ({"valueNope": 1}, "item[0].answer[0]"),
    ],
)
def test_what_the_library_would_coerce_is_refused(answer: dict[str, Any], place: str) -> None:
    assert [path for _, path in faults({}, answer)] == [place]


def test_what_the_library_wrongly_refuses_passes() -> None:
    inside = {"url": "http://x", "_valueString": {"extension": [{"url": "http://y", "valueString": "z"}]}}
    assert faults({"extension": [{**inside, "valueString": "a"}]}) == []
    assert faults({"extension": [{"url": "http://x", "valueMeta": {"versionId": "1"}}]}) == []


def test_types_that_came_after_r4_are_refused() -> None:
    codeable = {"url": "http://x", "valueCodeableReference": {"concept": {"text": "a"}}}
    assert ("structure", "extension[0]") in faults({"extension": [codeable]})


def test_a_primitive_may_have_extensions_without_a_value() -> None:
    absent = {"extension": [{"url": "http://x", "valueCode": "unknown"}]}
    assert faults({"_authored": absent}) == []
    assert faults({}, {"_valueString": absent}) == []


def test_every_fault_is_collected() -> None:
    assert len(faults({"status": "banana", "authored": "x", "nonsense": 1})) == 3
