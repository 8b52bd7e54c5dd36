"""Translation of other publishers' editions into our linkIds and codes."""

import pytest

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.r4.strict_json import load
from service.fhir.r4.types import Resource
from service.issues import Unprocessable
from service.usecases.responses.prepare import check_submission
from tests.support.building import NOW, catalogue, context, scored
from tests.support.files import ROOT, SAMPLES

DECLINED = {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "asked-declined"}


def sample(name: str) -> Resource:
    return load((SAMPLES / name).read_bytes())


@pytest.mark.parametrize(
    "canonical",
    [
        "http://loinc.org/q/44249-1",
        "http://loinc.org/q/44249-1|2.77",
        "http://loinc.org/q/69737-5",
        "http://hl7.org/fhir/us/core/Questionnaire/phq-9-example",
        "http://hl7.org/fhir/uv/phr/Questionnaire/gad7",
        "http://hl7.org/fhir/uv/phr/Questionnaire/phq9",
    ],
)
def test_an_edition_is_known_with_and_without_a_version(canonical: str) -> None:
    found = catalogue().find(canonical)
    assert found is not None
    assert found.edition is not None


def test_linkids_without_a_slash_become_ours() -> None:
    part, _ = check_submission(sample("phr-QuestionnaireResponse-gad7.json"), context(), NOW)
    assert set(part.sheet.chosen) == set(catalogue().rules.instruments["gad-7"].scores[0].summands)


def test_an_answer_that_means_not_answered_is_no_answer() -> None:
    resource = sample("phr-QuestionnaireResponse-gad7.json")
    resource["item"][0]["answer"][0]["valueCoding"] = DECLINED
    part, _ = check_submission(resource, context(), NOW)
    assert part.sheet.is_open("/69725-0")


def test_on_our_own_form_that_answer_is_not_offered() -> None:
    resource = scored("gad-7", [0] * 7)
    resource["item"][0]["answer"][0]["valueCoding"] = DECLINED
    with pytest.raises(Unprocessable) as caught:
        check_submission(resource, context(), NOW)
    assert [fault.path for fault in caught.value.issues] == ["QuestionnaireResponse.item[0].answer[0].value"]


def test_the_other_wording_on_the_form_of_loinc_counts_as_more_than_half_the_days() -> None:
    resource = scored("gad-7", [0] * 7, questionnaire="http://loinc.org/q/69737-5")
    resource["item"][1]["answer"][0]["valueCoding"] |= {"code": "LA18938-3", "display": "Over half the days"}
    part, _ = check_submission(resource, context(), NOW)
    assert part.sheet.chosen["/68509-9"] == {"LA6570-1"}
    resource["item"][2]["answer"][0]["valueCoding"] |= {"code": "LA18938-3", "display": "Over half the days"}
    with pytest.raises(Unprocessable):
        check_submission(resource, context(), NOW)


def test_a_fault_names_the_place_in_what_was_received() -> None:
    resource = sample("phr-QuestionnaireResponse-gad7.json")
    resource["item"][4]["answer"][0]["valueCoding"]["code"] = "LA0-0"
    with pytest.raises(Unprocessable) as caught:
        check_submission(resource, context(), NOW)
    (fault,) = caught.value.issues
    assert (fault.path, fault.link_id) == ("QuestionnaireResponse.item[4].answer[0].value", "/69735-9")


def test_the_difficulty_item_on_a_form_that_always_shows_it_is_no_contradiction() -> None:
    resource = scored("phq-9", [0] * 9, answers={"/69722-7": ["LA6572-7"]}, questionnaire="http://loinc.org/q/44249-1")
    part, warnings = check_submission(resource, context(), NOW)
    assert part.sheet.contradictions == ()
    assert warnings == []


def test_every_edition_in_the_mappings_is_in_the_catalogue() -> None:
    for name in ("phq-9", "gad-7", "phq-2", "phq-4"):
        entries = read_yaml(ROOT / f"mappings/{name}.yaml")["editions"]
        listed = {canonical for entry in entries for canonical in (entry["canonical"], *entry.get("also", ()))}
        assert {url for url, (own, _) in catalogue().editions.items() if own == name} == listed
