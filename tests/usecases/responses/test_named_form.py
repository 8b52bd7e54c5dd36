"""What a response names as its questionnaire: taken by id or address with a warning, or refused with what is taken."""

import json
from dataclasses import replace

import pytest

from service.fhir.ids import BASE
from service.fhir.questionnaires.supplied_forms import SuppliedForms
from service.fhir.r4.types import Resource
from service.issues import Issue, Malformed, Unprocessable
from service.usecases.operations.validate import validate
from service.usecases.responses.prepare import check_submission
from tests.support.building import NOW, catalogue, context, scored
from tests.support.files import CASES

OURS = "http://sural.example/fhir"


def sent(canonical: str | None, **elements: object) -> Resource:
    made = {**scored("gad-7", [0] * 7), **elements}
    return {
        **{k: v for k, v in made.items() if k != "questionnaire"},
        **({"questionnaire": canonical} if canonical else {}),
    }


def refused(resource: Resource) -> list[Issue]:
    with pytest.raises(Unprocessable) as caught:
        check_submission(resource, context(), NOW)
    return caught.value.issues


@pytest.mark.parametrize(
    "name",
    [
        "gad-7",
        "Questionnaire/gad-7",
        "Questionnaire/gad-7|1.0.0",
        "Questionnaire/gad-7/_history/1",
        f"{OURS}/Questionnaire/gad-7",
    ],
)
def test_the_id_or_own_address_of_a_form_is_taken_with_a_warning(name: str) -> None:
    with_base = replace(context(), bases=(f"{OURS}/",))
    source, warnings = check_submission(sent(name), with_base, NOW)
    assert source.instrument_name == "gad-7"
    assert [(warning.severity, warning.path) for warning in warnings] == [
        ("warning", "QuestionnaireResponse.questionnaire")
    ]
    assert f"{BASE}/Questionnaire/gad-7|1.0.0" in warnings[0].text
    assert validate(sent(name), catalogue(), SuppliedForms(), NOW, (OURS,)).complete


@pytest.mark.parametrize("name", ["http://other.example/Questionnaire/gad-7", "gad-7|9", "Questionnaire/unknown", "#a"])
def test_another_name_is_refused_with_every_canonical_that_is_taken(name: str) -> None:
    (issue,) = refused(sent(name))
    assert (issue.code, issue.path) == ("not-found", "QuestionnaireResponse.questionnaire")
    for canonical in (f"{BASE}/Questionnaire/leg-pain", "http://loinc.org/q/44249-1", *catalogue().editions):
        assert canonical in issue.text


@pytest.mark.parametrize(
    "name",
    [
        "https://loinc.org/q/69737-5",
        "http://loinc.org/69737-5",
        "http://loinc.org/q/69737-5/",
        "http://LOINC.org/q/69737-5",
    ],
)
def test_a_name_with_a_mistake_is_told_the_right_one(name: str) -> None:
    assert "Did you mean http://loinc.org/q/69737-5?" in refused(sent(name))[0].text


def test_a_version_that_is_not_published_is_told_the_published_one() -> None:
    (issue,) = refused(sent(f"{BASE}/Questionnaire/gad-7|0.9.0"))
    assert issue.text == (
        f"`questionnaire` has a version that is not known here. Send {BASE}/Questionnaire/gad-7|1.0.0."
    )


def test_other_faults_of_the_response_are_told_in_the_same_answer() -> None:
    resource = sent("https://loinc.org/q/69737-5", subject={"reference": "Group/1"})
    resource["item"][2]["answer"] = [{"valueBoolean": True}]
    assert [issue.path for issue in refused(resource)] == [
        "QuestionnaireResponse.subject",
        "QuestionnaireResponse.questionnaire",
        "QuestionnaireResponse.item[2].answer[0].value",
    ]


def test_a_response_that_is_no_fhir_is_told_of_its_questionnaire_too() -> None:
    with pytest.raises(Malformed) as caught:
        check_submission(sent("http://example.org/q", status="done"), context(), NOW)
    assert [issue.path for issue in caught.value.issues] == [
        "QuestionnaireResponse.status",
        "QuestionnaireResponse.questionnaire",
    ]


@pytest.mark.parametrize("canonical", [{"reference": "Questionnaire/1"}, 3])
def test_a_questionnaire_that_is_no_text_is_told_once(canonical: object) -> None:
    with pytest.raises(Malformed) as caught:
        check_submission({**sent(None), "questionnaire": canonical}, context(), NOW)
    assert all("known" not in issue.text for issue in caught.value.issues)


def test_a_fault_of_the_structure_hides_no_fault_of_an_answer() -> None:
    resource = sent(f"{BASE}/Questionnaire/gad-7", authored="yesterday")
    resource["item"][2]["answer"] = [{"valueBoolean": True}]
    with pytest.raises(Malformed) as caught:
        check_submission(resource, context(), NOW)
    assert [issue.path for issue in caught.value.issues] == [
        "QuestionnaireResponse.authored",
        "QuestionnaireResponse.item[2].answer[0].value",
    ]


def test_without_a_questionnaire_every_canonical_that_is_taken_is_told() -> None:
    (issue,) = refused(sent(None))
    assert (issue.code, issue.path) == ("required", "QuestionnaireResponse.questionnaire")
    assert "Add the canonical url" in issue.text
    checked = validate(sent(None), catalogue(), SuppliedForms(), NOW)
    (inconclusive,) = [each for each in checked.issues if each.inconclusive]
    for canonical in (f"{BASE}/Questionnaire/gad-7", "http://loinc.org/q/44249-1"):
        assert canonical in issue.text
        assert canonical in inconclusive.text


def test_without_a_questionnaire_faults_of_the_structure_are_told_beside_it() -> None:
    with pytest.raises(Malformed) as caught:
        check_submission(sent(None, status="done"), context(), NOW)
    assert [issue.path for issue in caught.value.issues] == [
        "QuestionnaireResponse.status",
        "QuestionnaireResponse.questionnaire",
    ]


PCO = "http://hl7.org/fhir/us/pco/Questionnaire/69737-5"


@pytest.mark.parametrize(
    ("file", "named", "meant"),
    [
        ("pco-gad-7", "http://loinc.org/q/69737-5", [PCO]),
        ("pco-phq-9", PCO, ["http://hl7.org/fhir/us/pco/Questionnaire/44249-1"]),
        ("loinc-gad-7", "http://loinc.org/q/44249-1", ["http://loinc.org/q/69737-5", f"{BASE}/Questionnaire/gad-7"]),
    ],
)
def test_the_items_of_another_form_are_recognised_as_those(file: str, named: str, meant: list[str]) -> None:
    resource = json.loads((CASES / f"editions/{file}.json").read_text())["response"]
    (told,) = [issue for issue in refused({**resource, "questionnaire": named}) if issue.code == "informational"]
    assert told.path == "QuestionnaireResponse.questionnaire"
    assert "Send the one answered." in told.text
    assert all(canonical in told.text for canonical in meant)
    assert named not in told.text


def test_another_resource_is_not_asked_for_a_questionnaire() -> None:
    with pytest.raises(Malformed) as caught:
        check_submission({"resourceType": "Bundle", "type": "collection"}, context(), NOW)
    assert "QuestionnaireResponse.questionnaire" not in [issue.path for issue in caught.value.issues]
