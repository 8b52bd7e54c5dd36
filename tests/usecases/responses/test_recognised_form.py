"""SURAL_RECOGNISE=loinc: a response under an unknown canonical is read by the codes of its questions and answers."""

from dataclasses import replace

import pytest

from service.fhir.r4.types import Resource
from service.fhir.results.bundle import transaction_bundle
from service.issues import Unprocessable
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import AssessmentContext, check_submission
from service.usecases.responses.sources import form_of_stored
from tests.support.building import FREQUENCY, NOW, context

LOINC = "http://loinc.org"
PHQ = ["44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"]
GAD = ["69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7"]


def recognising() -> AssessmentContext:
    return replace(context(), recognises=("loinc",))


def item(link_id: str, weight: int = 1) -> Resource:
    return {"linkId": link_id, "answer": [{"valueCoding": {"system": LOINC, "code": FREQUENCY[weight]}}]}


def sent(items: list[Resource]) -> Resource:
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "r",
        "questionnaire": "http://elsewhere.example/q",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "authored": "2026-11-20T09:00:00Z",
        "item": items,
    }


def refusal(items: list[Resource]) -> str:
    with pytest.raises(Unprocessable) as caught:
        check_submission(sent(items), recognising(), NOW)
    known, unrecognised = caught.value.issues
    assert "http://loinc.org/q/44249-1" in known.text
    return unrecognised.text


@pytest.mark.parametrize("prefix", ["", "/", "phq.", "form/1/", "q_"])
def test_a_phq_9_is_read_whatever_stands_before_the_codes(prefix: str) -> None:
    group = {"linkId": "main", "item": [item(f"{prefix}{code}") for code in PHQ]}
    total = {"linkId": f"{prefix}44261-6", "answer": [{"valueInteger": 9}]}
    source, warnings = check_submission(sent([group, total]), recognising(), NOW)
    assert source.instrument_name == "phq-9"
    assert source.sheet.numbers == {"/44261-6": 9}
    assert [(w.severity, w.path) for w in warnings] == [("warning", "QuestionnaireResponse.questionnaire")]
    submission = assess_submission([source], recognising(), NOW)
    assert submission.assessment.raised["self-harm"].level.code == "same-day"
    entries = [entry["resource"] for entry in transaction_bundle(submission, context().knowledge)["entry"]]
    (impression,) = [each for each in entries if each["resourceType"] == "ClinicalImpression"]
    assert any("names a questionnaire that is not known here" in note["text"] for note in impression["note"])


def test_it_is_off_by_default() -> None:
    with pytest.raises(Unprocessable):
        check_submission(sent([item(code) for code in PHQ]), context(), NOW)


def test_an_accepted_response_stays_readable_when_the_setting_is_taken_back() -> None:
    source, _ = check_submission(sent([item(code) for code in GAD]), recognising(), NOW)
    form = form_of_stored(source.response, context())
    assert form is not None
    assert form.instrument.name == "gad-7"


def test_a_missing_question_is_named() -> None:
    assert "missing: 69736-7." in refusal([item(code) for code in GAD[:-1]])


def test_a_phq_9_without_item_9_is_no_phq_8() -> None:
    assert refusal([item(code) for code in PHQ[:-1]]) == (
        "The response was not recognised as phq-8 or phq-9 by its codes: questions with these codes are missing: "
        "44260-8."
    )


def test_a_phq_2_is_read_if_the_code_of_its_total_tells_it() -> None:
    two = [item(code) for code in PHQ[:2]]
    assert "not recognised as phq-2 or" in refusal(two)
    source, _ = check_submission(
        sent([*two, {"linkId": "55758-7", "answer": [{"valueDecimal": 2}]}]), recognising(), NOW
    )
    assert source.instrument_name == "phq-2"


@pytest.mark.parametrize(
    "answer",
    [
        {"valueInteger": 1},
        {"valueCoding": {"code": "LA6569-3"}},
        {"valueCoding": {"system": LOINC, "code": "LA18938-3"}},
        {"valueCoding": {"system": "urn:x", "code": "LA6569-3"}},
    ],
)
def test_an_answer_without_the_code_of_an_option_is_named(answer: Resource) -> None:
    items = [item(code) for code in GAD]
    items[3]["answer"] = [answer]
    assert "not given by the code of an option: 69734-2." in refusal(items)


@pytest.mark.parametrize(
    "others",
    [[item(PHQ[0])], [{"linkId": "name", "answer": [{"valueString": "x"}]}]],
)
def test_answers_to_other_questions_are_ambiguous(others: list[Resource]) -> None:
    assert "1 answered item(s) are not of it" in refusal([*(item(code) for code in GAD), *others])


def test_a_question_that_occurs_twice_is_missing() -> None:
    assert "missing: 69725-0." in refusal([*(item(code) for code in GAD), item(f"again/{GAD[0]}")])


def test_a_form_without_codes_is_told_so() -> None:
    assert refusal([item("a"), item("b")]).endswith("no question is named by a code of a scored question.")


def test_a_declined_question_counts_as_named() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    declined = {"linkId": PHQ[8], "extension": [{"url": url, "valueCode": "asked-declined"}]}
    source, _ = check_submission(sent([*(item(code) for code in PHQ[:8]), declined]), recognising(), NOW)
    assert source.sheet.is_open("/44260-8")
