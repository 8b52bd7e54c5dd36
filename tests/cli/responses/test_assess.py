"""`sural assess` prints the Bundle to standard output and everything else to standard error."""

import json
from pathlib import Path

import pytest

from service.fhir.r4.types import Resource
from tests.support.building import scored
from tests.support.running.command_line import LOW_MOOD, PATIENTS, run_sural, write_file


def resources_of(bundle: Resource, type_name: str) -> list[Resource]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == type_name]


def test_the_bundle_alone_goes_to_standard_output() -> None:
    result = run_sural("assess", *LOW_MOOD, "--now", "2026-11-21T12:00:00Z")
    assert result.exit_code == 0
    bundle = json.loads(result.stdout)
    assert result.stderr == ""
    assert len(resources_of(bundle, "ClinicalImpression")) == 1
    assert {r["id"] for r in resources_of(bundle, "QuestionnaireResponse")} == {
        f"low-mood-{n}" for n in ("leg-pain", "gad-7", "phq-9")
    }


def test_the_same_input_gives_the_same_output_whatever_the_order_of_files() -> None:
    now = ("--now", "2026-11-21T12:00:00Z")
    first, second = run_sural("assess", *LOW_MOOD, *now), run_sural("assess", *LOW_MOOD, *now)
    assert first.stdout == second.stdout
    turned = json.loads(run_sural("assess", *LOW_MOOD[::-1], *now).stdout)
    assert resources_of(turned, "ClinicalImpression") == resources_of(json.loads(first.stdout), "ClinicalImpression")


def test_the_patient_gives_the_age(tmp_path: Path) -> None:
    feet = [str(PATIENTS / "diabetic-feet" / f"{name}.json") for name in ("leg-pain", "gad-7", "phq-9")]
    child = write_file(tmp_path, {"resourceType": "Patient", "id": "example-diabetic-feet", "birthDate": "2012-03-14"})
    without = run_sural("assess", *feet, "--now", "2026-11-21T12:00:00Z").stdout
    with_age = run_sural("assess", *feet, "--patient", str(child), "--now", "2026-11-21T12:00:00Z").stdout
    assert "under-18" not in json.dumps(resources_of(json.loads(without), "ClinicalImpression"))
    assert "under-18" in json.dumps(resources_of(json.loads(with_age), "ClinicalImpression"))


def test_another_patient_is_refused() -> None:
    result = run_sural("assess", *LOW_MOOD, "--patient", str(PATIENTS / "diabetic-feet" / "patient.json"))
    assert result.exit_code == 2
    assert result.stdout == ""


def test_a_response_that_cannot_be_taken_gives_an_outcome_on_standard_error(tmp_path: Path) -> None:
    result = run_sural("assess", write_file(tmp_path, scored("gad-7", [0] * 7, patient="Group/1")))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "QuestionnaireResponse.subject" in result.stderr


def test_responses_of_two_patients_are_refused(tmp_path: Path) -> None:
    one = write_file(tmp_path, scored("gad-7", [0] * 7, patient="Patient/a"), "a.json")
    other = write_file(tmp_path, scored("phq-9", [0] * 9, patient="Patient/b"), "b.json")
    result = run_sural("assess", one, other)
    assert result.exit_code == 1
    assert "more than one patient" in result.stderr


def test_a_clock_without_a_zone_is_refused() -> None:
    assert run_sural("assess", LOW_MOOD[0], "--now", "2026-11-21T12:00:00").exit_code == 2


def test_it_writes_nothing_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_sural("assess", *LOW_MOOD).exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_the_answers_that_a_red_flag_hangs_on_are_added_when_asked_for() -> None:
    file = str(PATIENTS / "low-mood" / "phq-9.json")
    assert '"url": "counterfactual"' not in run_sural("assess", file).stdout
    bundle = json.loads(run_sural("assess", file, "--counterfactuals").stdout)
    impression = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "ClinicalImpression")
    (found,) = [part for part in evidence_of(impression, "self-harm") if part["url"] == "counterfactual"]
    (change,) = [part["extension"] for part in found["extension"] if part["url"] == "change"]
    assert change[0] == {"url": "linkId", "valueString": "/44260-8"}
    assert [part["url"] for part in change] == ["linkId", "from", "to"]
    assert change[2]["extension"][0]["valueCoding"]["code"] == "LA6568-5"


def test_a_phone_of_the_patient_is_in_the_task(tmp_path: Path) -> None:
    old = {"system": "phone", "value": "1", "use": "old", "rank": 1}
    telecom = [{"system": "email", "value": "a@example.org"}, old, {"system": "phone", "value": "2", "rank": 2}]
    patient = {"resourceType": "Patient", "id": "example-low-mood", "telecom": [*telecom, {**old, "use": "home"}]}
    (tmp_path / "patient.json").write_text(json.dumps(patient))
    bundle = json.loads(run_sural("assess", *LOW_MOOD, "--patient", str(tmp_path / "patient.json")).stdout)
    task = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Task")
    (phone,) = [each["valueContactPoint"] for each in task["input"] if "valueContactPoint" in each]
    assert phone == {"system": "phone", "value": "1", "use": "home", "rank": 1}


def test_a_pattern_names_the_answers_that_it_hangs_on_with_the_confidence_that_results() -> None:
    file = str(PATIENTS / "back-to-leg" / "leg-pain.json")
    bundle = json.loads(run_sural("assess", file, "--counterfactuals").stdout)
    impression = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "ClinicalImpression")
    found = [part["extension"] for part in evidence_of(impression, "radiculopathy") if part["url"] == "counterfactual"]
    results = {part["valueCode"] for parts in found for part in parts if part["url"] == "result"}
    assert results
    assert results <= {"possible", "fits"}


def evidence_of(impression: Resource, rule: str) -> list[Resource]:
    """The parts of the evidence of one rule."""
    for finding in impression["finding"]:
        for extension in finding["extension"]:
            parts: list[Resource] = extension.get("extension", [])
            if parts and parts[0] == {"url": "rule", "valueCode": rule}:
                return parts
    return []
