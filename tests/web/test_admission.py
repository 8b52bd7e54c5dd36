"""A database that another program keeps locked: 503 in time, side by side, and no wait without a need for it."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from service.adapters.database.engine import Database
from service.web.admission import COSTLY_REQUESTS, COSTLY_WAITING, REQUESTS_WITH_DATABASE, Slots
from service.work import WAIT_SECONDS
from tests.support.building import phq
from tests.support.rest import Clock, Rest, rest_on


@contextmanager
def locked(database: Database, how: str) -> Iterator[None]:
    """Another program keeps the database."""
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE" if how == "EXCLUSIVE" else "PRAGMA foreign_keys=ON")
        other.execute(f"BEGIN {how}")
        other.execute("UPDATE schema_version SET version = version")
        yield
        other.execute("ROLLBACK")


def test_a_locked_database_is_answered_in_time_side_by_side(sqlite: Database, clock: Clock) -> None:
    rest, statuses, took = rest_on(sqlite, clock), [], []

    def post(number: int) -> None:
        start = time.monotonic()
        statuses.append(
            rest.app.test_client().post(
                "/fhir/QuestionnaireResponse",
                json=phq(subject={"reference": f"Patient/p{number % 3}"}),
                content_type="application/fhir+json",
            )
        )
        took.append(time.monotonic() - start)

    with locked(sqlite, "IMMEDIATE"):
        threads = [threading.Thread(target=post, args=(number,)) for number in range(REQUESTS_WITH_DATABASE + 5)]
        for thread in threads:
            thread.start()
            time.sleep(0.02)
        for path in ("metadata", "Questionnaire", "Questionnaire/phq-9"):
            start = time.monotonic()
            assert rest.get(path).status_code == 200
            assert time.monotonic() - start < WAIT_SECONDS / 2
        for thread in threads:
            thread.join()
    assert {answer.status_code for answer in statuses} == {503}
    assert all(answer.headers["Retry-After"] for answer in statuses)
    assert max(took) < WAIT_SECONDS + 1
    assert rest.post(phq()).status_code == 201


def waiting_for(slots: Slots, order: list[int], number: int) -> threading.Thread:
    """A thread that waits for a slot and gives it back; returns when it is in the queue."""

    def wait() -> None:
        if slots.acquire(20):
            order.append(number)
            slots.release()

    thread, before = threading.Thread(target=wait), len(slots.queue)
    thread.start()
    while len(slots.queue) == before:
        time.sleep(0.001)
    return thread


def test_slots_are_given_in_the_order_of_arrival() -> None:
    slots, order = Slots(1, waiting=8), list[int]()
    assert slots.acquire(0)
    threads = [waiting_for(slots, order, number) for number in range(8)]
    slots.release()
    for thread in threads:
        thread.join()
    assert order == list(range(8))
    assert (slots.free, list(slots.queue)) == (1, [])


def test_beyond_those_that_may_wait_a_slot_is_refused_at_once() -> None:
    slots, order = Slots(1, waiting=1), list[int]()
    assert slots.acquire(0)
    thread = waiting_for(slots, order, 1)
    assert not slots.acquire(600)
    slots.release()
    thread.join()
    assert order == [1]
    assert slots.acquire(0)


def test_who_waits_too_long_leaves_the_queue() -> None:
    slots = Slots(1, waiting=1)
    assert slots.acquire(0)
    assert not slots.acquire(0.01)
    slots.release()
    assert (slots.free, list(slots.queue)) == (1, [])


def test_costly_requests_that_wait_leave_room_for_others(sqlite: Database, clock: Clock) -> None:
    """Many costly requests hold one slot and a short queue, not the slots of the database."""
    rest = rest_on(sqlite, clock)
    held, statuses = threading.Event(), list[int]()
    checks = rest.app.view_functions["validating.validate_sent"]

    def check() -> Any:
        held.wait(20)
        return checks()

    rest.app.view_functions["validating.validate_sent"] = check

    def post() -> None:
        client = rest.app.test_client()
        path = "/fhir/QuestionnaireResponse/$validate"
        statuses.append(client.post(path, json=phq(), content_type="application/fhir+json").status_code)

    threads = [threading.Thread(target=post) for _ in range(REQUESTS_WITH_DATABASE)]
    for thread in threads:
        thread.start()
    refused = REQUESTS_WITH_DATABASE - COSTLY_REQUESTS - COSTLY_WAITING
    while len(statuses) < refused:
        time.sleep(0.01)
    assert rest.post(phq()).status_code == 201
    held.set()
    for thread in threads:
        thread.join()
    assert statuses[:refused] == [503] * refused
    assert set(statuses[refused:]) <= {200, 503}


@pytest.mark.parametrize("host", [None, "", "a, b", "a b", "a:b", "a/b", "[::1", "a@b", "a" * 300])
def test_a_host_that_is_missing_repeated_or_malformed_is_refused(rest: Rest, host: str | None) -> None:
    answer = rest.client.get("/fhir/metadata", environ_overrides={"HTTP_HOST": host} if host is not None else {})
    assert answer.status_code == (400 if host is not None else 200)


@pytest.mark.parametrize("host", ["localhost", "sural.example:8080", "127.0.0.1", "[::1]:80"])
def test_a_host_by_name_or_address_is_accepted(rest: Rest, host: str) -> None:
    assert rest.client.get("/fhir/metadata", environ_overrides={"HTTP_HOST": host}).status_code == 200
