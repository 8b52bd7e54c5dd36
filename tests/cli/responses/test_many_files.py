"""Commands over .ndjson files and folders: each fault is named with its file and line, and the next input follows."""

import json
from pathlib import Path

import pytest
from click.testing import Result

from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from tests.support.building import phq, scored, with_total
from tests.support.files import ROOT
from tests.support.running.command_line import run_sural

BROKEN = "{"
RULES = ("--rules", str(ROOT / "mappings"), str(ROOT / "mappings"))


def lines(folder: Path, *contents: Resource | str, name: str = "many.ndjson") -> Path:
    path = folder / name
    path.write_text("\n".join(each if isinstance(each, str) else encode(each).decode() for each in contents) + "\n\n")
    return path


def response_of(patient: str, total: int = 12) -> Resource:
    return {**with_total("phq-9", total, patient=f"Patient/{patient}"), "id": f"r-{patient}"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two patients in a file with lines, a line that is broken between them, and a third in a file of its own."""
    (tmp_path / "in").mkdir()
    lines(tmp_path, response_of("p1"), BROKEN, response_of("p2"))
    (tmp_path / "in" / "one.json").write_bytes(encode(response_of("p3")))
    (tmp_path / "notes.txt").write_text("not read")
    return tmp_path


def test_validate_names_each_place_and_goes_on(folder: Path) -> None:
    result = run_sural("validate", str(folder))
    assert result.exit_code == 1
    said = [line for line in result.stdout.splitlines() if not line.startswith("  ")]
    many, one = folder / "many.ndjson", folder / "in" / "one.json"
    assert said == [
        f"{one}  valid",
        f"{many}:1  valid",
        f"{many}:2  not valid",
        f"{many}:3  valid",
        "4 resources: 3 valid, 1 not valid, 0 inconclusive.",
    ]


def test_validate_says_what_is_wrong_beside_its_place(tmp_path: Path) -> None:
    wrong = scored("gad-7", [0] * 7)
    wrong["item"][2]["answer"] = [{"valueBoolean": True}]
    result = run_sural("validate", str(lines(tmp_path, wrong, scored("gad-7", [0] * 7))))
    assert "  error: QuestionnaireResponse.item[2].answer[0].value: " in result.stdout


def test_validate_of_many_ends_with_2_if_one_is_inconclusive(tmp_path: Path) -> None:
    unknown = scored("gad-7", [0] * 7, questionnaire="http://example.org/q")
    assert run_sural("validate", str(lines(tmp_path, phq(), unknown))).exit_code == 2


def bundles(result: Result) -> list[Resource]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def patients(result: Result) -> list[str]:
    return [
        entry["resource"]["subject"]["reference"]
        for bundle in bundles(result)
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "ClinicalImpression"
    ]


def test_assess_gives_a_bundle_for_each_patient_and_goes_on_after_a_fault(folder: Path) -> None:
    result = run_sural("assess", str(folder))
    assert patients(result) == ["Patient/p3", "Patient/p1", "Patient/p2"]
    assert f"{folder / 'many.ndjson'}:2  not accepted" in result.stderr
    assert result.exit_code == 1


def test_assess_names_the_file_of_a_response_that_is_not_accepted(tmp_path: Path) -> None:
    wrong = {**response_of("p1"), "status": "banana"}
    path = lines(tmp_path, wrong, response_of("p2"))
    result = run_sural("assess", str(path))
    assert patients(result) == ["Patient/p2"]
    assert f"{path}:1  not accepted: QuestionnaireResponse.status" in result.stderr
    assert result.exit_code == 1


def test_the_responses_of_one_patient_are_one_submission(tmp_path: Path) -> None:
    other = {**scored("gad-7", [2] * 7, patient="Patient/p1"), "id": "r-gad"}
    result = run_sural("assess", str(lines(tmp_path, response_of("p1"), other)))
    assert patients(result) == ["Patient/p1"]
    assert result.exit_code == 0


def test_explain_gives_a_page_for_each_patient(folder: Path) -> None:
    result = run_sural("explain", str(folder))
    alone = run_sural("explain", str(folder / "in" / "one.json"))
    assert result.stdout.startswith(alone.stdout)
    assert result.exit_code == 1
    assert f"{folder / 'many.ndjson'}:2  not accepted" in result.stderr


def test_one_patient_cannot_be_given_for_many(folder: Path) -> None:
    for option in ("--patient", "--before"):
        result = run_sural("explain", str(folder), option, str(folder / "in" / "one.json"))
        assert result.exit_code == 2
        assert "of one patient" in result.stderr


def test_diff_reads_folders(folder: Path) -> None:
    result = run_sural("diff", *RULES, str(folder))
    assert result.exit_code == 2
    assert f"{folder / 'many.ndjson'}:2  not accepted" in result.stdout
    assert result.stdout.splitlines()[-1] == "4 responses: 0 change, 1 were not accepted."


def test_progress_is_on_standard_error(folder: Path) -> None:
    result = run_sural("diff", *RULES, str(folder))
    assert "Read" in result.stderr
    assert "Read" not in result.stdout
