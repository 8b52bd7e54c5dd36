"""Each misbehaviour of the FHIR server, and what becomes of the entry: nothing is lost, no Task is written twice, and
no answer takes more than 64 MB."""

import io
import json
import tracemalloc
from collections.abc import Iterator

import pytest

from service.adapters.fhir_server.client import HttpFhirServer, TimeLimits
from service.logs import configure
from service.ports.outbox import OutboxSummary
from service.usecases.delivery.deliver import deliver_next
from tests.faults.behaviours import FAULTS, SEARCHES, Fault, reset, storing
from tests.support.building import phq, with_total
from tests.support.other_systems.misbehaving import MisbehavingServer, misbehaving
from tests.support.rest import Clock, Rest

pytestmark = pytest.mark.faults

# The memory that an attempt may take, whatever the server sends.
MOST_BYTES = 64 * 1024 * 1024
# For a server that does not end by itself, and for one that answers, however busy this machine is.
SHORT, USUAL = TimeLimits(request_seconds=0.5, look_up_seconds=0.5), TimeLimits()
PATIENT = {"resourceType": "Patient", "id": "p1"}


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with misbehaving(MisbehavingServer({"Patient/p1": PATIENT})) as running:
        yield running


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    configure("info")
    return written


def deliver(rest: Rest, server: MisbehavingServer, clock: Clock, limits: TimeLimits = SHORT) -> OutboxSummary:
    """Delivers the entry of a PHQ-9 with a Task; returns what became of it."""
    http = HttpFhirServer(server.base, clock, limits)
    assert deliver_next(rest.outbox, http, clock, lambda: 1.0)
    (entry,) = rest.outbox.list_entries()
    return entry


def tasks_written(server: MisbehavingServer) -> list[int]:
    """How often each Task was written."""
    return [count for address, count in server.written.items() if address.startswith("Task/")]


def alarms(logged: io.StringIO) -> list[str]:
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    return [line["event"] for line in lines if line["level"] == "error"]


def expect_delivery(rest: Rest, server: MisbehavingServer, clock: Clock) -> None:
    """The server behaves again: the entry is delivered, with each Task once."""
    server.transaction = server.search = None
    clock.forward(hours=2)
    assert deliver(rest, server, clock, USUAL).state == "delivered"
    assert tasks_written(server) == [1]


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_a_transaction(rest: Rest, server: MisbehavingServer, clock: Clock, logged: io.StringIO, fault: Fault) -> None:
    assert rest.post(with_total("phq-9", 12, last=2)).status_code == 201
    server.transaction = fault.behaviour
    tracemalloc.start()
    try:
        entry = deliver(rest, server, clock, SHORT if fault.state == "waiting" and not fault.alarm else USUAL)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < MOST_BYTES
    assert (entry.state, entry.attempts) == (fault.state, 1)
    assert (entry.reason is None) == (fault.state == "delivered")
    assert "JaneDoe" not in str(entry.reason)
    assert alarms(logged) == ([fault.alarm] if fault.alarm else [])
    if fault.state == "waiting":
        expect_delivery(rest, server, clock)
    assert all(request.headers.keys() & {"cookie", "authorization"} == set() for request in server.received)


@pytest.mark.parametrize("fault", SEARCHES, ids=[fault.name for fault in SEARCHES])
def test_a_search_for_the_resources_of_an_earlier_attempt(
    rest: Rest, server: MisbehavingServer, clock: Clock, logged: io.StringIO, fault: Fault
) -> None:
    assert rest.post(with_total("phq-9", 12, last=2)).status_code == 201
    server.transaction = storing(reset)
    deliver(rest, server, clock, USUAL)
    server.search = fault.behaviour
    clock.forward(hours=2)
    entry = deliver(rest, server, clock, USUAL if fault.alarm else SHORT)
    assert (entry.state, entry.attempts) == ("waiting", 2)
    assert entry.reason
    assert alarms(logged) == ([fault.alarm] if fault.alarm else [])
    assert len([request for request in server.received if not request.is_search]) == 1
    expect_delivery(rest, server, clock)


def test_there_are_54_behaviours_and_more() -> None:
    names = [fault.name for fault in (*FAULTS, *SEARCHES)]
    assert len(names) >= 54
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_a_server_that_is_not_there(rest: Rest, clock: Clock) -> None:
    assert rest.post(phq()).status_code == 201
    with misbehaving() as gone:
        pass
    assert deliver(rest, gone, clock).state == "waiting"
