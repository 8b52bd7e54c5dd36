"""`sural diff`: whose findings change with the rules."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.cli import main
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from tests.support.building import NOW, response, with_total
from tests.support.files import CASES, OLD_RULES, ROOT, Edit
from tests.support.running.command_line import PATIENTS
from tests.test_cases import build

OLD = str(ROOT / "mappings")
BURNING = {"lp-feel": ["burning"], "lp-stress": ["often"], "lp-calm": ["often"], "lp-side": ["changes"]}


def diff(new: Path | str, *files: Path) -> Result:
    return CliRunner().invoke(main, ["diff", "--rules", OLD, str(new), *map(str, files)])


def lines(tmp_path: Path, *resources: Resource) -> Path:
    file = tmp_path / "responses.ndjson"
    file.write_text("\n".join(json.dumps(resource) for resource in resources) + "\n\n")
    return file


def given(name: str, day: int, patient: str = "p", **elements: object) -> Resource:
    return {
        "id": f"{name}-{day}-{patient}",
        "subject": {"reference": f"Patient/{patient}"},
        "authored": f"2026-11-{day:02}T09:00:00Z",
        **elements,
    }


def gad(total: int, day: int, patient: str = "p") -> Resource:
    return {**with_total("gad-7", total), **given("gad-7", day, patient)}


def legs(day: int, patient: str = "p") -> Resource:
    return {**response("leg-pain", BURNING, rest="none"), **given("leg-pain", day, patient)}


@pytest.fixture
def new(copy: Path, edit: Edit) -> Path:
    """Rules under which 12 points of the GAD-7 are mild, and no anxiety-linked pattern is possible below 15."""
    edit("mappings/gad-7.yaml", "mild, from: 5, to: 9", "mild, from: 5, to: 12")
    edit("mappings/gad-7.yaml", "moderate, from: 10", "moderate, from: 13")
    edit("mappings/patterns.yaml", "- {score: {gad-7: {from: 5}}}", "- {score: {gad-7: {from: 15}}}")
    return copy


def test_the_same_rules_change_nothing(tmp_path: Path) -> None:
    result = diff(OLD, lines(tmp_path, gad(12, 1), legs(2)))
    assert (result.exit_code, result.stdout) == (0, "2 responses: 0 change, 0 were not accepted.\n")


def test_who_changes_band_or_loses_a_pattern_is_named(tmp_path: Path, new: Path) -> None:
    result = diff(new, lines(tmp_path, gad(12, 1), gad(4, 1, "q")))
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "Patient/p  gad-7  2026-11-01  QuestionnaireResponse/gad-7-1-p",
        "  band gad-7: 12 moderate -> 12 mild",
        "2 responses: 1 change, 0 were not accepted.",
        "  1  band gad-7: moderate -> mild",
    ]


def test_each_response_is_judged_beside_the_earlier_ones_of_its_patient_alone(tmp_path: Path, new: Path) -> None:
    result = diff(new, lines(tmp_path, legs(2), gad(14, 1), legs(2, "q")))
    assert result.exit_code == 1
    blocks = result.stdout.split("Patient/")
    assert [block.split()[0] for block in blocks[1:]] == ["p"]
    assert "pattern anxiety-linked: lost (" in blocks[1]


def test_a_response_from_before_is_not_judged_beside_a_later_one(tmp_path: Path, new: Path) -> None:
    result = diff(new, lines(tmp_path, legs(1), gad(14, 2)))
    assert "leg-pain-1-p" not in result.stdout
    assert "gad-7-2-p" in result.stdout


def test_a_gained_flag_shows_its_level(tmp_path: Path, new: Path) -> None:
    result = CliRunner().invoke(main, ["diff", "--rules", str(new), OLD, str(lines(tmp_path, legs(2), gad(14, 1)))])
    assert "pattern anxiety-linked: gained (" in result.stdout


def test_a_patient_among_the_files_gives_the_age(tmp_path: Path, copy: Path, edit: Edit) -> None:
    edit(
        "mappings/gad-7.yaml",
        "      - level: soon\n        when: {age: {below: 18}}",
        "      - level: same-day\n        when: {age: {below: 18}}",
    )
    child: Resource = {"resourceType": "Patient", "id": "p", "birthDate": "2012-05-01"}
    result = diff(copy / "mappings", lines(tmp_path, child, gad(4, 1), gad(4, 1, "q")))
    assert "  red flag under-18: soon -> same-day\n" in result.stdout
    assert "Patient/q" not in result.stdout


def test_one_response_in_a_file_of_its_own_counts_too(tmp_path: Path, new: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(gad(12, 1), indent=2))
    assert "12 moderate -> 12 mild" in diff(new, file).stdout


@pytest.mark.parametrize(
    "broken", [{"questionnaire": "http://example.org/other"}, {"subject": []}, {"resourceType": "Observation"}]
)
def test_a_response_that_cannot_be_taken_is_named_and_the_others_still_compared(
    tmp_path: Path, new: Path, broken: Resource
) -> None:
    result = diff(new, lines(tmp_path, {**gad(3, 1, "q"), **broken}, gad(12, 1)))
    assert result.exit_code == 2
    assert "  not accepted: " in result.stdout
    assert "12 moderate -> 12 mild" in result.stdout
    assert "2 responses: 1 change, 1 were not accepted." in result.stdout


def test_rules_with_faults_are_refused(tmp_path: Path, copy: Path, edit: Edit) -> None:
    edit("mappings/phq-9.yaml", "to: 27", "to: 26")
    result = diff(copy, lines(tmp_path, gad(3, 1)))
    assert result.exit_code == 2
    assert "the bands end at 26" in result.stderr


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bad.ndjson"
    file.write_text("\n{\n")
    result = diff(OLD, file)
    assert result.exit_code == 2
    assert result.stdout.startswith(f"{file}:2  not accepted: ")


def test_the_kept_rules_of_1_0_0_can_be_compared_with_those_of_today(tmp_path: Path) -> None:
    red = response("leg-pain", {"lp-alarm": ["red-skin"], "lp-where": ["foot"], "lp-side": ["left"]})
    file = lines(tmp_path, {**red, **given("leg-pain", 1)})
    result = CliRunner().invoke(main, ["diff", "--rules", str(OLD_RULES), OLD, str(file)])
    assert result.exit_code == 1
    assert "  red flag clot-signs: lost (same-day)\n" in result.stdout
    assert "  red flag infection-signs: gained (same-day)\n" in result.stdout


EDITION_2 = ROOT / "docs/decisions/edition-2.md"


def compared(*files: Path) -> str:
    return CliRunner().invoke(main, ["diff", "--rules", str(OLD_RULES), OLD, *map(str, files)]).stdout


def test_the_decision_on_edition_2_says_what_changes_for_the_example_patients() -> None:
    files = sorted(path for path in PATIENTS.glob("*/*.json") if path.name != "visit.json")
    said = compared(*files)
    assert said.count("pattern radiculopathy-s1: fits-well, soon -> possible, soon") == 4
    total = next(line for line in said.splitlines() if " responses: " in line)
    assert f"{total.rstrip('.')}." in EDITION_2.read_text()


def test_the_decision_on_edition_2_says_what_changes_for_the_worked_examples(tmp_path: Path) -> None:
    files = [write_example(tmp_path, path) for path in sorted(CASES.glob("e[01][0-9]-*.yaml"))]
    said = compared(*files)
    assert "29 responses: 4 change, 0 were not accepted" in said
    assert "29 responses, 4 change" in EDITION_2.read_text()
    changes = {line.strip() for line in said.splitlines() if line.startswith("  pattern ")}
    assert changes == {
        "pattern radiculopathy-s1: fits, routine -> possible, routine",
        "pattern spinal-stenosis: fits-well, routine -> fits, routine",
    }


def write_example(folder: Path, path: Path) -> Path:
    """The Patient and the responses of a worked example, as answers to form 1.0.0, in the order of the case."""
    case, id = read_yaml(path), path.stem[:3]
    person = {"reference": f"Patient/{id}"}
    resources: list[Resource] = [{"resourceType": "Patient", "id": id, "birthDate": f"{NOW.year - case['age']}-01-01"}]
    for entry in case["responses"]:
        made = build(entry)
        items = [item for item in made["item"] if item["linkId"] not in ("lp-onset", "lp-medicine", "lp-pregnancy")]
        form = made["questionnaire"].replace("leg-pain|1.1.0", "leg-pain|1.0.0")
        resources.append({**made, "id": f"{id}-{made['id']}", "subject": person, "item": items, "questionnaire": form})
    file = folder / f"{id}.ndjson"
    file.write_bytes(b"\n".join(encode(resource) for resource in resources))
    return file
