"""A response that a portal wrote to the FHIR server is submitted as if it was sent to us, once for each version."""

from typing import Any

import pytest
from sqlalchemy import func, select

from service.adapters.database import tables as t
from service.adapters.database.refusals import DatabaseRefusals
from service.fhir.ids import derived_id
from service.fhir.r4.types import Resource
from service.issues import Unavailable
from service.ports.pulling.fetched import FetchedVersion
from service.usecases.delivery.deliver import deliver_next
from service.usecases.pulling.fetch import Puller
from service.usecases.pulling.pick_up import NotDeliveredYet, pick_up_response
from tests.support.building import scored, with_total
from tests.support.other_systems.portal_server import BASE, PortalServer
from tests.support.rest import Rest


def pick_up(puller: Puller, server: PortalServer, resource: Resource) -> str:
    """What becomes of a response that a portal writes there."""
    return pick_up_response(server.stored[server.write(resource)], puller.pick_up, server.clock())


def deliver(rest: Rest, server: PortalServer) -> None:
    while deliver_next(rest.outbox, server, server.clock):
        pass


def phq(id: str = "123", total: int = 12, last: int = 0, **elements: Any) -> Resource:
    safe = {"safe-now": ["yes"]} if last else {}
    return {**with_total("phq-9", total, last, answers=safe), "id": id, **elements}


def acts(rest: Rest) -> int:
    with rest.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(t.act)) or 0


def bundles(rest: Rest) -> list[list[str]]:
    """The addresses in each outbox entry."""
    found = []
    while entry := rest.outbox.lease(*rest.lease_now()):
        found.append([each["request"]["url"] for each in entry.bundle["entry"]])
        rest.outbox.mark_delivered(entry, rest.lease_now()[0], {})
    return found


class TestFirstVersion:
    def test_it_gives_the_same_results_as_if_it_had_been_sent_to_us(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        assert pick_up(puller, server, phq()) == "assessed"
        score = rest.one("Observation?code=http://loinc.org|44261-6")
        assert score["valueQuantity"]["value"] == 12
        assert {"reference": "QuestionnaireResponse/123"} in score["derivedFrom"]
        assert rest.one("ClinicalImpression?patient=p1")["status"] == "completed"

    def test_ids_are_derived_from_the_base_of_the_server_too(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        pick_up(puller, server, phq())
        assert rest.one("ClinicalImpression?patient=p1")["id"] == derived_id(
            "ClinicalImpression", BASE, "123", "impression"
        )

    def test_the_results_are_delivered_and_the_response_is_not_sent_back(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        pick_up(puller, server, phq(last=2, total=12))
        (addresses,) = bundles(rest)
        assert {address.split("/")[0] for address in addresses} == {
            "Observation",
            "ClinicalImpression",
            "Provenance",
            "Task",
        }

    def test_the_elements_that_the_server_sets_are_not_taken_over(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        pick_up(puller, server, phq(meta={"tag": [{"system": "urn:x", "code": "portal"}]}))
        meta = rest.one("QuestionnaireResponse?patient=p1")["meta"]
        assert meta["tag"] == [{"system": "urn:x", "code": "portal"}]
        assert "source" not in meta

    def test_a_second_time_it_is_known(self, rest: Rest, puller: Puller, server: PortalServer) -> None:
        pick_up(puller, server, phq())
        assert pick_up_response(server.stored["QuestionnaireResponse/123"], puller.pick_up, server.clock()) == "known"
        assert acts(rest) == 1

    def test_our_own_under_an_id_of_the_server_is_known_and_a_copy_of_it_with_other_answers_is_not(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        """A server that assigns ids itself has our id as a tag."""
        assert rest.put(phq("a-1")).status_code == 201
        meta = {"tag": [{"system": "https://w3id.org/sural/id", "code": "a-1"}]}
        assert pick_up(puller, server, phq("77", meta=meta)) == "known"
        assert pick_up(puller, server, phq("78", total=14, meta=meta)) == "assessed"
        assert acts(rest) == 2

    def test_one_that_is_withdrawn_already_is_skipped(self, rest: Rest, puller: Puller, server: PortalServer) -> None:
        assert pick_up(puller, server, phq(status="entered-in-error")) == "skipped"
        assert acts(rest) == 0


class TestLaterVersions:
    def test_a_correction_amends_under_the_same_ids(self, rest: Rest, puller: Puller, server: PortalServer) -> None:
        pick_up(puller, server, phq(total=12))
        before = rest.one("Observation?code=http://loinc.org|44261-6")["id"]
        assert pick_up(puller, server, phq(total=14, status="amended")) == "assessed"
        after = rest.one("Observation?code=http://loinc.org|44261-6")
        assert (after["id"], after["valueQuantity"]["value"], after["status"]) == (before, 14, "amended")
        assert len(rest.found("ClinicalImpression?patient=p1")) == 1
        assert all("QuestionnaireResponse/123" not in addresses for addresses in bundles(rest))

    def test_a_withdrawal_takes_the_results_back(self, rest: Rest, puller: Puller, server: PortalServer) -> None:
        pick_up(puller, server, phq())
        assert pick_up(puller, server, phq(status="entered-in-error")) == "assessed"
        assert {each["status"] for each in rest.found("Observation?patient=p1")} == {"entered-in-error"}

    def test_an_older_version_never_overtakes_a_newer_one(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        first = server.stored[server.write(phq(total=12))]
        second = server.stored[server.write(phq(total=14, status="amended"))]
        assert pick_up_response(second, puller.pick_up, server.clock()) == "assessed"
        assert pick_up_response(first, puller.pick_up, server.clock()) == "known"
        assert rest.one("Observation?code=http://loinc.org|44261-6")["valueQuantity"]["value"] == 14

    def test_a_change_of_meta_alone_changes_nothing(self, rest: Rest, puller: Puller, server: PortalServer) -> None:
        pick_up(puller, server, phq())
        assert pick_up(puller, server, phq()) == "known"
        assert puller.pick_up.store.read_fetched(["123"])["123"].version == "2"

    def test_a_correction_sent_to_us_goes_there_on_the_condition_that_nobody_changed_it(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        pick_up(puller, server, phq("portal-1", total=12))
        deliver(rest, server)
        assert rest.put(phq("portal-1", total=14, status="amended")).status_code == 200
        entry = rest.outbox.lease(*rest.lease_now())
        assert entry is not None
        assert entry.server_versions["QuestionnaireResponse/portal-1"].remote == "1"
        assert "QuestionnaireResponse/portal-1" in [each["request"]["url"] for each in entry.bundle["entry"]]


class TestOwnEcho:
    def test_what_we_delivered_is_known(self, rest: Rest, puller: Puller, server: PortalServer) -> None:
        rest.post(phq())
        deliver(rest, server)
        echo = server.stored["QuestionnaireResponse/r-1"]
        assert pick_up_response(echo, puller.pick_up, server.clock()) == "known"
        assert acts(rest) == 1

    def test_also_before_the_delivery_is_settled(self, rest: Rest, puller: Puller, server: PortalServer) -> None:
        rest.post(phq())
        entry = rest.outbox.lease(*rest.lease_now())
        assert entry is not None
        server.transact(entry.bundle)
        echo = server.stored["QuestionnaireResponse/r-1"]
        assert pick_up_response(echo, puller.pick_up, server.clock()) == "known"

    def test_also_with_references_that_were_made_logical(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        rest.post(phq(author={"reference": "Practitioner/a"}))
        entry = rest.outbox.lease(*rest.lease_now())
        assert entry is not None
        bundle = {**entry.bundle, "entry": [dict(each) for each in entry.bundle["entry"]]}
        for each in bundle["entry"]:
            if each["resource"]["resourceType"] == "QuestionnaireResponse":
                each["resource"] = {**each["resource"], "author": {"display": "Practitioner/a"}}
        rest.outbox.postpone(entry, server.clock(), "logical", bundle)
        server.transact(bundle)
        echo = server.stored["QuestionnaireResponse/r-1"]
        assert pick_up_response(echo, puller.pick_up, server.clock()) == "known"

    def test_a_late_echo_of_the_version_before_is_known(self, rest: Rest, puller: Puller, server: PortalServer) -> None:
        assert rest.put(phq("own-1", total=12)).status_code == 201
        deliver(rest, server)
        echo = server.stored["QuestionnaireResponse/own-1"]
        assert rest.put(phq("own-1", total=14, status="amended")).status_code == 200
        assert pick_up_response(echo, puller.pick_up, server.clock()) == "known"

    def test_a_change_that_somebody_made_there_amends_ours(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        rest.post(phq(total=12))
        deliver(rest, server)
        assert pick_up(puller, server, phq("r-1", total=14, status="amended")) == "assessed"
        score = rest.one("Observation?code=http://loinc.org|44261-6")
        assert score["valueQuantity"]["value"] == 14
        assert score["id"] == derived_id("Observation", "", "r-1", "score/phq-9")

    def test_while_our_own_change_waits_nothing_is_decided(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        assert rest.put(phq("own-1", total=12)).status_code == 201
        deliver(rest, server)
        assert rest.put(phq("own-1", total=14, status="amended")).status_code == 200
        with pytest.raises(NotDeliveredYet):
            pick_up(puller, server, phq("own-1", total=16, status="amended"))
        assert issubclass(NotDeliveredYet, Unavailable)


class TestRefused:
    def test_one_that_cannot_be_accepted_leaves_a_trace_with_its_place(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        broken = phq()
        broken["item"][0]["answer"] = [{"valueString": "often"}]
        assert pick_up(puller, server, broken) == "refused"
        (trace,) = DatabaseRefusals(rest.database).list_refusals()
        assert trace.subject == "Patient/p1"
        assert any("QuestionnaireResponse/123" in fault for fault in trace.faults)
        assert acts(rest) == 0

    def test_the_form_of_somebody_else_is_skipped_without_a_trace(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        theirs = {**scored("gad-7", [0] * 7), "id": "9", "questionnaire": "http://example.org/Questionnaire/menu"}
        theirs["item"] = [{"linkId": "lunch", "answer": [{"valueString": "soup"}]}]
        assert pick_up(puller, server, theirs) == "skipped"
        assert DatabaseRefusals(rest.database).list_refusals() == []

    def test_but_not_a_danger_sign_in_it(self, rest: Rest, puller: Puller, server: PortalServer) -> None:
        theirs = phq(last=2, total=12, questionnaire="http://example.org/Questionnaire/mood")
        assert pick_up(puller, server, theirs) == "refused"
        (trace,) = DatabaseRefusals(rest.database).list_refusals()
        assert trace.has_sign

    def test_a_corrected_version_of_a_refused_one_is_assessed(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        broken = phq()
        broken["item"][0]["answer"] = [{"valueString": "often"}]
        pick_up(puller, server, broken)
        assert pick_up(puller, server, phq()) == "assessed"
        impression = rest.one("ClinicalImpression?patient=p1")
        assert impression["id"] == derived_id("ClinicalImpression", BASE, "123", "impression")


@pytest.mark.parametrize(
    ("first", "second", "is_newer"),
    [
        (("9", None), ("10", None), True),
        (("10", None), ("9", None), False),
        (("2", None), ("2", None), False),
        (("xb", "2026-11-21T10:00:00.000Z"), ("xa", "2026-11-21T10:00:00.001Z"), True),
        (("xa", "2026-11-21T10:00:00.001Z"), ("xb", "2026-11-21T10:00:00.000Z"), False),
        (("xa", None), ("xb", None), True),
    ],
)
def test_versions_are_ordered_by_number_or_else_by_time(
    first: tuple[str, str | None], second: tuple[str, str | None], is_newer: bool
) -> None:
    before, after = FetchedVersion("1", BASE, *first), FetchedVersion("1", BASE, *second)
    assert after.is_newer_than(before) is is_newer
