"""`sural validate` prints an OperationOutcome and ends with 0 (valid), 1 (not valid) or 2 (inconclusive)."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.support.building import response, scored
from tests.support.files import SAMPLES
from tests.support.running.command_line import LOW_MOOD, run_sural, write_file


def outcome_issues(result: Result) -> Any:
    outcome = json.loads(result.stdout)
    assert outcome["resourceType"] == "OperationOutcome"
    return outcome["issue"]


def test_a_valid_response_ends_with_0() -> None:
    result = run_sural("validate", LOW_MOOD[0])
    assert result.exit_code == 0
    assert outcome_issues(result)[0]["severity"] == "information"


def test_one_that_is_not_ends_with_1_and_says_why(tmp_path: Path) -> None:
    resource = scored("gad-7", [0] * 7)
    resource["item"][2]["answer"] = [{"valueBoolean": True}]
    result = run_sural("validate", write_file(tmp_path, resource))
    assert result.exit_code == 1
    assert outcome_issues(result)[0]["expression"] == ["QuestionnaireResponse.item[2].answer[0].value"]


@pytest.mark.parametrize("content", ["{", '{"resourceType": "Patient"}', "[]"])
def test_what_is_no_response_ends_with_1(tmp_path: Path, content: str) -> None:
    result = run_sural("validate", write_file(tmp_path, content))
    assert result.exit_code == 1
    assert outcome_issues(result)


def test_an_unknown_questionnaire_ends_with_2(tmp_path: Path) -> None:
    result = run_sural("validate", write_file(tmp_path, scored("gad-7", [0] * 7, questionnaire="http://example.org/q")))
    assert result.exit_code == 2
    assert outcome_issues(result)[0]["severity"] == "warning"


def test_a_questionnaire_may_be_given() -> None:
    form, given = (
        SAMPLES / f"us-core-{kind}-phq-9-example.json" for kind in ("Questionnaire", "QuestionnaireResponse")
    )
    assert run_sural("validate", str(given), "--questionnaire", str(form)).exit_code == 0


def test_a_value_set_may_be_given(tmp_path: Path) -> None:
    url = "http://example.org/v"
    item = {"linkId": "q", "type": "choice", "answerValueSet": url}
    form = {"resourceType": "Questionnaire", "url": "http://example.org/q", "status": "active", "item": [item]}
    answer = {"valueCoding": {"system": "http://example.org/s", "code": "a"}}
    sent = scored("gad-7", [0] * 7, questionnaire="http://example.org/q")
    sent["item"] = [{"linkId": "q", "answer": [answer]}]
    include = {"system": "http://example.org/s", "concept": [{"code": "a"}]}
    codes = {"resourceType": "ValueSet", "url": url, "status": "active", "compose": {"include": [include]}}
    given = [write_file(tmp_path, sent), "--questionnaire", write_file(tmp_path, form, "q.json")]
    assert run_sural("validate", *given).exit_code == 2
    assert run_sural("validate", *given, "--value-set", write_file(tmp_path, codes, "v.json")).exit_code == 0


@pytest.mark.parametrize(("items", "code"), [(["a", "b"], 0), (["a", "a"], 1)])
def test_a_questionnaire_is_validated_itself(tmp_path: Path, items: list[str], code: int) -> None:
    made = [{"linkId": link_id, "type": "string"} for link_id in items]
    result = run_sural(
        "validate", write_file(tmp_path, {"resourceType": "Questionnaire", "status": "active", "item": made})
    )
    assert result.exit_code == code
    assert outcome_issues(result)


def test_a_questionnaire_that_cannot_be_told_ends_with_2(tmp_path: Path) -> None:
    item = {"linkId": "q", "type": "choice", "answerValueSet": "http://example.org/v"}
    made = {"resourceType": "Questionnaire", "status": "active", "item": [item]}
    assert run_sural("validate", write_file(tmp_path, made)).exit_code == 2


def test_our_own_rules_for_submitting_are_warnings(tmp_path: Path) -> None:
    result = run_sural("validate", write_file(tmp_path, scored("gad-7", [0] * 7, patient="Group/1", authored=None)))
    assert result.exit_code == 1  # the form itself is about Patients
    assert "warning" in {issue["severity"] for issue in outcome_issues(result)}
    elsewhere = scored("gad-7", [0] * 7, patient="http://other.example/Patient/1")
    assert run_sural("validate", write_file(tmp_path, elsewhere)).exit_code == 0


def test_an_exclusive_option_beside_another_is_not_valid(tmp_path: Path) -> None:
    both = response("leg-pain", {"lp-any": ["no"], "lp-alarm": ["none", "fever"]}, rest="blank")
    assert run_sural("validate", write_file(tmp_path, both)).exit_code == 1


def test_a_faulty_questionnaire_file_gives_an_outcome_on_standard_output(tmp_path: Path) -> None:
    form = {"resourceType": "Questionnaire", "status": "activ", "item": [{"linkId": "a", "type": "choices"}]}
    given = write_file(tmp_path, form, "form.json")
    result = run_sural("validate", str(LOW_MOOD[0]), "--questionnaire", given)
    assert result.exit_code == 2
    assert [issue["expression"] for issue in outcome_issues(result)] == [
        ["Questionnaire.status"],
        ["Questionnaire.item[0].type"],
    ]
    assert "--questionnaire" in result.stderr
