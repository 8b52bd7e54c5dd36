"""A FHIR server without transactions or ClinicalImpression gets what it can take, and the operator is told."""

from typing import Any

import pytest

from service.fhir.r4.types import Resource
from service.fhir.r4.unchecked_json import references_in
from service.fhir.results.bundle import as_transaction
from service.fhir.results.impression_observation import impression_observation, observation_address
from service.ports.fhir_server import Capabilities, ServerResponse
from service.usecases.delivery.degrade import AS_OBSERVATION, SINGLY
from service.usecases.delivery.deliver import deliver_next
from service.usecases.delivery.send import in_reference_order
from tests.support.building import NOW, scored, with_total
from tests.support.logging import Log
from tests.support.rest import Clock, Rest
from tests.support.running.command_line import run_sural
from tests.usecases.delivery.fake_server import FakeServer

PATIENT = {"Patient/p1"}
ALL = ("Patient", "QuestionnaireResponse", "Observation", "ClinicalImpression", "Provenance", "Task")
NO_TRANSACTION = Capabilities(transaction=False)
NO_IMPRESSION = Capabilities(types=frozenset(ALL) - {"ClinicalImpression"})


def deliver(rest: Rest, clock: Clock, can: Capabilities, **answers: Any) -> FakeServer:
    """One attempt to deliver, to a server that can do this."""
    server = FakeServer(ServerResponse(503), {*PATIENT}, can=can, **answers)
    clock.forward(hours=2)
    assert deliver_next(rest.outbox, server, clock, lambda: 1.0)
    return server


def confirming(rest: Rest, clock: Clock, can: Capabilities) -> FakeServer:
    """A server that stores every transaction. Delivers all that is due."""

    class Confirming(FakeServer):
        def transact(self, bundle: Resource) -> ServerResponse:
            self.sent.append(bundle)
            urls = [entry["request"]["url"] for entry in bundle["entry"]]
            self.held |= {url: e["resource"] for url, e in zip(urls, bundle["entry"], strict=True)}
            entries = [{"response": {"status": "201", "location": f"{url}/_history/{len(self.sent)}"}} for url in urls]
            return ServerResponse(
                200, bundle={"resourceType": "Bundle", "type": "transaction-response", "entry": entries}
            )

    server = Confirming(ServerResponse(503), {*PATIENT}, can=can)
    clock.forward(hours=2)
    while deliver_next(rest.outbox, server, clock, lambda: 1.0):
        pass
    return server


def sent_resources(server: FakeServer) -> list[Resource]:
    return [entry["resource"] for bundle in server.sent for entry in bundle["entry"]]


class TestWithoutTransactions:
    def test_each_resource_is_sent_once_after_those_that_it_refers_to(self, rest: Rest, clock: Clock) -> None:
        rest.post(with_total("phq-9", 12, last=2))
        server = deliver(rest, clock, NO_TRANSACTION)
        addresses = [address for address, _ in server.updated]
        assert len(addresses) == len(set(addresses)) > 10
        assert server.sent == []
        for place, address in enumerate(addresses):
            inside = {text for text in references_in(server.held[address]) if text in addresses}
            assert inside <= set(addresses[:place])
        (entry,) = rest.outbox.list_entries()
        assert entry.state == "delivered"

    def test_it_is_recorded_shown_and_logged_once(self, rest: Rest, clock: Clock, logged: Log) -> None:
        rest.post(scored("gad-7", [0] * 7))
        down = {"ClinicalImpression": ServerResponse(503)}
        (impression,) = rest.found("ClinicalImpression?patient=p1")
        answers = {f"ClinicalImpression/{impression['id']}": down["ClinicalImpression"]}
        deliver(rest, clock, NO_TRANSACTION, answers=answers)
        deliver(rest, clock, NO_TRANSACTION)
        assert [line[::3] for line in logged.of("entry_degraded")] == [("warning", SINGLY)]
        if rest.database.is_sqlite:
            shown = run_sural("outbox", "show", "1", SURAL_DATABASE=f"sqlite:///{rest.database.path}")
            assert f"degraded\t{SINGLY}" in shown.stdout.splitlines()

    def test_after_a_failure_in_the_middle_the_rest_is_sent(self, rest: Rest, clock: Clock) -> None:
        rest.post(scored("gad-7", [0] * 7))
        (impression,) = rest.found("ClinicalImpression?patient=p1")
        address = f"ClinicalImpression/{impression['id']}"
        first = deliver(rest, clock, NO_TRANSACTION, answers={address: ServerResponse(503)})
        (entry,) = rest.outbox.list_entries()
        assert (entry.state, entry.reason) == ("waiting", "the FHIR server returned status 503")
        second = deliver(rest, clock, NO_TRANSACTION, held=dict(first.held))
        again = [each for each, _ in second.updated]
        assert address in again
        assert not {*again} & first.held.keys()
        assert rest.outbox.list_entries()[0].state == "delivered"

    def test_a_later_version_is_sent_on_its_condition(self, rest: Rest, clock: Clock) -> None:
        assert rest.put({**scored("gad-7", [0] * 7), "id": "a-1"}).status_code == 201
        deliver(rest, clock, NO_TRANSACTION)
        assert rest.put({**scored("gad-7", [1] * 7), "id": "a-1", "status": "amended"}).status_code == 200
        server = deliver(rest, clock, NO_TRANSACTION)
        assert ("QuestionnaireResponse/a-1", 'W/"1"') in server.updated

    def test_a_missing_patient_is_waited_for(self, rest: Rest, clock: Clock) -> None:
        rest.post(scored("gad-7", [0] * 7))
        server = FakeServer(ServerResponse(503), set(), can=NO_TRANSACTION)
        server.update = lambda resource, if_match=None: ServerResponse(400, "not-found")  # type: ignore[method-assign]
        assert deliver_next(rest.outbox, server, clock, lambda: 1.0)
        (entry,) = rest.outbox.list_entries()
        assert (entry.state, entry.reason) == ("waiting", "the FHIR server lacks the Patient of this entry")

    def test_a_circle_of_references_is_sent_too(self) -> None:
        first = {"resourceType": "Task", "id": "t-1", "focus": {"reference": "ClinicalImpression/i-1"}}
        second = {"resourceType": "ClinicalImpression", "id": "i-1", "supportingInfo": [{"reference": "Task/t-1"}]}
        entries = as_transaction([first, second])["entry"]
        assert sorted(e["request"]["url"] for e in in_reference_order(entries)) == [
            "ClinicalImpression/i-1",
            "Task/t-1",
        ]


class TestWithoutClinicalImpression:
    def test_the_impression_is_an_observation_with_the_summary(self, rest: Rest, clock: Clock) -> None:
        rest.post(with_total("phq-9", 12, last=2))
        impression = rest.one("ClinicalImpression?patient=p1")
        server = confirming(rest, clock, NO_IMPRESSION)
        sent = {f"{r['resourceType']}/{r['id']}": r for r in sent_resources(server)}
        stand_in = sent[observation_address(f"ClinicalImpression/{impression['id']}")]
        assert (stand_in["status"], stand_in["valueString"]) == ("final", impression["summary"])
        assert stand_in["subject"] == {"reference": "Patient/p1"}
        codes = {each["itemCodeableConcept"]["coding"][0]["code"] for each in impression["finding"]}
        assert {each["code"]["coding"][0]["code"] for each in stand_in["component"]} == codes

    def test_every_reference_leads_to_it(self, rest: Rest, clock: Clock) -> None:
        rest.post(with_total("phq-9", 12, last=2))
        server = confirming(rest, clock, NO_IMPRESSION)
        resources = sent_resources(server)
        addresses = {f"{r['resourceType']}/{r['id']}" for r in resources}
        references = {text for resource in resources for text in references_in(resource)}
        assert not any(text.startswith("ClinicalImpression/") for text in (*references, *addresses))
        assert references - addresses <= {"Patient/p1", "#software"}
        (task,) = (r for r in resources if r["resourceType"] == "Task")
        assert task["focus"]["reference"].startswith("Observation/")

    def test_it_is_recorded(self, rest: Rest, clock: Clock, logged: Log) -> None:
        rest.post(scored("gad-7", [0] * 7))
        confirming(rest, clock, NO_IMPRESSION)
        assert [line[::3] for line in logged.of("entry_degraded")] == [("warning", AS_OBSERVATION)]
        assert rest.outbox.list_entries()[0].state == "delivered"

    def test_a_correction_is_a_later_version_of_it_on_its_condition(self, rest: Rest, clock: Clock) -> None:
        assert rest.put({**scored("gad-7", [0] * 7), "id": "a-1"}).status_code == 201
        confirming(rest, clock, NO_IMPRESSION)
        assert rest.put({**scored("gad-7", [2] * 7), "id": "a-1", "status": "amended"}).status_code == 200
        impression = rest.one("ClinicalImpression?patient=p1")
        server = confirming(rest, clock, NO_IMPRESSION)
        address = observation_address(f"ClinicalImpression/{impression['id']}")
        (entry,) = (e for bundle in server.sent for e in bundle["entry"] if e["request"]["url"] == address)
        assert entry["request"]["ifMatch"] == 'W/"1"'
        assert entry["resource"]["valueString"] == impression["summary"]

    def test_one_of_a_withdrawn_response_is_withdrawn_too(self) -> None:
        impression = {
            "resourceType": "ClinicalImpression",
            "id": "i-1",
            "status": "entered-in-error",
            "code": {"text": "x"},
            "subject": {"reference": "Patient/p1"},
            "summary": "s",
        }
        assert impression_observation(impression) == {
            "resourceType": "Observation",
            "id": "o-1",
            "status": "entered-in-error",
            "code": {"text": "x"},
            "subject": {"reference": "Patient/p1"},
            "valueString": "s",
        }


@pytest.mark.parametrize("lacking", ["Task", "Provenance", "QuestionnaireResponse"])
def test_a_resource_of_another_type_that_is_lacking_is_left_out(
    rest: Rest, clock: Clock, logged: Log, lacking: str
) -> None:
    rest.post(with_total("phq-9", 12, last=2))
    server = confirming(rest, clock, Capabilities(types=frozenset(ALL) - {lacking}))
    resources = sent_resources(server)
    assert lacking not in {resource["resourceType"] for resource in resources}
    references = {text for resource in resources for text in references_in(resource)}
    assert not any(text.startswith(f"{lacking}/") for text in references)
    (line,) = logged.of("entry_degraded")
    assert line[3] == f"the FHIR server has no {lacking}: it is not sent"
    assert rest.outbox.list_entries()[0].state == "delivered"


def test_a_server_that_can_do_everything_gets_the_entry_as_it_is(rest: Rest, clock: Clock, logged: Log) -> None:
    rest.post(with_total("phq-9", 12, last=2))
    before = rest.outbox.lease(NOW, NOW)
    assert before is not None
    rest.outbox.in_flight.remove(before.id)
    server = confirming(rest, clock, Capabilities(types=frozenset(ALL)))
    assert [entry["resource"] for entry in before.bundle["entry"]] == sent_resources(server)
    assert logged.of("entry_degraded") == []
