"""Notifications are dropped, doubled and reordered at random: each response is assessed once, gaps are logged."""

import random
from collections import Counter

import pytest
from sqlalchemy import select

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.usecases.pulling.pull import pull_next
from tests.support.building import scored
from tests.support.logging import Log
from tests.support.other_systems.portal_server import BASE, PortalServer, notification, puller_of
from tests.support.rest import Clock, Rest, rest_on

SECRET = "a-secret-that-only-the-fhir-server-has"
HEADERS = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/fhir+json"}


def disturbed(numbers: range, draw: random.Random) -> list[int]:
    """The events in the order in which their notifications arrive: a fifth never, a fifth twice, many late."""
    places = []
    for number in numbers:
        chance = draw.random()
        for _ in range(0 if chance < 0.2 else 2 if chance < 0.4 else 1):
            places.append((number + draw.expovariate(0.3), number))
    return [number for _, number in sorted(places)]


def missing_before(arrived: list[int], last: int) -> int:
    """The events that had not arrived when a later one did, or at the end."""
    greatest, missing = 0, 0
    for number in [*arrived, last + 1]:
        missing += max(number - greatest - 1, 0)
        greatest = max(greatest, number)
    return missing


def notify(rest: Rest, server: PortalServer, number: int, draw: random.Random) -> None:
    """A notification of the topic-based form, or for some a second one of the older form."""
    body = encode(server.notification(number, number))
    assert rest.client.post("/notify", data=body, headers=HEADERS).status_code == 200
    if draw.random() < 0.1:
        address = server.events[number - 1]
        path, version = f"/notify/{address}", {**HEADERS, "If-Match": 'W/"1"'}
        assert rest.client.put(path, data=encode(server.stored[address]), headers=version).status_code == 200


@pytest.mark.parametrize(
    ("count", "seed"), [(150, 1), (150, 2), pytest.param(1_000, 3, marks=pytest.mark.slow)], ids=["1", "2", "slow"]
)
def test_each_is_assessed_once(sqlite: Database, clock: Clock, logged: Log, count: int, seed: int) -> None:
    draw, server = random.Random(seed), PortalServer(clock)
    rest = rest_on(sqlite, clock, fhir_server=BASE, notify_secret=SECRET)
    puller = puller_of(rest, server)
    pull_next(puller)
    arrived = disturbed(range(1, count + 1), draw)
    for place, number in enumerate(arrived):
        write_up_to(number, server)
        server.offers_events = draw.random() < 0.7
        notify(rest, server, number, draw)
        if draw.random() < 0.2:
            pull_next(puller)
        if place % 100 == 0:
            clock.forward(seconds=90)
    write_up_to(count, server)
    rest.client.post("/notify", data=encode(notification([], "heartbeat", count)), headers=HEADERS)
    clock.forward(minutes=2)
    while pull_next(puller):
        pass
    with sqlite.read() as connection:
        leads = Counter(connection.scalars(select(t.act.c.lead)))
        assert connection.execute(select(t.notice)).all() == connection.execute(select(t.missed)).all() == []
    assert leads == {str(number): 1 for number in range(1, count + 1)}
    gaps = [line["count"] for line in logged.lines if line["event"] == "notifications_missed"]
    assert sum(gaps) == missing_before(arrived, count) > count / 10


def write_up_to(last: int, server: PortalServer) -> None:
    """Stores the responses that the FHIR server does not have yet; each is an event."""
    for number in range(len(server.events) + 1, last + 1):
        server.write(response_of(number))


def response_of(number: int) -> Resource:
    return {**scored("gad-7", [0] * 7, patient=f"Patient/p{number}"), "id": str(number)}
