"""Delivery of later versions: sent on condition of the version on the FHIR server, and what a conflict leads to."""

from datetime import timedelta

import pytest

from service.fhir.r4.types import Resource
from service.ports.fhir_server import ServerResponse
from service.ports.outbox import ServerVersion
from service.usecases.delivery.deliver import deliver_next
from tests.support.building import NOW
from tests.usecases.delivery.fake_server import OBSERVATION, TASK, FakeOutbox, FakeServer, deliver, done, kind, later


def conditions(server: FakeServer) -> dict[str, str | None]:
    return {part["request"]["url"]: part["request"].get("ifMatch") for part in server.sent[0]["entry"]}


class TestLaterVersions:
    def test_they_replace_the_version_that_the_server_was_left_with(self) -> None:
        entry = later(observation=ServerVersion(1, "7"), task=ServerVersion(1, "3"))
        outbox, server = deliver(done("200", "200"), entry)
        assert conditions(server) == {OBSERVATION: 'W/"7"', TASK: 'W/"3"'}
        assert kind(outbox) == "delivered"

    def test_what_the_server_calls_them_is_kept(self) -> None:
        entries = [
            {"response": {"status": "200 OK", "location": OBSERVATION, "etag": 'W/"8"'}},
            {"response": {"status": "200 OK", "location": "Task/t-1/_history/4"}},
        ]
        confirmed = {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}
        answer = ServerResponse(200, bundle=confirmed)
        outbox, _ = deliver(answer, later(observation=ServerVersion(1, "7"), task=ServerVersion(1, "3")))
        assert outbox.server_versions == {OBSERVATION: ServerVersion(2, "8"), TASK: ServerVersion(2, "4")}

    def test_without_a_known_version_there_is_no_condition_and_no_task_is_cancelled(self) -> None:
        _, server = deliver(done("201"), later())
        assert conditions(server) == {OBSERVATION: None}

    def test_what_the_server_has_in_a_newer_version_is_not_sent_again(self) -> None:
        outbox, server = deliver(done(), later(1, observation=ServerVersion(2, "8"), task=ServerVersion(2, "4")))
        assert (server.sent, kind(outbox)) == ([], "delivered")

    def test_a_resend_of_the_same_version_hangs_on_it_and_leaves_the_task_out(self) -> None:
        _, server = deliver(done("200"), later(1, observation=ServerVersion(1, "7"), task=ServerVersion(1, "3")))
        assert conditions(server) == {OBSERVATION: 'W/"7"'}


@pytest.mark.parametrize("status", [409, 412])
class TestStaleConditions:
    def test_what_somebody_else_changed_is_for_a_person(self, status: int) -> None:
        outbox, _ = self.conflict(status, {OBSERVATION: {"id": "o-1", "meta": {"versionId": "9"}, "status": "final"}})
        assert kind(outbox) == "park"
        assert outbox.outcome is not None
        assert outbox.outcome[2] == "1 resources were changed on the FHIR server by somebody else"

    def test_what_is_equal_is_done_and_the_rest_tried_at_once(self, status: int) -> None:
        sent = later().bundle["entry"][0]["resource"]
        outbox, _ = self.conflict(status, {OBSERVATION: {**sent, "meta": {"versionId": "9"}}})
        assert outbox.outcome is not None
        assert outbox.outcome[:2] == ("wait", NOW)
        assert outbox.server_versions == {OBSERVATION: ServerVersion(2, "9")}

    def test_a_task_that_a_person_began_is_left_to_them(self, status: int) -> None:
        begun = {"resourceType": "Task", "id": "t-1", "meta": {"versionId": "4"}, "status": "in-progress"}
        outbox, _ = self.conflict(status, {TASK: begun})
        assert kind(outbox) == "wait"
        assert outbox.bundle is not None
        assert [part["request"] for part in outbox.bundle["entry"]] == [{"method": "PUT", "url": OBSERVATION}]

    def test_without_anything_changed_it_waits(self, status: int) -> None:
        outbox, _ = self.conflict(status, {OBSERVATION: {"meta": {"versionId": "7"}}})
        assert outbox.outcome is not None
        assert outbox.outcome[:2] == ("wait", NOW + timedelta(seconds=1))

    def conflict(self, status: int, held: dict[str, Resource]) -> tuple[FakeOutbox, FakeServer]:
        outbox = FakeOutbox(later(observation=ServerVersion(1, "7"), task=ServerVersion(1, "3")))
        server = FakeServer(ServerResponse(status), held=held)
        assert deliver_next(outbox, server, lambda: NOW, lambda: 1.0)
        return outbox, server
