"""A real HAPI FHIR JPA server for the whole run: built once by make, started here on a free loopback port.

With TEST_FHIR_SERVER the tests use the server at that address instead, and are gentle with it: they write only about
patients of their own, which bear the tag of the run, one Bundle at a time, and delete all of it at the end.
"""

import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import requests

from service.fhir.ids import BASE
from tests.hapi.hl7_validator.validator import Validator, run_validator
from tests.hapi.java_programs import java

FHIR_JSON = {"Content-Type": "application/fhir+json", "Cache-Control": "no-cache"}
# On a busy machine the server takes minutes.
START_SECONDS = 600
GIVEN_SERVER = os.environ.get("TEST_FHIR_SERVER", "").rstrip("/")
IS_ELSEWHERE = bool(GIVEN_SERVER) and urlsplit(GIVEN_SERVER).hostname not in ("127.0.0.1", "localhost", "::1")
# In the order in which they can be deleted one at a time: each is referred to by those before it only.
TYPES = ("Task", "ClinicalImpression", "Observation", "QuestionnaireResponse")
# The name and version that each server of this run states.
NAMES: list[str] = []


def port_of(process: subprocess.Popen[str]) -> str:
    """The port that the server says it listens on."""
    assert process.stdout is not None
    timer = threading.Timer(START_SECONDS, process.kill)
    timer.start()
    for line in process.stdout:
        if line.startswith("listening on "):
            timer.cancel()
            return line.split()[2]
    pytest.fail(f"The HAPI FHIR server did not start within {START_SECONDS} s.", pytrace=False)


@dataclass
class Hapi:
    """The server as an EHR uses it. ``run`` is part of the id of everything that this run writes."""

    base: str
    session: requests.Session
    run: str = field(default_factory=lambda: f"sural-{uuid4().hex[:8]}")
    patients: set[str] = field(default_factory=set)

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a service that delivers to this server: to that of somebody else one entry at a time."""
        return {"SURAL_FHIR_SERVER": self.base, **({"SURAL_DELIVERIES": "1"} if IS_ELSEWHERE else {})}

    def own(self, name: str) -> str:
        """An id of this run."""
        return f"{self.run}-{name}"

    def add_patient(self, name: str, **elements: Any) -> str:
        """Writes a Patient of this run. Returns the reference."""
        tag = {"system": f"{BASE}/test-run", "code": self.run}
        patient = {"resourceType": "Patient", **elements, "id": self.own(name), "meta": {"tag": [tag]}}
        self.patients.add(self.own(name))
        answer = self.put(patient)
        assert answer.status_code in (200, 201), answer.text
        return f"Patient/{self.own(name)}"

    def of_patient(self, patient: str) -> list[dict[str, Any]]:
        """All that refers to a patient, by its id: each resource after those that refer to it."""
        found = [each for name in TYPES for each in self.search(f"{name}?patient={patient}&_count=200")]
        traces: dict[str, dict[str, Any]] = {}
        for each in found:
            if each["resourceType"] in ("ClinicalImpression", "QuestionnaireResponse"):
                address = f"{each['resourceType']}/{each['id']}"
                traces |= {trace["id"]: trace for trace in self.search(f"Provenance?target={address}")}
        return [*traces.values(), *found]

    def search(self, query: str) -> list[dict[str, Any]]:
        """Everything that a search finds, through all pages."""
        found, url = [], f"{self.base}/{query}"
        while url:
            answer = self.session.get(url, headers=FHIR_JSON, timeout=60)
            assert answer.status_code == 200, answer.text
            bundle = answer.json()
            found += [entry["resource"] for entry in bundle.get("entry", [])]
            url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
        return found

    def put(self, resource: dict[str, Any]) -> requests.Response:
        url = f"{self.base}/{resource['resourceType']}/{resource['id']}"
        return self.session.put(url, json=resource, headers=FHIR_JSON, timeout=60)

    def get(self, path: str) -> requests.Response:
        return self.session.get(f"{self.base}/{path}", headers=FHIR_JSON, timeout=60)

    def clean_up(self) -> None:
        """Deletes all that refers to the patients of this run, one transaction for each; then the patients, together:
        one may be replaced by another."""
        for patient in sorted(self.patients):
            self.delete([f"{each['resourceType']}/{each['id']}" for each in self.of_patient(patient)])
            assert self.of_patient(patient) == []
        self.delete([f"Patient/{patient}" for patient in sorted(self.patients)])

    def delete(self, addresses: list[str]) -> None:
        """Deletes in one transaction, if there is anything to delete: an empty one is invalid."""
        if not addresses:
            return
        entries = [{"request": {"method": "DELETE", "url": address}} for address in addresses]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        answer = self.session.post(self.base, json=bundle, headers=FHIR_JSON, timeout=120)
        assert answer.status_code == 200, answer.text


def running(*options: str) -> Iterator[Hapi]:
    with java("peer.FhirServer", options=options) as process, requests.Session() as session:
        try:
            yield Hapi(f"http://127.0.0.1:{port_of(process)}/fhir", session)
        finally:
            process.terminate()


def given() -> Iterator[Hapi]:
    """The server in TEST_FHIR_SERVER."""
    with requests.Session() as session:
        yield Hapi(GIVEN_SERVER, session)


@pytest.fixture(scope="session")
def hapi() -> Iterator[Hapi]:
    """The server, refusing what its validator finds an error in and references to what is not there: the strictest
    that a site may have. At the end nothing of this run is left on it."""
    for server in given() if GIVEN_SERVER else running("-Dpeer.validate=true"):
        software = server.get("metadata").json().get("software", {})
        NAMES.append(f"{software.get('name')} {software.get('version')} at {server.base}")
        yield server
        server.clean_up()


# Of the whole session: it must come before a fixture of a module that writes.
@pytest.fixture(scope="session")
def own_server() -> None:
    """Skips a test that a server on another machine must not see."""
    if IS_ELSEWHERE:
        pytest.skip("not for the server of somebody else")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Names the servers of the run."""
    for name in NAMES:
        terminalreporter.write_line(f"FHIR server: {name}")


@pytest.fixture(scope="session")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Validator]:
    """The HL7 validator, with what we publish and the profiles in PROFILES."""
    yield from run_validator(tmp_path_factory.mktemp("published"))
