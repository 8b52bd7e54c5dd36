"""Every line of tests/cases/received/validation.jsonl: a resource, what is given with it, and the exit code of
`sural validate`: 0 valid, 1 not valid, 2 inconclusive. Written from R4, SDC and the answers of other validators."""

import json
from typing import Any

import pytest

from service.fhir.questionnaires.supplied_forms import supply
from service.fhir.r4.strict_json import load
from service.fhir.r4.types import Resource
from service.issues import Malformed
from service.usecases.operations.validate import ValidationResult, validate, validate_questionnaire
from tests.support.building import NOW, catalogue
from tests.support.files import RECEIVED

CASES = [json.loads(line) for line in (RECEIVED / "validation.jsonl").read_text().splitlines()]


def as_read(resource: Any) -> Resource:
    return load(json.dumps(resource).encode())


def judge(case: dict[str, Any]) -> ValidationResult:
    try:
        resource = as_read(case["resource"])
        supplied = supply([as_read(each) for each in case.get("given", ())], catalogue(), trusted=True)
    except Malformed as problem:
        return ValidationResult(problem.issues)
    if resource["resourceType"] == "Questionnaire":
        return validate_questionnaire(resource, supplied)
    return validate(resource, catalogue(), supplied, NOW)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_exit_code_is_right(case: dict[str, Any]) -> None:
    result = judge(case)
    code = 1 if not result.valid else 0 if result.complete else 2
    assert code == case["exit"], [(issue.severity, issue.path, issue.text) for issue in result.issues]


def test_a_fault_of_the_structure_hides_no_other() -> None:
    (case,) = (case for case in CASES if case["name"] == "structure-hides")
    paths = [issue.path for issue in judge(case).issues if issue.is_error]
    assert paths == ["QuestionnaireResponse", "QuestionnaireResponse.item[0].answer[0].value"]


def test_a_fault_of_a_supplied_questionnaire_hides_none_of_the_response() -> None:
    (case,) = (case for case in CASES if case["name"] == "supplied-without-status")
    found = [(issue.path.removeprefix("QuestionnaireResponse."), issue.inconclusive) for issue in judge(case).issues]
    assert {("status", False), ("questionnaire", True), ("item[0].answer[0].value", False)} <= set(found)
