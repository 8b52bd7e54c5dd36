"""The file of issuers: every fault is named, and the service does not start with one."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from service.adapters.authorization.issuer_file import WrongIssuers, make_issuers
from service.settings import Settings
from service.wiring import read_issuers
from tests.support.building import NOW

GOOD: dict[str, Any] = {
    "issuer": "https://login.example",
    "jwks_uri": "https://login.example/jwks",
    "token_endpoint": "https://login.example/token",
    "clients": [{"client_id": "ehr", "scopes": "system/*.rs"}],
}
now: Callable[[], datetime] = lambda: NOW  # noqa: E731


def faults(content: Any, folder: Path) -> list[str]:
    with pytest.raises(WrongIssuers) as raised:
        make_issuers(content, "https://sural.example/fhir", folder, now)
    return [str(raised.value), *raised.value.faults]


@pytest.mark.parametrize(
    ("change", "place", "text"),
    [
        ({"issuer": None}, "issuers[0].issuer", "Missing data"),
        ({"clients": []}, "issuers[0].clients", "Shorter than"),
        ({"jwks_uri": None}, "issuers[0].jwks_uri", "must have jwks_uri, or introspection"),
        ({"jwks_uri": "http://login.example/jwks"}, "issuers[0].jwks_uri", "https://"),
        ({"jwks_uri": "https://login.example/jwks?x=1"}, "issuers[0].jwks_uri", "without a query"),
        ({"jwks_uri": "file:///etc/passwd"}, "issuers[0].jwks_uri", "https://"),
        ({"algorithms": ["HS256"]}, "issuers[0].algorithms[0]", "Must be one of"),
        ({"algorithms": ["none"]}, "issuers[0].algorithms[0]", "Must be one of"),
        ({"max_lifetime_seconds": 100_000}, "issuers[0].max_lifetime_seconds", "86400"),
        ({"clients": [{"client_id": "x", "scopes": "system/Zebra.rs"}]}, "issuers[0].clients[0].scopes", "Zebra"),
        ({"clients": [{"client_id": "x", "scopes": "openid"}]}, "issuers[0].clients[0].scopes", "it has none"),
        ({"typ": "JWT"}, "issuers[0].typ", "Unknown field"),
    ],
)
def test_a_fault_is_named_with_its_place(change: dict[str, Any], place: str, text: str, tmp_path: Path) -> None:
    entry = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    assert any(line.startswith(f"{place}: ") and text in line for line in faults({"issuers": [entry]}, tmp_path))


@pytest.mark.parametrize("content", [None, [], "x", {}, {"issuers": []}, {"issuers": [GOOD, GOOD]}], ids=str)
def test_what_is_no_list_of_issuers_is_refused(content: Any, tmp_path: Path) -> None:
    assert faults(content, tmp_path)


@pytest.mark.parametrize(
    ("mode", "secret", "text"),
    [(0o604, "x" * 40, "others may read"), (0o600, "short", "32 bytes"), (None, "", "cannot be read")],
)
def test_a_secret_that_is_not_safe_is_refused(mode: int | None, secret: str, text: str, tmp_path: Path) -> None:
    if mode is not None:
        (tmp_path / "secret").write_text(secret)
        (tmp_path / "secret").chmod(mode)
    asked = {"endpoint": "https://login.example/introspect", "client_id": "sural", "secret_file": "secret"}
    entry = {**{name: value for name, value in GOOD.items() if name != "jwks_uri"}, "introspection": asked}
    assert text in faults({"issuers": [entry]}, tmp_path)[0]


def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "issuers.yaml"
    file.write_text("issuers: [")
    with pytest.raises(WrongIssuers, match="no YAML"):
        read_issuers(Settings(issuers=file), now)


def test_the_audience_is_our_base_address_and_the_usual_values_are_strict(tmp_path: Path) -> None:
    file = tmp_path / "issuers.yaml"
    file.write_text(json.dumps({"issuers": [GOOD]}))
    made = read_issuers(Settings(issuers=file, base_url="https://sural.example/fhir/"), now)
    assert made is not None
    (trusted,) = made.trusted
    assert trusted.audience == "https://sural.example/fhir"
    assert trusted.token_types == ("at+jwt",)
    assert trusted.max_lifetime_seconds == 3_600
    assert made.prover.signing["https://login.example"].algorithms == ("RS384", "ES384")


def test_without_a_file_there_is_no_access_control() -> None:
    assert read_issuers(Settings(), now) is None
