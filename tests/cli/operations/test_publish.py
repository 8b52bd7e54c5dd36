"""`sural publish` writes the published resources to the FHIR server."""

import json
from collections.abc import Iterator

import pytest

from tests.support.other_systems.misbehaving import MisbehavingServer, misbehaving, reply
from tests.support.running.command_line import run_sural


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    """Accepts everything."""
    with misbehaving(MisbehavingServer(transaction=lambda exchange: exchange.send(reply(201, b"")))) as running:
        yield running


def test_everything_is_put_under_its_own_id(server: MisbehavingServer) -> None:
    result = run_sural("publish", SURAL_FHIR_SERVER=server.base)
    assert result.exit_code == 0
    sent = [json.loads(request.body) for request in server.received]
    assert {r["resourceType"] for r in sent} == {
        "CodeSystem",
        "ValueSet",
        "StructureDefinition",
        "Questionnaire",
        "PlanDefinition",
    }
    assert {r["id"] for r in sent if r["resourceType"] == "Questionnaire"} == {
        "phq-9",
        "gad-7",
        "phq-2",
        "gad-2",
        "phq-4",
        "phq-8",
        "leg-pain",
        "leg-pain-1.0.0",
    }
    assert [request.path for request in server.received] == [f"/base/{r['resourceType']}/{r['id']}" for r in sent]


def test_a_refusal_is_told_and_ends_with_1(server: MisbehavingServer) -> None:
    server.transaction = lambda exchange: exchange.send(reply(422, b""))
    result = run_sural("publish", SURAL_FHIR_SERVER=server.base)
    assert result.exit_code == 1
    assert "The server did not accept" in result.stderr


def test_without_a_server_it_says_so() -> None:
    result = run_sural("publish")
    assert result.exit_code == 1
    assert "SURAL_FHIR_SERVER" in result.stderr


def test_the_patient_of_the_example_is_written_only_if_asked_for(server: MisbehavingServer) -> None:
    result = run_sural("publish", "--example-patient", SURAL_FHIR_SERVER=server.base)
    assert result.exit_code == 0
    assert [request.path for request in server.received if "/Patient/" in request.path] == [
        "/base/Patient/example-low-mood"
    ]
    assert result.stdout.endswith("Patient/example-low-mood: 201\n")
