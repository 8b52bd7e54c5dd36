"""Structural validation: refuses the resources that fhir.resources accepts wrongly or fails on."""

from typing import Any

import pytest

from service.fhir.r4.structure import check_structure, run_beside
from service.fhir.r4.types import Resource
from service.issues import Issue, Malformed
from tests.support.building import scored


def issues_of(change: dict[str, Any], answer: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    resource: Resource = {**scored("gad-7", [0] * 7), **change}
    if answer is not None:
        resource["item"][0]["answer"] = [answer]
    try:
        check_structure(resource, "QuestionnaireResponse")
    except Malformed as problem:
        return [(issue.code, issue.path.removeprefix("QuestionnaireResponse.")) for issue in problem.issues]
    return []


def test_a_good_resource_passes() -> None:
    assert issues_of({}) == []


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
        ({"authored": "2026-02-30"}, "value", "authored"),
        ({"authored": "0000-11-21"}, "value", "authored"),
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
def test_an_issue_has_the_path_of_its_element(change: dict[str, Any], code: str, place: str) -> None:
    assert issues_of(change) == [(code, place)]


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
    assert [path for _, path in issues_of({}, answer)] == [place]


def test_what_the_library_wrongly_refuses_passes() -> None:
    inside = {"url": "http://x", "_valueString": {"extension": [{"url": "http://y", "valueString": "z"}]}}
    assert issues_of({"extension": [{**inside, "valueString": "a"}]}) == []
    assert issues_of({"extension": [{"url": "http://x", "valueMeta": {"versionId": "1"}}]}) == []


def test_types_that_came_after_r4_are_refused() -> None:
    codeable = {"url": "http://x", "valueCodeableReference": {"concept": {"text": "a"}}}
    assert ("structure", "extension[0]") in issues_of({"extension": [codeable]})


def test_a_primitive_may_have_extensions_without_a_value() -> None:
    absent = {"extension": [{"url": "http://x", "valueCode": "unknown"}]}
    assert issues_of({"_authored": absent}) == []
    assert issues_of({}, {"_valueString": absent}) == []


def test_every_issue_is_collected() -> None:
    assert len(issues_of({"status": "banana", "authored": "x", "nonsense": 1})) == 3


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"_status": [{"id": "a"}]}, "`_status` must be an array if and only if `status` is an array."),
        ({"status": ["completed"]}, "`status` must be a single value, not an array."),
        ({"status": 3}, "`status` must be a string in JSON."),
        ({"item": [{"text": "x"}]}, "`linkId` is required. Add it."),
        ({"item": ["x"]}, "Each entry of `item` must be a JSON object."),
        (
            {"contained": [{"resourceType": "Patient", "name": [{"given": ["a"], "_given": [{"id": "a"}, None]}]}]},
            "`given` and `_given` must have equal length.",
        ),
        (
            {"authored": "yesterday"},
            "`authored` must be a FHIR dateTime (such as 2026-11-21 or 2026-11-21T09:00:00Z).",
        ),
        ({"authored": "2026-02-30"}, "`authored` is a date or time that does not exist. Correct it."),
        (
            {"extension": [{"url": "http://x"}]},
            "Extension must have either `value[x]` or `extension`, and not both (ext-1).",
        ),
    ],
)
def test_the_text_names_the_element_and_says_what_to_send(change: dict[str, Any], text: str) -> None:
    with pytest.raises(Malformed) as caught:
        check_structure({**scored("gad-7", [0] * 7), **change}, "QuestionnaireResponse")
    assert [issue.text for issue in caught.value.issues] == [text]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"mood": 1}, "`mood` is not an element of QuestionnaireResponse. Remove it."),
        (
            {"authord": "2026-11-21"},
            "`authord` is not an element of QuestionnaireResponse. Did you mean `authored`? Otherwise remove it.",
        ),
        (
            {"item": [{"linkId": "a", "answer": [{"_valueCoding": {"id": "a"}}]}]},
            "`_valueCoding` is not an element of QuestionnaireResponseItemAnswer: `valueCoding` is an object, so put "
            "id and extension in `valueCoding`.",
        ),
    ],
)
def test_an_unknown_element_is_named(change: dict[str, Any], text: str) -> None:
    with pytest.raises(Malformed) as caught:
        check_structure({**scored("gad-7", [0] * 7), **change}, "QuestionnaireResponse")
    assert [issue.text for issue in caught.value.issues] == [text]


@pytest.mark.parametrize("name", ["Jane", "jane doe", "born1970", "x" * 60])
def test_what_cannot_be_an_element_is_not_repeated(name: str) -> None:
    with pytest.raises(Malformed) as caught:
        check_structure({**scored("gad-7", [0] * 7), name: 1}, "QuestionnaireResponse")
    assert name not in caught.value.issues[0].text


@pytest.mark.parametrize(
    "text", ["2026-13-01", "2026-11-31T10:00:00Z", "2026-11-20T25:00:00Z", "2023-02-29", "2026-00-10"]
)
def test_a_date_that_does_not_exist_is_said_to(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        check_structure({**scored("gad-7", [0] * 7), "authored": text}, "QuestionnaireResponse")
    assert [issue.text for issue in caught.value.issues] == [
        "`authored` is a date or time that does not exist. Correct it."
    ]


@pytest.mark.parametrize("text", ["2024-02-29", "2026-11-20T23:59:60Z", "2026-11-30T10:00:00+14:00", "2026"])
def test_a_date_that_exists_is_taken(text: str) -> None:
    check_structure({**scored("gad-7", [0] * 7), "authored": text}, "QuestionnaireResponse")


def test_the_text_never_repeats_the_name_of_an_unknown_property() -> None:
    with pytest.raises(Malformed) as caught:
        check_structure({**scored("gad-7", [0] * 7), "Jane": 1, "_Jane": {"id": "a"}}, "QuestionnaireResponse")
    assert len(caught.value.issues) == 2
    assert not [issue for issue in caught.value.issues if "Jane" in issue.text + issue.path]


@pytest.mark.parametrize(
    ("resource", "paths"),
    [
        ({"resourceType": "Observation", "status": "final"}, ["Observation.code"]),
        ({"resourceType": "Condition", "code": {"text": "a"}}, ["Condition.subject"]),
        (
            {"resourceType": "MedicationAdministration", "status": "completed", "subject": {"reference": "Patient/1"}},
            ["MedicationAdministration.effective", "MedicationAdministration.medication"],
        ),
        ({"resourceType": "Patient", "deceasedBoolean": False, "multipleBirthInteger": 2}, []),
        (
            {"resourceType": "Patient", "extension": [{"url": "http://x", "valueUuid": "c757873d"}]},
            ["Patient.extension[0].value"],
        ),
        # Not version 4, and allowed: https://hl7.org/fhir/R4/datatypes.html#uuid
        (
            {
                "resourceType": "Patient",
                "extension": [{"url": "http://x", "valueUuid": "urn:uuid:c757873d-ec9a-1326-a141-556f43239520"}],
            },
            [],
        ),
        (
            {
                "resourceType": "ExampleScenario",
                "status": "draft",
                "instance": [{"resourceId": "a", "resourceType": "Patient"}, {"resourceId": "b"}],
            },
            ["ExampleScenario.instance[1].resourceType"],
        ),
    ],
)
def test_required_elements_of_every_kind_are_asked_for(resource: Resource, paths: list[str]) -> None:
    try:
        check_structure(resource, resource["resourceType"])
        found: list[str] = []
    except Malformed as problem:
        found = sorted(issue.path for issue in problem.issues)
    assert found == paths


@pytest.mark.parametrize(
    "contained",
    [
        ["a"],
        [None],
        [3, {"resourceType": "Patient", "id": "a"}],
        [[]],
        "a",
        {},
        3,
        [{"resourceType": "Patient", "meta": 3}],
    ],
)
@pytest.mark.parametrize("type_name", ["Bundle", "Parameters", "Binary", "QuestionnaireResponse"])
def test_contained_is_refused_where_it_is_no_list_of_resources(type_name: str, contained: Any) -> None:
    """A Bundle, Parameters and Binary have no `contained` at all."""
    with pytest.raises(Malformed) as problem:
        check_structure({"resourceType": type_name, "contained": contained}, type_name)
    assert any("contained" in issue.path or "`contained`" in issue.text for issue in problem.value.issues)


def test_the_library_runs_beside_where_a_setting_asks_for_it() -> None:
    def refuse(resource: Resource, expected: str) -> list[Issue]:
        return [Issue("structure", expected, f"{resource['resourceType']}: refused.")]

    run_beside([refuse])
    try:
        assert issues_of({}) == [("structure", "QuestionnaireResponse")]
    finally:
        run_beside([])
    assert issues_of({}) == []
