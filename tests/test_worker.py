"""The loop: it ends when told to, and one bad entry does not stop it."""

import threading
from datetime import datetime
from typing import Any

from service.fhir.records import Answer
from service.screening.faults import Unavailable
from service.worker import run_once, start
from tests.test_deliver import FakeOutbox, FakeServer, done, entry_of


def test_one_turn_says_whether_there_was_something_to_send() -> None:
    assert run_once(FakeOutbox(entry_of()), FakeServer(done("201", "201"))) is True
    assert run_once(FakeOutbox(None), FakeServer(Answer(200))) is False


class Broken(FakeOutbox):
    def __init__(self, problem: Exception) -> None:
        super().__init__(None)
        self.problem = problem

    def lease(self, now: datetime, until: datetime) -> Any:
        raise self.problem


def test_what_goes_wrong_does_not_end_the_loop() -> None:
    assert run_once(Broken(Unavailable("locked")), FakeServer(Answer(200))) is False
    assert run_once(Broken(ValueError("bad")), FakeServer(Answer(200))) is False


def test_the_thread_ends_when_told_to() -> None:
    before = threading.active_count()
    stop = start(FakeOutbox(None), FakeServer(Answer(200)))
    assert threading.active_count() == before + 1
    stop()
    assert threading.active_count() == before
