"""Portals write responses to a real FHIR server: its hook brings each to the service, which assesses it once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from service.fhir.r4.types import Resource
from tests.hapi.conftest import FHIR_JSON, Hapi
from tests.hapi.test_spine import states
from tests.support.building import with_total
from tests.support.running.serving import Served, serving, sural, wait_until

# The search finds what others write to a server, and the hook must reach this machine: only on a server of our own.
pytestmark = [pytest.mark.hapi, pytest.mark.usefixtures("own_server")]

SECRET = "a-secret-that-only-the-fhir-server-has"


def phq(patient: str, total: int, **elements: Any) -> Resource:
    made = with_total("phq-9", total, patient=patient)
    return {**{name: value for name, value in made.items() if name != "id"}, **elements}


def write(hapi: Hapi, resource: Resource) -> Resource:
    """Creates a response on the FHIR server as a portal does; the server gives it a number as its id."""
    answer = hapi.session.post(f"{hapi.base}/QuestionnaireResponse", json=resource, headers=FHIR_JSON, timeout=180)
    assert answer.status_code == 201
    created: Resource = answer.json()
    assert created["id"].isdigit()
    return created


def total_of(hapi: Hapi, id: str) -> list[Resource]:
    return hapi.search(f"Observation?code=http://loinc.org|44261-6&derived-from=QuestionnaireResponse/{id}")


def picked_up(served: Served, kind: str) -> int:
    """The responses with this outcome, by the log."""
    lines = [json.loads(line) for line in served.log if '"responses_picked_up"' in line]
    return sum(line["count"] for line in lines if line["kind"] == kind)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One database for these tests: another one would take what a test before wrote for new."""
    return tmp_path_factory.mktemp("pick-up")


@pytest.fixture
def hooked(own_server: None, hapi: Hapi, folder: Path) -> Iterator[Served]:
    """The service, with an active Subscription on the server."""
    settings = {**hapi.settings, "SURAL_NOTIFY_SECRET": SECRET}
    with serving(folder, **settings) as served:
        endpoint = ("--endpoint", f"{served.base.removesuffix('/fhir')}/notify")
        installed = sural("subscribe", *endpoint, folder=folder, **settings)
        assert installed.returncode == 0, installed.stdout + installed.stderr
        address = installed.stdout.split(":")[0]
        wait_until(lambda: hapi.get(address).json()["status"] == "active", 180)
        yield served
        assert sural("subscribe", "--off", *endpoint, folder=folder, **settings).returncode == 0
        assert hapi.get(address).json()["status"] == "off"


def test_the_hook_brings_a_response_and_its_correction(hapi: Hapi, hooked: Served, folder: Path) -> None:
    patient = hapi.add_patient("hooked")
    created = write(hapi, phq(patient, 12))
    wait_until(lambda: len(total_of(hapi, created["id"])) == 1, 180)
    (score,) = total_of(hapi, created["id"])
    assert score["valueQuantity"]["value"] == 12
    assert hapi.put({**created, **phq(patient, 14, status="amended")}).status_code == 200
    wait_until(lambda: total_of(hapi, created["id"])[0]["valueQuantity"]["value"] == 14, 180)
    (amended,) = total_of(hapi, created["id"])
    assert (amended["id"], amended["status"], amended["meta"]["versionId"]) == (score["id"], "amended", "2")
    assert len(hapi.search(f"ClinicalImpression?patient={patient}")) == 1
    # The response itself was not written back: it has the two versions of the portal.
    assert hapi.get(f"QuestionnaireResponse/{created['id']}").json()["meta"]["versionId"] == "2"


def test_our_own_response_comes_back_and_is_known(hapi: Hapi, hooked: Served, folder: Path) -> None:
    patient = hapi.add_patient("echo")
    sent = requests.post(f"{hooked.base}/QuestionnaireResponse", json=phq(patient, 12), headers=FHIR_JSON, timeout=30)
    assert sent.status_code == 201
    wait_until(lambda: picked_up(hooked, "known") >= 1, 180)
    assert set(states(folder)) == {"delivered"}
    assert len(hapi.search(f"ClinicalImpression?patient={patient}")) == 1
    assert hapi.get(f"QuestionnaireResponse/{sent.json()['id']}").json()["meta"]["versionId"] == "1"
