"""Bearer tokens: each case of tokens.yaml, by the keys of the issuer and by asking the issuer."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.r4.strict_json import encode
from tests.support.building import NOW, scored
from tests.support.other_systems.issuing import (
    Issuer,
    bearer,
    claims,
    ec_key,
    issuer_file,
    part,
    public,
    rsa_key,
    secured,
    sign,
)
from tests.support.rest import FHIR_JSON, Rest, issues

CASES: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("tokens.yaml"))
TIMES = ("exp", "iat", "nbf")


@pytest.fixture(params=["signed", "asked"])
def proof(request: pytest.FixtureRequest) -> str:
    how: str = request.param
    return how


def said(case: dict[str, Any]) -> dict[str, Any]:
    """The claims of a case: times are seconds from now, unless they are raw."""
    now = NOW.timestamp()
    changes = {
        name: int(now) + value if name in TIMES and isinstance(value, int) else value
        for name, value in case.get("claims", {}).items()
    }
    return claims(now, **{**changes, **case.get("raw", {})})


def forged(kind: str) -> str:
    """A token that the issuer has not given out."""
    good = sign(said({}))
    header, body, signature = good.split(".")
    if kind.lower() == "none":
        return f"{part(json.dumps({'alg': kind, 'kid': 'ec-1', 'typ': 'at+jwt'}).encode())}.{body}."
    if kind in ("pem", "der", "jwk"):
        key = ec_key()
        texts = {
            "pem": key.as_pem(private=False),
            "der": key.as_der(private=False),
            "jwk": json.dumps(public(key)).encode(),
        }
        return sign(said({}), {"alg": "HS256"}, texts[kind])
    return {
        "tampered": f"{header}.{part(json.dumps({**said({}), 'scope': 'system/*.cruds '}).encode())}.{signature}",
        "truncated": good[:-4],
        "unsigned": f"{header}.{body}.",
        "padded": f"{header}.{body}.{signature}==",
        "twice": sign(json.dumps(said({}))[:-1].encode() + b', "scope": "system/*.rs"}'),
        "array": sign(b"[]"),
    }[kind]


def token_of(case: dict[str, Any], issuer: Issuer) -> str:
    """The token of a case. The issuer knows those that it gave out: signed with its key, as it does."""
    if "forge" in case:
        return forged(case["forge"])
    content = said(case)
    keys: dict[str, Any] = {"rsa": rsa_key(), "stranger": ec_key("stranger")}
    key = keys.get(case.get("key", ""))
    token = sign(content, case.get("header"), key)
    if case["group"] != "signature":
        issuer.honest[token] = content
    return token


def ask(rest: Rest, case: dict[str, Any], token: str) -> Any:
    """The answer to the request of a case."""
    method, _, path = case.get("request", "GET Observation").partition(" ")
    headers = {**FHIR_JSON}
    sent = case.get("sent", "Bearer TOKEN")
    if sent is not None and not case.get("address"):
        headers["Authorization"] = sent.replace("TOKEN", token).replace("LONG", "a" * 100_000)
    address = f"/fhir/{path}" + (f"?access_token={token}" if case.get("address") else "")
    body = None if method == "GET" else encode({**scored("phq-9", [0] * 9, patient="Patient/p1"), "id": "r-x"})
    return rest.client.open(address, method=method, headers=headers, data=body)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['group']}: {case['name']}")
def test_each_case_has_its_answer(
    case: dict[str, Any], proof: str, issuer: Issuer, sqlite: Any, clock: Any, tmp_path: Path
) -> None:
    if case.get("only") == "signed" and proof == "asked":
        pytest.skip("this is about what is signed")
    issuer.keys = [public(ec_key()), public(rsa_key()), *([public(ec_key())] if case.get("keys") == "twice" else [])]
    rest = secured(sqlite, clock, issuer_file(tmp_path, issuer, asks=proof == "asked"))
    answer = ask(rest, case, token_of(case, issuer))
    assert answer.status_code == case["want"], answer.text
    if case["want"] == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert [code for code, _ in issues(answer)] == ["login"]
    if case["want"] == 403:
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
        assert [code for code, _ in issues(answer)] == ["forbidden"]


def test_there_are_as_many_cases_as_the_plan_asks_for() -> None:
    refused = [case for case in CASES if case["want"] != 200]
    assert len(refused) >= 60
    assert len({(case["group"], case["name"]) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("number", [500, pytest.param(10_000, marks=pytest.mark.slow)])
def test_no_mutated_token_is_taken(issuer: Issuer, sqlite: Any, clock: Any, tmp_path: Path, number: int) -> None:
    issuer.keys = [public(ec_key()), public(rsa_key())]
    # No limit: a quick machine asks more often than an address may.
    rest = secured(sqlite, clock, issuer_file(tmp_path, issuer), rate_address="", rate_client="")
    good, chance = issuer.give(), random.Random(15)
    assert rest.get("Observation", **bearer(good)).status_code == 200
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.="
    for _ in range(number):
        place = chance.randrange(len(good))
        kind = chance.choice(["change", "drop", "add", "swap"])
        letter = chance.choice(alphabet)
        mutated = {
            "change": good[:place] + letter + good[place + 1 :],
            "drop": good[:place] + good[place + 1 :],
            "add": good[:place] + letter + good[place:],
            "swap": good[:place] + good[place:][::-1],
        }[kind]
        if mutated != good:
            assert rest.get("Observation", **bearer(mutated)).status_code == 401, mutated


def test_another_text_of_the_same_signature_is_refused(issuer: Issuer, sqlite: Any, clock: Any, tmp_path: Path) -> None:
    """The last letter of an RSA signature has four bits that mean nothing."""
    issuer.keys = [public(ec_key()), public(rsa_key())]
    rest = secured(sqlite, clock, issuer_file(tmp_path, issuer))
    good = sign(said({}), {"alg": "RS384", "kid": "rsa-1"}, rsa_key())
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = good[:-1] + letters[letters.index(good[-1]) + 1]
    assert rest.get("Observation", **bearer(good)).status_code == 200
    assert rest.get("Observation", **bearer(other)).status_code == 401
