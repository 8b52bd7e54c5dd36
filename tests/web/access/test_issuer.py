"""The issuer misbehaves: keys that change, cannot be had or come from elsewhere, and tokens that it has withdrawn."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.other_systems.issuing import (
    SECRET,
    Issuer,
    bearer,
    claims,
    ec_key,
    issuer_file,
    issuing,
    public,
    rsa_key,
    secured,
    sign,
)
from tests.support.rest import Clock, Rest, issues


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        yield made


@pytest.fixture
def safe(sqlite: Any, clock: Clock, tmp_path: Path, issuer: Issuer) -> Rest:
    """The application, which knows the keys of the issuer already."""
    rest = secured(sqlite, clock, issuer_file(tmp_path, issuer))
    assert status(rest, issuer.give()) == 200
    return rest


def status(rest: Rest, token: str) -> int:
    return rest.get("Observation", **bearer(token)).status_code


def later(clock: Clock, issuer: Issuer, **span: float) -> str:
    """A good token of a later time."""
    clock.forward(**span)
    return issuer.give(clock().timestamp())


def unknown(clock: Clock, kid: str) -> str:
    return sign(claims(clock().timestamp()), {"kid": kid})


class TestRotation:
    def test_both_keys_are_good_while_both_are_published(self, safe: Rest, issuer: Issuer) -> None:
        assert status(safe, sign(claims(safe_now(safe)), {"alg": "RS384", "kid": "rsa-1"}, rsa_key())) == 200
        assert status(safe, issuer.give()) == 200
        assert issuer.key_requests == 1

    def test_a_new_key_is_fetched_when_a_token_names_it(self, safe: Rest, issuer: Issuer, clock: Clock) -> None:
        clock.forward(minutes=2)
        issuer.keys = [public(ec_key("ec-2"))]
        assert status(safe, sign(claims(clock().timestamp()), {"kid": "ec-2"}, ec_key("ec-2"))) == 200
        assert status(safe, issuer.give(clock().timestamp())) == 401

    def test_a_key_that_is_no_longer_published_is_good_for_five_minutes_only(
        self, safe: Rest, issuer: Issuer, clock: Clock
    ) -> None:
        issuer.keys = [public(ec_key("ec-2"))]
        assert status(safe, later(clock, issuer, minutes=4)) == 200
        assert status(safe, later(clock, issuer, minutes=2)) == 401

    @pytest.mark.parametrize(("header", "minutes"), [("max-age=1200", 19), ("public, max-age=10", 4), ("no-store", 4)])
    def test_the_cache_header_counts_from_five_minutes_to_a_day(
        self, sqlite: Any, clock: Clock, tmp_path: Path, issuer: Issuer, header: str, minutes: int
    ) -> None:
        issuer.cache_control = header
        rest = secured(sqlite, clock, issuer_file(tmp_path, issuer))
        assert status(rest, issuer.give()) == 200
        assert status(rest, later(clock, issuer, minutes=minutes)) == 200
        assert issuer.key_requests == 1
        assert status(rest, later(clock, issuer, minutes=2)) == 200
        assert issuer.key_requests == 2

    def test_a_flood_of_unknown_names_fetches_the_keys_once_a_minute(
        self, safe: Rest, issuer: Issuer, clock: Clock
    ) -> None:
        clock.forward(minutes=2)
        assert {status(safe, unknown(clock, f"none-{number}")) for number in range(50)} == {401}
        assert issuer.key_requests == 2
        clock.forward(seconds=61)
        assert status(safe, unknown(clock, "none")) == 401
        assert issuer.key_requests == 3


class TestKeysThatCannotBeHad:
    def test_known_keys_are_good_for_a_day(self, safe: Rest, issuer: Issuer, clock: Clock) -> None:
        issuer.status = 503
        assert status(safe, later(clock, issuer, hours=23)) == 200
        assert status(safe, later(clock, issuer, hours=2)) == 503

    @pytest.mark.parametrize(
        "fault",
        [
            {"status": 500},
            {"status": 404},
            {"status": 302, "redirect": "/elsewhere"},
            {"body": b"{}"},
            {"body": b"<html>"},
            {"body": b"[]"},
            {"body": b'{"keys": {}}'},
            {"body": b'{"keys": [], "x": "' + b"x" * 70_000 + b'"}'},
            {"body": b" " * 10_000_000},
        ],
        ids=["500", "404", "redirect", "empty", "html", "array", "no list", "over 64 KB", "10 MB"],
    )
    def test_without_keys_it_is_unavailable_and_the_rest_stays_up(
        self, sqlite: Any, clock: Clock, tmp_path: Path, issuer: Issuer, fault: dict[str, Any]
    ) -> None:
        for name, value in fault.items():
            setattr(issuer, name, value)
        rest = secured(sqlite, clock, issuer_file(tmp_path, issuer))
        answer = rest.get("Observation", **bearer(issuer.give()))
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert [code for code, _ in issues(answer)] == ["transient"]
        assert rest.get("metadata").status_code == 200
        assert rest.client.get("/health/live").status_code == 200

    def test_after_a_failure_the_keys_are_fetched_again(
        self, sqlite: Any, clock: Clock, tmp_path: Path, issuer: Issuer
    ) -> None:
        rest = secured(sqlite, clock, issuer_file(tmp_path, issuer))
        issuer.status = 500
        assert status(rest, issuer.give()) == 503
        issuer.status = 200
        assert status(rest, later(clock, issuer, seconds=11)) == 200

    @pytest.mark.parametrize(
        "change",
        [
            {"use": "enc"},
            {"key_ops": ["encrypt"]},
            {"kty": "oct", "k": "c2VjcmV0"},
            {"x": "AA"},
            {"kid": 7},
            {"alg": "ES512"},
        ],
        ids=str,
    )
    def test_a_key_for_something_else_is_none(
        self, sqlite: Any, clock: Clock, tmp_path: Path, issuer: Issuer, change: dict[str, Any]
    ) -> None:
        issuer.keys = [{**public(ec_key()), **change}]
        rest = secured(sqlite, clock, issuer_file(tmp_path, issuer))
        assert status(rest, issuer.give()) == 401


class TestAsking:
    @pytest.fixture
    def asking(self, sqlite: Any, clock: Clock, tmp_path: Path, issuer: Issuer) -> Rest:
        return secured(sqlite, clock, issuer_file(tmp_path, issuer, asks=True))

    def test_the_issuer_is_asked_each_time_and_knows_who_asks(self, asking: Rest, issuer: Issuer) -> None:
        token = issuer.give()
        assert [status(asking, token), status(asking, token)] == [200, 200]
        assert [form["token"] for form in issuer.introspections] == [[token], [token]]
        assert set(issuer.credentials) == {f"Basic {basic('sural', SECRET)}"}

    def test_an_opaque_token_is_good_too(self, asking: Rest, issuer: Issuer, clock: Clock) -> None:
        issuer.honest["opaque-token-1"] = claims(clock().timestamp())
        assert status(asking, "opaque-token-1") == 200

    def test_a_token_that_was_withdrawn_is_refused_at_once(self, asking: Rest, issuer: Issuer) -> None:
        token = issuer.give()
        assert status(asking, token) == 200
        del issuer.honest[token]
        assert status(asking, token) == 401

    def test_active_must_be_true(self, asking: Rest, issuer: Issuer) -> None:
        token = issuer.give()
        issuer.honest[token]["active"] = "true"
        assert status(asking, token) == 401

    @pytest.mark.parametrize("code", [500, 404, 302, 401])
    def test_without_an_answer_nothing_is_accepted(self, asking: Rest, issuer: Issuer, code: int) -> None:
        issuer.status = code
        assert status(asking, issuer.give()) == 503


def safe_now(rest: Rest) -> float:
    return rest.app.extensions["sural"].now().timestamp()  # type: ignore[no-any-return]


def basic(name: str, secret: str) -> str:
    import base64

    return base64.b64encode(f"{name}:{secret}".encode()).decode()
