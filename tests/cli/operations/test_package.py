"""`sural package` writes a FHIR package: complete, indexed, and the same bytes for the same content."""

import io
import json
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from service.fhir.definitions.published import published_resources
from service.fhir.r4.structure import check_structure
from tests.support.building import catalogue
from tests.support.running.command_line import run_sural, write_file

PUBLISHED = published_resources(catalogue())


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("package") / "sural.tgz"
    result = run_sural("package", "--output", str(file))
    assert (result.exit_code, result.output) == (0, f"{file}\n")
    return file.read_bytes()


@cache
def files_of(archive: bytes) -> dict[str, Any]:
    """The JSON of every file by its path."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {entry.name: json.loads(tar.extractfile(entry).read()) for entry in tar if entry.isfile()}  # type: ignore[union-attr]


def test_the_manifest_names_package_versions_and_dependency(archive: bytes) -> None:
    manifest = files_of(archive)["package/package.json"]
    assert manifest["name"] == "sural.screening"
    assert manifest["version"] == catalogue().rules.version
    assert manifest["fhirVersions"] == ["4.0.1"]
    assert manifest["dependencies"] == {"hl7.fhir.r4.core": "4.0.1"}


def test_it_contains_all_that_we_publish(archive: bytes) -> None:
    files = files_of(archive)
    for resource in PUBLISHED:
        assert files[f"package/{resource['resourceType']}-{resource['id']}.json"]["url"] == resource["url"]


def test_every_structure_definition_has_a_snapshot(archive: bytes) -> None:
    files = files_of(archive)
    definitions = [content for path, content in files.items() if path.startswith("package/StructureDefinition-")]
    assert definitions
    assert all(definition["snapshot"]["element"] for definition in definitions)


@pytest.mark.parametrize("folder", ["package", "package/example"])
def test_the_index_of_a_folder_lists_each_resource_of_it(archive: bytes, folder: str) -> None:
    files = files_of(archive)
    index = files[f"{folder}/.index.json"]
    there = {
        path.rsplit("/", 1)[1]: content
        for path, content in files.items()
        if path.rsplit("/", 1)[0] == folder and "resourceType" in content
    }
    assert index["index-version"] == 2
    assert {entry["filename"]: (entry["resourceType"], entry["id"]) for entry in index["files"]} == {
        name: (content["resourceType"], content["id"]) for name, content in there.items()
    }


def test_the_implementation_guide_names_every_resource_and_says_which_are_examples(archive: bytes) -> None:
    files = files_of(archive)
    guide = files["package/ImplementationGuide-sural.screening.json"]
    check_structure(guide, "ImplementationGuide")
    named = {entry["reference"]["reference"]: entry["exampleBoolean"] for entry in guide["definition"]["resource"]}
    there = {
        f"{content['resourceType']}/{content['id']}": path.startswith("package/example/")
        for path, content in files.items()
        if "resourceType" in content and content is not guide
    }
    assert named == there


def test_the_examples_are_the_responses_of_a_patient_and_all_their_results(archive: bytes) -> None:
    examples = [c for path, c in files_of(archive).items() if path.startswith("package/example/") and "id" in c]
    types = {example["resourceType"] for example in examples}
    assert types == {"Patient", "QuestionnaireResponse", "Observation", "ClinicalImpression", "Provenance", "Task"}


def test_the_same_content_gives_the_same_bytes_whatever_a_site_has_chosen(archive: bytes, tmp_path: Path) -> None:
    file = tmp_path / "again.tgz"
    chosen = {"SURAL_SCORE_VALUE": "integer", "SURAL_APPROVED_BY": "Dr A", "SURAL_FHIR_SERVER": "http://a.example"}
    assert run_sural("package", "--output", str(file), **chosen).exit_code == 0
    assert file.read_bytes() == archive


def test_an_example_that_cannot_be_accepted_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    response = {"resourceType": "QuestionnaireResponse", "id": "a", "status": "completed", "authored": "2026-11-20"}
    write_file(tmp_path, response)
    result = run_sural("package", "--output", str(tmp_path / "p.tgz"), "--examples", str(tmp_path))
    assert result.exit_code == 1
    assert "OperationOutcome" in result.stderr
    assert not (tmp_path / "p.tgz").exists()


def test_examples_without_a_dated_response_are_told(tmp_path: Path) -> None:
    result = run_sural("package", "--output", str(tmp_path / "p.tgz"), "--examples", str(tmp_path))
    assert result.exit_code == 1
    assert "authored" in result.stderr
