"""Delivery of references to what the FHIR server does not have: waited for, looked up, or made logical."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.ports.fhir_server import ServerResponse
from service.usecases.delivery.deliver import deliver_next
from service.usecases.delivery.delivery import PATIENCE
from tests.support.building import NOW
from tests.usecases.delivery.fake_server import PATIENT, FakeOutbox, FakeServer, deliver, entry_of, kind


class TestMissingReferences:
    def test_a_patient_that_is_not_there_yet_is_waited_for(self) -> None:
        outbox, _ = deliver(ServerResponse(400, "not-found"), there=set())
        assert outbox.outcome is not None
        assert outbox.outcome[0] == "wait"
        assert "Patient" in outbox.outcome[2]

    def test_not_for_ever(self) -> None:
        old = entry_of(created=NOW - PATIENCE - timedelta(seconds=1), attempts=99)
        assert kind(deliver(ServerResponse(400), old, there=set())[0]) == "park"

    def test_another_reference_that_is_not_there_is_made_logical_and_tried_at_once(self) -> None:
        outbox, _ = deliver(ServerResponse(400), entry_of("Practitioner/a", "ClinicalImpression/i-1"))
        assert outbox.outcome is not None
        assert outbox.outcome[:2] == ("wait", NOW)
        assert outbox.bundle is not None
        first, second = outbox.bundle["entry"][0]["resource"]["derivedFrom"]
        assert first["type"] == "Practitioner"
        assert first["display"] == "Practitioner/a"
        assert second["identifier"] == {"system": "https://w3id.org/sural/id", "value": "i-1"}
        assert not {"reference"} & (first.keys() | second.keys())
        assert outbox.bundle["entry"][0]["resource"]["subject"] == {"reference": PATIENT}

    def test_references_within_the_bundle_are_not_asked_for(self) -> None:
        outbox, _ = deliver(ServerResponse(400), entry_of("Task/t-1"))
        assert kind(outbox) == "park"


class TestAiming:
    """Only addresses of the form Type/id are looked up, composed from their parts."""

    @pytest.mark.parametrize(
        "reference",
        [
            "ServiceRequest/../../../admin/shutdown?now=1",
            "ServiceRequest/..",
            "ServiceRequest/1?x=y",
            "ServiceRequest/1/_history/2",
            "ServiceRequest/1#x",
            "ServiceRequest/1%2f2",
            "ServiceRequest/1\n",
            "Admin/1",
            "/ServiceRequest/1",
            "http://elsewhere.example/ServiceRequest/1",
            "http://fhir.example/base/../ServiceRequest/1",
            "http://fhir.example/base.evil.example/ServiceRequest/1",
            "urn:uuid:1",
            "file:///etc/passwd",
        ],
    )
    def test_any_other_reference_is_made_logical_without_a_request(self, reference: str) -> None:
        outbox, server = deliver(ServerResponse(400), entry_of(reference))
        assert server.asked == [[PATIENT]]
        assert outbox.bundle is not None
        (logical,) = outbox.bundle["entry"][0]["resource"]["derivedFrom"]
        assert logical["display"] == reference
        assert "reference" not in logical
        assert logical.get("type") in (None, "ServiceRequest")

    def test_a_reference_below_the_base_of_the_server_is_looked_up(self) -> None:
        _, server = deliver(ServerResponse(400), entry_of("http://fhir.example/base/Practitioner/a"))
        assert server.asked == [[PATIENT, "Practitioner/a"]]

    def test_2000_references_are_one_look_up_of_at_most_200(self) -> None:
        outbox, server = deliver(ServerResponse(400), entry_of(*(f"Practitioner/{n}" for n in range(2000))))
        assert [len(asked) for asked in server.asked] == [201]
        assert outbox.bundle is not None
        assert len(outbox.bundle["entry"][0]["resource"]["derivedFrom"]) == 2000

    def test_references_that_are_missing_each_time_are_not_asked_for_without_a_wait(self) -> None:
        outbox = FakeOutbox(replace(entry_of("Practitioner/a"), attempts=8))
        assert deliver_next(outbox, FakeServer(ServerResponse(400), {PATIENT}), lambda: NOW, lambda: 1.0)
        assert outbox.outcome is not None
        assert outbox.outcome[:2] == ("wait", NOW + timedelta(seconds=8))
