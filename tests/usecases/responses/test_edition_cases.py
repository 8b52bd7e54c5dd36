"""Every response in tests/cases/editions: the total, the red flags and the warnings that it must have."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.r4.strict_json import load
from service.fhir.results.bundle import transaction_bundle
from service.fhir.results.score_observations import score_slot
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import check_submission
from service.usecases.responses.submit import score_warnings
from tests.support.building import NOW, catalogue, context
from tests.support.files import CASES, ROOT, SAMPLES

FILES = sorted((CASES / "editions").glob("*.json"))


def read_case(file: Path) -> Any:
    """A case: `source`, `licence`, `response` and `expect`. Not read strictly: an expectation may be null."""
    return json.loads(file.read_text(), parse_float=Decimal)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_response_is_taken_as_the_case_says(file: Path) -> None:
    case = read_case(file)
    expected = case["expect"]
    source, warnings = check_submission(case["response"], context(), NOW)
    submission = assess_submission([source], context(), NOW)
    (score,) = submission.results_of(source.id).scores
    flags = {code: flag.level.code for code, flag in submission.assessment.raised.items()}
    texts = [warning.text for warning in (*warnings, *score_warnings(submission))]
    assert (source.instrument_name, score.total) == (expected["instrument"], expected["total"])
    assert flags == expected["flags"]
    assert texts == expected.get("warnings", [])
    if "absent" in expected:
        id = source.derived_id("Observation", score_slot(score))
        entries = transaction_bundle(submission, context().knowledge)["entry"]
        (observation,) = [e["resource"] for e in entries if e["resource"]["id"] == id]
        assert [coding["code"] for coding in observation["dataAbsentReason"]["coding"]] == [expected["absent"]]


def test_a_phq_9_after_a_closed_gate_says_that_items_were_not_asked() -> None:
    case = read_case(CASES / "editions/loinc-phq-2-gate-negative.json")
    source, _ = check_submission(case["response"], context(), NOW)
    entries = transaction_bundle(assess_submission([source], context(), NOW), context().knowledge)["entry"]
    (impression,) = [e["resource"] for e in entries if e["resource"]["resourceType"] == "ClinicalImpression"]
    assert "PHQ-9 without a total (7 of 9 not asked)" in impression["summary"]
    assert "left open" not in str(impression)


def urls() -> set[Any]:
    """The canonicals that the cases and samples answer, without their versions."""
    responses = [read_case(file)["response"] for file in FILES]
    responses += [load(file.read_bytes()) for file in SAMPLES.glob("*QuestionnaireResponse*.json")]
    return {response["questionnaire"].partition("|")[0] for response in responses}


@pytest.mark.parametrize("name", sorted(catalogue().mapped))
def test_every_edition_names_its_source_and_has_a_response(name: str) -> None:
    for entry in read_yaml(ROOT / f"mappings/{name}.yaml").get("editions", ()):
        assert entry["source"], entry["canonical"]
        assert entry["licence"], entry["canonical"]
        assert {entry["canonical"], *entry.get("also", ())} & urls(), entry["canonical"]
