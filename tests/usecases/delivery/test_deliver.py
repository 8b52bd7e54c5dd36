"""Delivery: an entry is sent again if waiting can help, parked if not, and a Task is never sent twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.fhir.r4.types import Resource
from service.ports.fhir_server import ServerResponse
from service.ports.outbox import OutboxEntry, ServerVersion
from service.usecases.delivery.deliver import MAX_FAILURES, deliver_next
from tests.support.building import NOW
from tests.usecases.delivery.fake_server import (
    OBSERVATION,
    PATIENT,
    TASK,
    FakeOutbox,
    FakeServer,
    deliver,
    done,
    entry_of,
    kind,
    later,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.sampled_from(["201 Created", "Task/t-1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["response", "status", "location", "etag", "entry"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def test_nothing_due_is_nothing_done() -> None:
    assert not deliver_next(FakeOutbox(None), FakeServer(ServerResponse(200)), lambda: NOW)


def test_every_entry_written_is_delivered() -> None:
    outbox, server = deliver(done("201 Created", "200 OK"))
    assert kind(outbox) == "delivered"
    assert server.sent[0]["entry"][0]["fullUrl"] == "http://fhir.example/base/Observation/o-1"


EMPTY = ServerResponse(200, bundle={"resourceType": "Bundle"})


@pytest.mark.parametrize(
    "answer", [ServerResponse(200), EMPTY, done("201 Created", "500"), ServerResponse(202), ServerResponse(302)]
)
def test_a_success_that_does_not_say_what_was_written_is_tried_again(answer: ServerResponse) -> None:
    assert kind(deliver(answer)[0]) == "wait"


@pytest.mark.parametrize("status", [None, 401, 403, 408, 425, 429, 500, 502, 503, 504, 409, 412])
def test_what_waiting_can_cure_waits(status: int | None) -> None:
    assert kind(deliver(ServerResponse(status, "x"))[0]) == "wait"


@pytest.mark.parametrize("status", [400, 404, 405, 410, 413, 415, 422, 501])
def test_what_waiting_cannot_cure_is_parked_with_its_reason(status: int) -> None:
    outbox, _ = deliver(ServerResponse(status, "invalid"))
    assert outbox.outcome is not None
    assert outbox.outcome[0] == "park"
    assert str(status) in outbox.outcome[2]


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 1), (1, 2), (3, 8), (6, 60), (40, 60)])
def test_the_wait_doubles_up_to_a_minute(attempts: int, seconds: int) -> None:
    outbox, _ = deliver(ServerResponse(503), entry_of(attempts=attempts))
    assert outbox.outcome is not None
    assert outbox.outcome[1] == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(("asked", "given"), [(90, 90), (900_000, 15 * 60), (-90, 0)])
def test_the_server_may_ask_for_a_wait_within_reason(asked: int, given: int) -> None:
    outbox, _ = deliver(ServerResponse(503, retry_after=timedelta(seconds=asked)))
    assert outbox.outcome is not None
    assert outbox.outcome[1] == NOW + timedelta(seconds=given)


class TestTasks:
    def test_the_first_time_a_task_is_sent_without_asking(self) -> None:
        _, server = deliver(done("201", "201"), there={PATIENT, "Task/t-1"})
        assert len(server.sent[0]["entry"]) == 2

    def test_after_an_unknown_outcome_a_task_that_is_there_is_left_out(self) -> None:
        _, server = deliver(done("201"), entry_of(attempts=1), there={PATIENT, "Task/t-1"})
        assert [e["request"]["url"] for e in server.sent[0]["entry"]] == ["Observation/o-1"]

    def test_one_that_is_not_there_is_sent(self) -> None:
        _, server = deliver(done("201", "201"), entry_of(attempts=1))
        assert len(server.sent[0]["entry"]) == 2


class TestReadBack:
    def test_what_was_confirmed_and_is_not_there_is_sent_again(self) -> None:
        outbox = FakeOutbox(entry_of())
        server = FakeServer(done("201", "201"), stores=False)
        assert deliver_next(outbox, server, lambda: NOW, lambda: 1.0)
        assert outbox.outcome is not None
        assert outbox.outcome[0] == "wait"
        assert "confirmed 2 resources" in outbox.outcome[2]

    @pytest.mark.parametrize(("number", "every", "asked"), [(20, 20, 1), (21, 20, 0), (7, 1, 1), (20, 0, 0)])
    def test_of_entries_without_a_task_a_sample_is_read_back(self, number: int, every: int, asked: int) -> None:
        server = FakeServer(done("201"))
        assert deliver_next(FakeOutbox(without_task(id=number)), server, lambda: NOW, read_back=every)
        assert len(server.asked) == asked

    def test_a_server_that_refuses_to_be_searched_is_believed(self) -> None:
        server = FakeServer(done("201", "201"), failure=ServerResponse(400))
        outbox = FakeOutbox(entry_of())
        assert deliver_next(outbox, server, lambda: NOW)
        assert kind(outbox) == "delivered"

    def test_without_an_answer_the_outcome_is_unknown(self) -> None:
        server = FakeServer(done("201", "201"), failure=ServerResponse(503))
        outbox = FakeOutbox(entry_of())
        assert deliver_next(outbox, server, lambda: NOW)
        assert kind(outbox) == "wait"


def without_task(**changes: Any) -> OutboxEntry:
    entry = entry_of()
    return replace(entry, bundle={**entry.bundle, "entry": entry.bundle["entry"][:1]}, **changes)


class TestSentBefore:
    def test_what_is_there_unchanged_is_not_sent_again(self) -> None:
        entry = entry_of(attempts=1)
        held = {e["request"]["url"]: {**e["resource"], "meta": {"versionId": "3"}} for e in entry.bundle["entry"]}
        outbox, server = FakeOutbox(entry), FakeServer(done(), held=held)
        assert deliver_next(outbox, server, lambda: NOW)
        assert (kind(outbox), server.sent) == ("delivered", [])
        assert outbox.server_versions == {OBSERVATION: ServerVersion(1, "3"), TASK: ServerVersion(1, "3")}

    def test_a_server_that_does_not_tell_gets_nothing(self) -> None:
        outbox, server = FakeOutbox(entry_of(attempts=1)), FakeServer(done(), failure=ServerResponse(None, "slow"))
        assert deliver_next(outbox, server, lambda: NOW)
        assert (kind(outbox), server.sent) == ("wait", [])

    def test_one_that_never_tells_parks_the_entry(self) -> None:
        outbox, server = FakeOutbox(entry_of(attempts=20)), FakeServer(done(), failure=ServerResponse(400))
        assert deliver_next(outbox, server, lambda: NOW)
        assert kind(outbox) == "park"


class TestOwnFailures:
    """A failure of this service is settled too, and ends."""

    @pytest.mark.parametrize(("failures", "outcome"), [(0, "failure"), (3, "failure"), (MAX_FAILURES - 1, "park")])
    def test_it_is_settled_with_its_reason(self, failures: int, outcome: str) -> None:
        outbox = FakeOutbox(replace(entry_of(), failures=failures))
        assert deliver_next(outbox, BrokenServer(done()), lambda: NOW, lambda: 1.0)
        assert outbox.outcome is not None
        assert outbox.outcome[0] == outcome
        assert outbox.outcome[2] == "the delivery failed in this service (ZeroDivisionError)"

    def test_an_entry_that_kills_the_process_is_parked_in_the_end(self) -> None:
        outbox, server = FakeOutbox(replace(entry_of(), failures=MAX_FAILURES)), FakeServer(done("201", "201"))
        assert deliver_next(outbox, server, lambda: NOW)
        assert (kind(outbox), server.sent) == ("park", [])

    @settings(deadline=None)
    @given(st.none() | st.integers(100, 999), JSON, JSON)
    def test_whatever_the_server_returns_the_entry_is_settled(
        self, status: int | None, first: Any, second: Any
    ) -> None:
        for content in (first, {"resourceType": "Bundle", "type": "transaction-response", "entry": [first, second]}):
            answer = ServerResponse(status, bundle=content if isinstance(content, dict) else None)
            outbox, _ = deliver(answer, later(observation=ServerVersion(1, "7"), task=ServerVersion(1, "3")))
            assert kind(outbox) in ("wait", "park")

    @settings(deadline=None)
    @given(JSON, JSON)
    def test_whatever_an_entry_of_the_response_is_nothing_is_raised(self, first: Any, second: Any) -> None:
        response = {"status": first, "location": second, "etag": second}
        confirmed = {"resourceType": "Bundle", "type": "transaction-response", "entry": [{"response": response}] * 2}
        outbox, _ = deliver(ServerResponse(200, bundle=confirmed))
        assert kind(outbox) == "wait"


class BrokenServer(FakeServer):
    def transact(self, bundle: Resource) -> ServerResponse:
        raise ZeroDivisionError
