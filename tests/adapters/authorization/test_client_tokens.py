"""Our tokens at the FHIR server: SMART Backend Services as a client, and where the token goes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from service.adapters.authorization.client_keys import ClientKey, WrongKeys, public_keys, read_client_keys
from service.adapters.authorization.client_tokens import ClientRegistration, ClientTokens
from service.adapters.authorization.json_exchange import JsonAnswer
from service.adapters.fhir_server.client import HttpFhirServer
from service.issues import Unavailable
from tests.support.building import NOW
from tests.support.other_systems.issuing import ec_key, rsa_key
from tests.support.other_systems.misbehaving import Exchange, misbehaving, reply
from tests.support.rest import Clock

ENDPOINT = "https://login.example/token"
BUNDLE = {"resourceType": "Bundle", "type": "transaction", "entry": []}


class AuthorizationServer:
    """Gives out tokens t-1, t-2, ... and keeps what it was asked."""

    def __init__(self, **changes: Any) -> None:
        self.forms: list[dict[str, str]] = []
        self.changes = changes

    def __call__(self, endpoint: str, form: bytes) -> JsonAnswer:
        assert endpoint == ENDPOINT
        self.forms.append({name: values[0] for name, values in parse_qs(form.decode()).items()})
        usual = {"access_token": f"t-{len(self.forms)}", "token_type": "bearer", "expires_in": 300}
        return JsonAnswer({name: value for name, value in {**usual, **self.changes}.items() if value is not None})


def tokens(server: AuthorizationServer, clock: Clock, key: ECKey | RSAKey | None = None) -> ClientTokens:
    own = ClientKey("k-1", "RS384" if isinstance(key, RSAKey) else "ES384", key or ec_key())
    return ClientTokens(ClientRegistration(ENDPOINT, "sural", [own], "system/Observation.cus"), clock, ask=server)


class TestAssertion:
    @pytest.mark.parametrize("key", [ec_key(), rsa_key()], ids=["ES384", "RS384"])
    def test_it_is_what_smart_asks_for(self, clock: Clock, key: ECKey | RSAKey) -> None:
        server = AuthorizationServer()
        tokens(server, clock, key).read_token()
        (form,) = server.forms
        assert form["grant_type"] == "client_credentials"
        assert form["scope"] == "system/Observation.cus"
        assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        algorithm = "RS384" if isinstance(key, RSAKey) else "ES384"
        read = jwt.decode(form["client_assertion"], key, algorithms=[algorithm])
        assert {name: read.header[name] for name in ("alg", "kid", "typ")} == {
            "alg": algorithm,
            "kid": "k-1",
            "typ": "JWT",
        }
        assert (read.claims["iss"], read.claims["sub"], read.claims["aud"]) == ("sural", "sural", ENDPOINT)
        assert read.claims["exp"] - int(NOW.timestamp()) == 120

    def test_no_assertion_is_used_twice(self, clock: Clock) -> None:
        server = AuthorizationServer()
        own = tokens(server, clock)
        for _ in range(2):
            own.read_token(refused="t-1")
        read = [jwt.decode(form["client_assertion"], ec_key(), algorithms=["ES384"]).claims for form in server.forms]
        assert len({claims["jti"] for claims in read}) == len(read)


class TestToken:
    def test_it_is_kept_until_thirty_seconds_before_its_end(self, clock: Clock) -> None:
        own = tokens(AuthorizationServer(), clock)
        assert own.read_token() == "t-1"
        clock.forward(seconds=269)
        assert own.read_token() == "t-1"
        clock.forward(seconds=1)
        assert own.read_token() == "t-2"

    def test_a_refused_one_is_replaced_at_most_twice_a_minute(self, clock: Clock) -> None:
        server = AuthorizationServer()
        own = tokens(server, clock)
        assert own.read_token() == "t-1"
        assert own.read_token(refused="t-1") == "t-2"
        assert own.read_token(refused="t-1") == "t-2"
        with pytest.raises(Unavailable):
            own.read_token(refused="t-2")
        assert len(server.forms) == 2
        clock.forward(seconds=61)
        assert own.read_token(refused="t-2") == "t-3"

    @pytest.mark.parametrize(
        "changes",
        [
            {"access_token": None},
            {"access_token": 7},
            {"access_token": "a b"},
            {"access_token": "a\r\nX: y"},
            {"token_type": "mac"},
            {"token_type": None},
        ],
        ids=str,
    )
    def test_an_answer_without_a_bearer_token_is_none(self, clock: Clock, changes: dict[str, Any]) -> None:
        with pytest.raises(Unavailable):
            tokens(AuthorizationServer(**changes), clock).read_token()

    @pytest.mark.parametrize("seconds", [None, "300", -1, 10**9])
    def test_a_lifetime_that_is_none_is_five_minutes(self, clock: Clock, seconds: Any) -> None:
        own = tokens(AuthorizationServer(expires_in=seconds), clock)
        own.read_token()
        clock.now += timedelta(seconds=271)
        assert own.read_token() == "t-2"


@contextmanager
def refusing(number: int) -> Iterator[Any]:
    """A FHIR server that refuses the first tokens."""

    def answer(exchange: Exchange) -> None:
        status = 401 if len(exchange.server.received) <= number else 200
        exchange.send(reply(status, {"resourceType": "Bundle", "type": "transaction-response"}))

    with misbehaving() as server:
        server.transaction = answer
        yield server


def sent_tokens(server: Any) -> list[str | None]:
    return [
        {name.lower(): text for name, text in each.headers.items()}.get("authorization") for each in server.received
    ]


class TestSending:
    def test_each_request_has_the_token(self, clock: Clock) -> None:
        with refusing(0) as server:
            own = HttpFhirServer(server.base, clock, tokens=tokens(AuthorizationServer(), clock))
            assert own.transact(BUNDLE).status == 200
            own.look_up(["Patient/p1"])
            assert sent_tokens(server) == ["Bearer t-1", "Bearer t-1"]

    def test_after_401_one_new_token_is_fetched_and_the_request_sent_once_more(self, clock: Clock) -> None:
        with refusing(1) as server:
            own = HttpFhirServer(server.base, clock, tokens=tokens(AuthorizationServer(), clock))
            assert own.transact(BUNDLE).status == 200
            assert sent_tokens(server) == ["Bearer t-1", "Bearer t-2"]

    def test_after_a_second_401_it_is_401(self, clock: Clock) -> None:
        authorization = AuthorizationServer()
        with refusing(99) as server:
            own = HttpFhirServer(server.base, clock, tokens=tokens(authorization, clock))
            assert [own.transact(BUNDLE).status for _ in range(5)][:2] == [401, 401]
            assert len(authorization.forms) == 2

    def test_without_a_token_nothing_is_sent(self, clock: Clock) -> None:
        with refusing(0) as server:
            own = HttpFhirServer(server.base, clock, tokens=tokens(AuthorizationServer(token_type="mac"), clock))
            answer = own.transact(BUNDLE)
            assert (answer.status, "bearer token" in answer.problem) == (None, True)
            assert not server.received

    def test_a_redirect_takes_no_token_elsewhere(self, clock: Clock) -> None:
        with refusing(0) as other, misbehaving() as server:
            head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {other.base}\r\nContent-Length: 0\r\n\r\n"
            server.transaction = lambda exchange: exchange.send(head.encode())
            own = HttpFhirServer(server.base, clock, tokens=tokens(AuthorizationServer(), clock))
            assert own.transact(BUNDLE).status == 307
            assert not other.received


class TestKeys:
    def file(self, folder: Path, *keys: dict[str, Any], mode: int = 0o600) -> Path:
        path = folder / "keys.json"
        path.write_text(json.dumps({"keys": keys}))
        path.chmod(mode)
        return path

    def test_the_first_signs_and_only_public_parts_are_published(self, tmp_path: Path) -> None:
        keys = read_client_keys(self.file(tmp_path, ec_key().as_dict(private=True), rsa_key().as_dict(private=True)))
        assert [key.kid for key in keys] == ["ec-1", "rsa-1"]
        listed = public_keys(keys)["keys"]
        assert [key["alg"] for key in listed] == ["ES384", "RS384"]
        assert not {name for key in listed for name in key} & {"d", "p", "q", "dp", "dq", "qi"}

    @pytest.mark.parametrize(
        ("key", "mode", "text"),
        [
            (ec_key().as_dict(private=True), 0o644, "mode 600"),
            (ec_key().as_dict(private=False), 0o600, "private"),
            ({**ec_key().as_dict(private=True), "kid": ""}, 0o600, "kid"),
            (ECKey.generate_key("P-256", {"kid": "x"}).as_dict(private=True), 0o600, "P-384"),
            ({"kty": "oct", "k": "c2VjcmV0", "kid": "x"}, 0o600, "P-384"),
        ],
        ids=["readable by others", "public", "no kid", "P-256", "oct"],
    )
    def test_what_is_not_safe_is_refused(self, tmp_path: Path, key: dict[str, Any], mode: int, text: str) -> None:
        with pytest.raises(WrongKeys, match=text):
            read_client_keys(self.file(tmp_path, key, mode=mode))
