"""What an operator reads in the log about an entry: that it waits, once; that it is parked; that it is delivered."""

from datetime import timedelta

from sqlalchemy import update

from service.adapters.database import tables
from service.ports.fhir_server import ServerResponse
from service.usecases.delivery.deliver import LEASE, deliver_next
from tests.support.building import NOW, scored
from tests.support.logging import Log
from tests.support.rest import Clock, Rest
from tests.usecases.delivery.fake_server import FakeServer, deliver, done, entry_of

DOWN = ServerResponse(503)
WAITS = "the FHIR server returned status 503"


def attempt(rest: Rest, clock: Clock, response: ServerResponse) -> None:
    """An attempt at a time when the entry is due."""
    clock.forward(hours=2)
    assert deliver_next(rest.outbox, FakeServer(response, {"Patient/p1"}), clock)


def test_an_entry_that_waits_is_one_warning_however_often_it_is_tried(rest: Rest, clock: Clock, logged: Log) -> None:
    rest.post(scored("gad-7", [0] * 7))
    for _ in range(4):
        attempt(rest, clock, DOWN)
    assert logged.of("entry_postponed") == [("warning", 1, 1, WAITS)]


def test_after_a_kill_during_the_first_attempt_it_still_is_one(rest: Rest, clock: Clock, logged: Log) -> None:
    rest.post(scored("gad-7", [0] * 7))
    assert rest.outbox.lease(NOW, NOW + LEASE)
    rest.outbox.in_flight.remove(1)
    attempt(rest, clock, ServerResponse(None, "no connection"))
    assert [line[:3] for line in logged.of("entry_postponed")] == [("warning", 1, 2)]


def test_an_entry_that_an_operator_sends_again_waits_anew(rest: Rest, clock: Clock, logged: Log) -> None:
    rest.post(scored("gad-7", [0] * 7))
    attempt(rest, clock, DOWN)
    rest.outbox.retry([1], clock())
    attempt(rest, clock, DOWN)
    assert len(logged.of("entry_postponed")) == 2


def test_a_parked_entry_is_one_error(rest: Rest, clock: Clock, logged: Log) -> None:
    rest.post(scored("phq-9", [1] * 9))
    attempt(rest, clock, ServerResponse(422, "invalid"))
    assert logged.of("entry_parked") == [("error", 1, 1, "the FHIR server returned status 422 (invalid)")]


def test_an_entry_that_nobody_can_read_is_one_error_too(rest: Rest, clock: Clock, logged: Log) -> None:
    rest.post(scored("gad-7", [0] * 7))
    with rest.database.write() as connection:
        connection.execute(update(tables.outbox).values(changed="{"))
    assert not deliver_next(rest.outbox, FakeServer(DOWN), clock)
    assert logged.of("entry_parked") == [("error", 1, 1, "the stored entry is not readable")]


def test_a_missing_patient_is_a_warning_and_then_an_error(logged: Log) -> None:
    deliver(ServerResponse(400), there=set())
    assert logged.of("entry_postponed") == [("warning", 1, 1, "the FHIR server lacks the Patient of this entry")]
    deliver(ServerResponse(400), entry_of(created=NOW - timedelta(days=8), attempts=99), there=set())
    assert [line[:3] for line in logged.of("entry_parked")] == [("error", 1, 100)]


def test_a_delivery_is_a_line(logged: Log) -> None:
    deliver(done("201 Created", "201 Created"))
    assert logged.of("entry_delivered") == [("info", 1, 1, None)]


def test_no_line_names_a_patient(rest: Rest, clock: Clock, logged: Log) -> None:
    rest.post(scored("gad-7", [0] * 7, patient="Patient/p1"))
    attempt(rest, clock, DOWN)
    attempt(rest, clock, ServerResponse(422, "invalid"))
    assert {"entry_postponed", "entry_parked"} <= {line["event"] for line in logged.lines}
    assert "p1" not in logged.stream.getvalue()
