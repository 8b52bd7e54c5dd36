"""The client of HAPI FHIR creates, corrects, searches, pages and sends a transaction."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.fhir.r4.strict_json import encode
from tests.clients.steps import requests_of
from tests.support.running.serving import serving

pytestmark = pytest.mark.hapi

CLIENT = Path(__file__).parent / "client" / "target"
VERSIONS = ("8.0.0", "8.8.0")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], str]]:
    """The result of each step of each version, "ok" or the reason."""
    with serving(tmp_path_factory.mktemp("hapi-clients")) as served:
        yield {
            (version, step): result
            for version in VERSIONS
            for step, result in run_steps(version, served.base, tmp_path_factory.mktemp("sent")).items()
        }


def run_steps(version: str, base: str, folder: Path) -> dict[str, str]:
    """Runs all steps of one version of the client."""
    if not (CLIENT / version / "built").exists():
        pytest.fail("The HAPI FHIR client is not built. Run these tests with: make test-hapi", pytrace=False)
    patient = f"hapi-{version}"
    for name, resource in requests_of(patient).items():
        (folder / f"{name}.json").write_bytes(encode(resource))
    classpath = f"{CLIENT / version / 'classes'}:{CLIENT / version / 'lib'}/*"
    command = ["java", "-XX:TieredStopAtLevel=1", "-cp", classpath, "peer.ClientSteps", base, patient, str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert ran.returncode == 0, ran.stderr
    return dict(line.split("=", 1) for line in ran.stdout.splitlines() if "=" in line)


@pytest.mark.parametrize("step", ["create", "update", "sort", "condition", "page", "transaction"])
class TestSteps:
    def test_version_8_0(self, results: dict[tuple[str, str], str], step: str) -> None:
        assert results["8.0.0", step] == "ok"

    def test_version_8_8(self, results: dict[tuple[str, str], str], step: str) -> None:
        assert results["8.8.0", step] == "ok"
