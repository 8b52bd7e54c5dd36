"""A HAPI FHIR server installs our package from its file, and has every resource of it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.fhir.definitions.published import published_resources
from tests.hapi.conftest import Hapi, running
from tests.support.building import catalogue
from tests.support.running.command_line import run_sural

pytestmark = pytest.mark.hapi

# Without ImplementationGuide: the server refuses it, because it refers to the examples, which are not installed.
TYPES = ("CodeSystem", "ValueSet", "StructureDefinition", "Questionnaire", "PlanDefinition")
PUBLISHED = published_resources(catalogue())


@pytest.fixture(scope="module")
def with_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hapi]:
    file = tmp_path_factory.mktemp("package") / "sural.tgz"
    assert run_sural("package", "--output", str(file)).exit_code == 0
    yield from installed(file)


def installed(file: Path) -> Iterator[Hapi]:
    yield from running(f"-Dpeer.package={file}", f"-Dpeer.types={','.join(TYPES)}")


def test_every_resource_of_the_package_is_found_by_its_canonical(with_package: Hapi) -> None:
    for resource in PUBLISHED:
        query = f"{resource['resourceType']}?url={resource['url']}&version={resource['version']}"
        (found,) = with_package.search(query)
        assert found["name"] == resource["name"]


def test_nothing_else_is_installed(with_package: Hapi) -> None:
    expected = Counter(resource["resourceType"] for resource in PUBLISHED)
    found = {name: len(with_package.search(f"{name}?url:below=https://w3id.org/sural&_count=200")) for name in TYPES}
    assert found == expected
    for example in ("Observation", "QuestionnaireResponse", "ClinicalImpression", "Patient"):
        assert with_package.search(example) == []


def test_a_code_of_the_package_is_known_to_the_server(with_package: Hapi) -> None:
    answer = with_package.get("CodeSystem/$lookup?system=https://w3id.org/sural/CodeSystem/urgency&code=same-day")
    assert answer.status_code == 200
    displays = [part["valueString"] for part in answer.json()["parameter"] if part["name"] == "display"]
    assert displays == ["Same day"]
