"""An issuer that takes requests and does not answer: its tokens are refused in time, and nobody else waits for it.

No test measures a time. The server does not answer before the test lets it, so what is answered did not wait for it.
"""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from service.adapters.authorization.issuer_keys import IssuerKeys
from service.adapters.authorization.json_exchange import JsonAnswer
from service.adapters.authorization.waiting_requests import WaitingRequests
from service.adapters.database.engine import Database
from service.issues import Unavailable
from tests.support.other_systems.issuing import Issuer, bearer, claims, issuer_file, issuing, secured, sign
from tests.support.rest import Clock, Rest, issues

OTHER_ISSUER = "https://login.example/other"
TIME_LIMIT = "service.adapters.authorization.json_exchange.SECONDS"
# Shorter than any answer of the service, and longer than any test.
SHORT, LONG = 0.05, 600.0


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer of one test."""
    with issuing() as made:
        yield made


@contextmanager
def waiting(rest: Rest, issuer: Issuer, token: str) -> Iterator[Future[int]]:
    """A request with a token that waits for the issuer in a thread of its own, and then ends."""
    issuer.reached.clear()
    issuer.answers.clear()

    def ask() -> int:
        return rest.app.test_client().get("/fhir/Observation", headers=bearer(token)).status_code

    with ThreadPoolExecutor(1) as pool:
        try:
            held = pool.submit(ask)
            assert issuer.reached.wait(LONG)
            yield held
        finally:
            issuer.answers.set()


@pytest.mark.parametrize("asks", [False, True], ids=["keys", "introspection"])
def test_a_token_whose_issuer_does_not_answer_is_refused_at_the_time_limit(
    sqlite: Database, clock: Clock, tmp_path: Path, issuer: Issuer, asks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TIME_LIMIT, SHORT)
    rest = secured(sqlite, clock, issuer_file(tmp_path, issuer, asks=asks))
    issuer.answers.clear()
    answer = rest.get("Observation", **bearer(issuer.give()))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert [code for code, _ in issues(answer)] == ["transient"]


def test_after_a_failure_the_issuer_is_left_alone_for_ten_seconds(clock: Clock) -> None:
    asked: list[str] = []

    def fetch(url: str) -> JsonAnswer:
        asked.append(url)
        raise Unavailable("no answer in time")

    keys = IssuerKeys("https://login.example/keys", clock, fetch)
    for _ in range(20):
        with pytest.raises(Unavailable):
            keys.find_key("ec-1", "ES384")
    assert len(asked) == 1
    clock.forward(seconds=11)
    with pytest.raises(Unavailable):
        keys.find_key("ec-1", "ES384")
    assert len(asked) == 2


def test_who_needs_no_key_of_that_issuer_does_not_wait(
    sqlite: Database, clock: Clock, tmp_path: Path, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TIME_LIMIT, LONG)
    with issuing() as other:
        rest = secured(sqlite, clock, two_issuers(tmp_path, issuer, other))
        with waiting(rest, issuer, issuer.give()) as held:
            assert rest.get("metadata").status_code == 200
            assert rest.client.get("/health/live").status_code == 200
            assert rest.client.get("/health/ready").status_code == 200
            assert rest.get("Observation").status_code == 401
            assert rest.get("Observation", **bearer("a-guess")).status_code == 401
            assert rest.get("Observation", **bearer(issuer.give(iss="https://evil.example"))).status_code == 401
            assert rest.get("Observation", **bearer(other.give(iss=OTHER_ISSUER))).status_code == 200
            assert not held.done()
        assert held.result() == 200


@pytest.mark.parametrize("change", ["an unknown key", "keys that are no longer fresh"])
def test_while_keys_are_fetched_again_those_that_are_known_serve(
    sqlite: Database, clock: Clock, tmp_path: Path, issuer: Issuer, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TIME_LIMIT, LONG)
    rest = secured(sqlite, clock, issuer_file(tmp_path, issuer))
    assert rest.get("Observation", **bearer(issuer.give())).status_code == 200
    clock.forward(minutes=2 if change == "an unknown key" else 6)
    now = clock().timestamp()
    good = issuer.give(now)
    token, end = (sign(claims(now), {"kid": "none"}), 401) if change == "an unknown key" else (good, 200)
    with waiting(rest, issuer, token) as held:
        assert [rest.get("Observation", **bearer(good)).status_code for _ in range(3)] == [200] * 3
        assert not held.done()
    assert held.result() == end


@pytest.mark.parametrize("asks", [False, True], ids=["keys", "introspection"])
def test_beyond_a_number_of_requests_nobody_waits_for_an_issuer(
    sqlite: Database, clock: Clock, tmp_path: Path, issuer: Issuer, asks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TIME_LIMIT, LONG)
    monkeypatch.setattr(WaitingRequests.__init__, "__defaults__", (1,))
    rest = secured(sqlite, clock, issuer_file(tmp_path, issuer, asks=asks))
    with waiting(rest, issuer, issuer.give()) as held:
        answer = rest.get("Observation", **bearer(issuer.give()))
        assert answer.status_code == 503
        assert [code for code, _ in issues(answer)] == ["transient"]
        assert not held.done()
    assert held.result() == 200
    assert rest.get("Observation", **bearer(issuer.give())).status_code == 200


def test_a_place_that_is_soon_free_is_waited_for() -> None:
    places, is_taken, may_leave = WaitingRequests(1), Event(), Event()

    def take_place(seconds: float) -> bool:
        with places.place(seconds):
            is_taken.set()
            return may_leave.wait(LONG)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(take_place, 0)
        assert is_taken.wait(LONG)
        second = pool.submit(take_place, LONG)
        with pytest.raises(Unavailable):
            take_place(0)
        may_leave.set()
        assert first.result()
        assert second.result()


def test_known_keys_serve_although_all_places_are_taken(clock: Clock, issuer: Issuer) -> None:
    places = WaitingRequests(1)
    keys = IssuerKeys(f"{issuer.url}/jwks", clock, waiting=places)
    known = keys.find_key("ec-1", "ES384")
    clock.forward(minutes=6)
    with places.place():
        assert keys.find_key("ec-1", "ES384") == known


def test_who_waits_for_the_first_keys_waits_no_longer_than_a_fetch_may_take(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TIME_LIMIT, SHORT)
    fetches, ends = Event(), Event()

    def fetch(url: str) -> JsonAnswer:
        fetches.set()
        assert ends.wait(LONG)
        raise Unavailable("no answer in time")

    keys = IssuerKeys("https://login.example/keys", clock, fetch)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(keys.find_key, "ec-1", "ES384")
        try:
            assert fetches.wait(LONG)
            with pytest.raises(Unavailable):
                keys.find_key("ec-1", "ES384")
            assert not first.done()
        finally:
            ends.set()


def two_issuers(folder: Path, first: Issuer, second: Issuer) -> Path:
    """A file with both issuers."""
    path = issuer_file(folder, first)
    (entry,) = json.loads(path.read_text())["issuers"]
    another = {**entry, "issuer": OTHER_ISSUER, "jwks_uri": f"{second.url}/jwks"}
    path.write_text(json.dumps({"issuers": [entry, another]}))
    return path
