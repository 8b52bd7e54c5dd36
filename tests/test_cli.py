"""The command line: what each command prints where, and how it ends."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import responses
from click.testing import CliRunner, Result

from service.cli import main
from service.fhir.encoding import encode
from service.fhir.reading import Resource
from tests.building import SAMPLES, response, scored

ROOT = Path(__file__).parents[1]
PATIENTS = Path(__file__).parent / "cases" / "patients"
LOW_MOOD = [str(PATIENTS / "low-mood" / f"{name}.json") for name in ("leg-pain", "gad-7", "phq-9")]


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"SURAL_LOG_LEVEL": "critical", **environment})


def file(folder: Path, resource: Resource | str, name: str = "r.json") -> str:
    path = folder / name
    path.write_bytes(resource.encode() if isinstance(resource, str) else encode(resource))
    return str(path)


def found(bundle: Resource, type_name: str) -> list[Resource]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == type_name]


@pytest.mark.parametrize(
    "command",
    ["serve", "worker", "publish", "assess", "validate", "check", "migrate", "outbox", "outbox list", "outbox resend"],
)
def test_every_command_has_help_worth_reading(command: str) -> None:
    result = run(*command.split(), "--help")
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 5


class TestAssess:
    def test_the_bundle_alone_goes_to_standard_output(self) -> None:
        result = run("assess", *LOW_MOOD, "--now", "2026-11-21T12:00:00Z")
        assert result.exit_code == 0
        bundle = json.loads(result.stdout)
        assert result.stderr == ""
        assert len(found(bundle, "ClinicalImpression")) == 1
        assert {r["id"] for r in found(bundle, "QuestionnaireResponse")} == {
            f"low-mood-{n}" for n in ("leg-pain", "gad-7", "phq-9")
        }

    def test_the_same_input_gives_the_same_output_whatever_the_order_of_files(self) -> None:
        now = ("--now", "2026-11-21T12:00:00Z")
        first, second = run("assess", *LOW_MOOD, *now), run("assess", *LOW_MOOD, *now)
        assert first.stdout == second.stdout
        turned = json.loads(run("assess", *LOW_MOOD[::-1], *now).stdout)
        assert found(turned, "ClinicalImpression") == found(json.loads(first.stdout), "ClinicalImpression")

    def test_the_patient_gives_the_age(self) -> None:
        stenosis = [str(PATIENTS / "diabetic-feet" / f"{name}.json") for name in ("leg-pain", "gad-7", "phq-9")]
        patient = str(PATIENTS / "diabetic-feet" / "patient.json")
        without = run("assess", *stenosis, "--now", "2026-11-21T12:00:00Z").stdout
        with_age = run("assess", *stenosis, "--patient", patient, "--now", "2026-11-21T12:00:00Z").stdout
        assert "the age" in without
        assert "the age" not in with_age

    def test_another_patient_is_refused(self) -> None:
        result = run("assess", *LOW_MOOD, "--patient", str(PATIENTS / "diabetic-feet" / "patient.json"))
        assert result.exit_code == 2
        assert result.stdout == ""

    def test_a_response_that_cannot_be_taken_gives_an_outcome_on_standard_error(self, tmp_path: Path) -> None:
        result = run("assess", file(tmp_path, scored("gad-7", [0] * 7, patient="Group/1")))
        assert (result.exit_code, result.stdout) == (1, "")
        assert "QuestionnaireResponse.subject" in result.stderr

    def test_responses_of_two_patients_are_refused(self, tmp_path: Path) -> None:
        one = file(tmp_path, scored("gad-7", [0] * 7, patient="Patient/a"), "a.json")
        other = file(tmp_path, scored("phq-9", [0] * 9, patient="Patient/b"), "b.json")
        result = run("assess", one, other)
        assert result.exit_code == 1
        assert "more than one patient" in result.stderr

    def test_a_clock_without_a_zone_is_refused(self) -> None:
        assert run("assess", LOW_MOOD[0], "--now", "2026-11-21T12:00:00").exit_code == 2

    def test_it_writes_nothing_anywhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert run("assess", *LOW_MOOD).exit_code == 0
        assert list(tmp_path.iterdir()) == []


class TestValidate:
    def outcome(self, result: Result) -> Any:
        outcome = json.loads(result.stdout)
        assert outcome["resourceType"] == "OperationOutcome"
        return outcome["issue"]

    def test_a_valid_response_ends_with_0(self) -> None:
        result = run("validate", LOW_MOOD[0])
        assert result.exit_code == 0
        assert self.outcome(result)[0]["severity"] == "information"

    def test_one_that_is_not_ends_with_1_and_says_why(self, tmp_path: Path) -> None:
        resource = scored("gad-7", [0] * 7)
        resource["item"][2]["answer"] = [{"valueBoolean": True}]
        result = run("validate", file(tmp_path, resource))
        assert result.exit_code == 1
        assert self.outcome(result)[0]["expression"] == ["QuestionnaireResponse.item[2].answer[0].value"]

    @pytest.mark.parametrize("content", ["{", '{"resourceType": "Patient"}', "[]"])
    def test_what_is_no_response_ends_with_1(self, tmp_path: Path, content: str) -> None:
        result = run("validate", file(tmp_path, content))
        assert result.exit_code == 1
        assert self.outcome(result)

    def test_an_unknown_questionnaire_ends_with_2(self, tmp_path: Path) -> None:
        result = run("validate", file(tmp_path, scored("gad-7", [0] * 7, questionnaire="http://example.org/q")))
        assert result.exit_code == 2
        assert self.outcome(result)[0]["severity"] == "warning"

    def test_a_questionnaire_may_be_given(self) -> None:
        form, given = (
            SAMPLES / f"us-core-{kind}-phq-9-example.json" for kind in ("Questionnaire", "QuestionnaireResponse")
        )
        assert run("validate", str(given), "--questionnaire", str(form)).exit_code == 0

    def test_a_value_set_may_be_given(self, tmp_path: Path) -> None:
        url = "http://example.org/v"
        item = {"linkId": "q", "type": "choice", "answerValueSet": url}
        form = {"resourceType": "Questionnaire", "url": "http://example.org/q", "status": "active", "item": [item]}
        answer = {"valueCoding": {"system": "http://example.org/s", "code": "a"}}
        sent = scored("gad-7", [0] * 7, questionnaire="http://example.org/q")
        sent["item"] = [{"linkId": "q", "answer": [answer]}]
        include = {"system": "http://example.org/s", "concept": [{"code": "a"}]}
        codes = {"resourceType": "ValueSet", "url": url, "status": "active", "compose": {"include": [include]}}
        given = [file(tmp_path, sent), "--questionnaire", file(tmp_path, form, "q.json")]
        assert run("validate", *given).exit_code == 2
        assert run("validate", *given, "--value-set", file(tmp_path, codes, "v.json")).exit_code == 0

    @pytest.mark.parametrize(("items", "code"), [(["a", "b"], 0), (["a", "a"], 1)])
    def test_a_questionnaire_is_validated_itself(self, tmp_path: Path, items: list[str], code: int) -> None:
        made = [{"linkId": link_id, "type": "string"} for link_id in items]
        result = run("validate", file(tmp_path, {"resourceType": "Questionnaire", "status": "active", "item": made}))
        assert result.exit_code == code
        assert self.outcome(result)

    def test_a_questionnaire_that_cannot_be_told_ends_with_2(self, tmp_path: Path) -> None:
        item = {"linkId": "q", "type": "choice", "answerValueSet": "http://example.org/v"}
        made = {"resourceType": "Questionnaire", "status": "active", "item": [item]}
        assert run("validate", file(tmp_path, made)).exit_code == 2

    def test_our_own_rules_for_submitting_are_warnings(self, tmp_path: Path) -> None:
        result = run("validate", file(tmp_path, scored("gad-7", [0] * 7, patient="Group/1", authored=None)))
        assert result.exit_code == 1  # the form itself is about Patients
        assert "warning" in {issue["severity"] for issue in self.outcome(result)}
        elsewhere = scored("gad-7", [0] * 7, patient="http://other.example/Patient/1")
        assert run("validate", file(tmp_path, elsewhere)).exit_code == 0

    def test_an_exclusive_option_beside_another_is_not_valid(self, tmp_path: Path) -> None:
        both = response("leg-pain", {"lp-any": ["no"], "lp-alarm": ["none", "fever"]}, rest="blank")
        assert run("validate", file(tmp_path, both)).exit_code == 1


class TestCheck:
    def test_the_shipped_files_have_no_fault(self) -> None:
        result = run("check")
        assert result.exit_code == 0
        assert "37 patterns, 40 red flags" in result.stdout

    def test_faults_are_listed_and_end_with_1(self, tmp_path: Path) -> None:
        result = run("check", SURAL_MAPPINGS=str(tmp_path))
        assert result.exit_code == 1
        assert "patterns.yaml: is missing" in result.stdout

    def test_what_nothing_uses_is_listed_and_ends_with_1(self, tmp_path: Path) -> None:
        shutil.copytree(ROOT / "mappings", tmp_path, dirs_exist_ok=True)
        (tmp_path / "excused.yaml").write_text("options: {}\n")
        result = run("check", SURAL_MAPPINGS=str(tmp_path))
        assert result.exit_code == 1
        assert "lp-any.no: nothing uses this option\n" in result.stdout
        assert "no fault" not in result.stdout

    def test_the_coverage_says_where_each_fact_has_its_place(self) -> None:
        result = run("check", "--coverage")
        assert result.exit_code == 0
        lines = result.stdout.splitlines()
        assert "PI-009\tquestion, education\tquestion lp-duration" in lines
        assert lines[-1] == "361 facts: 359 have a place, 2 are left out with a reason, 0 are lost."

    def test_a_lost_fact_ends_the_coverage_with_1(self, tmp_path: Path) -> None:
        shutil.copytree(ROOT / "mappings", tmp_path, dirs_exist_ok=True)
        form = tmp_path / "leg-pain.yaml"
        form.write_text(form.read_text().replace("PI-009, ", ""))
        result = run("check", "--coverage", SURAL_MAPPINGS=str(tmp_path))
        assert result.exit_code == 1
        assert "PI-009\tquestion, education\tNO PLACE" in result.stdout.splitlines()
        assert "1 are lost." in result.stdout


class TestExplain:
    def test_the_page_goes_to_standard_output(self) -> None:
        files = [str(PATIENTS / "low-mood" / f"{name}.json") for name in ("gad-7", "leg-pain", "phq-9")]
        result = run("explain", *files, "--patient", str(PATIENTS / "low-mood" / "patient.json"))
        assert result.exit_code == 0
        assert "\nWhat the patient reads\n----" in result.stdout

    def test_a_response_that_cannot_be_taken_gives_an_outcome_and_ends_with_1(self, tmp_path: Path) -> None:
        (tmp_path / "bad.json").write_text('{"resourceType": "QuestionnaireResponse"}')
        result = run("explain", str(tmp_path / "bad.json"))
        assert result.exit_code == 1
        assert result.stdout == ""
        assert "OperationOutcome" in result.stderr


class TestPublish:
    @responses.activate
    def test_everything_is_put_under_its_own_id(self) -> None:
        responses.put(responses_url(), status=201)
        result = run("publish", SURAL_FHIR_SERVER="http://fhir.example/base")
        assert result.exit_code == 0
        sent = [json.loads(call.request.body or b"") for call in responses.calls]
        assert {r["resourceType"] for r in sent} == {
            "CodeSystem",
            "ValueSet",
            "StructureDefinition",
            "Questionnaire",
            "PlanDefinition",
        }
        assert {r["id"] for r in sent if r["resourceType"] == "Questionnaire"} == {"phq-9", "gad-7", "leg-pain"}

    @responses.activate
    def test_a_refusal_is_told_and_ends_with_1(self) -> None:
        responses.put(responses_url(), status=422)
        result = run("publish", SURAL_FHIR_SERVER="http://fhir.example/base")
        assert result.exit_code == 1
        assert "were not taken" in result.stderr

    def test_without_a_server_it_says_so(self) -> None:
        result = run("publish")
        assert result.exit_code == 1
        assert "SURAL_FHIR_SERVER" in result.stderr


def responses_url() -> re.Pattern[str]:
    return re.compile(r"http://fhir\.example/base/.*")


class TestWorker:
    def test_it_refuses_sqlite(self) -> None:
        result = run("worker", SURAL_FHIR_SERVER="http://fhir.example/base")
        assert result.exit_code == 1
        assert "PostgreSQL" in result.stderr


class TestOutbox:
    def test_without_a_database_it_says_so_and_makes_none(self, tmp_path: Path) -> None:
        result = run("outbox", "list", SURAL_DATABASE=f"sqlite:///{tmp_path / 'none.db'}")
        assert result.exit_code == 1
        assert "no database" in result.stderr
        assert list(tmp_path.iterdir()) == []


def test_a_wrong_setting_is_one_sentence() -> None:
    result = run("serve", SURAL_PORT="many")
    assert result.exit_code == 1
    assert "SURAL_PORT" in result.stderr
    assert "Traceback" not in result.stderr
