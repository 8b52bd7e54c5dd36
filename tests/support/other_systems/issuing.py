"""An authorization server on loopback: its keys, its introspection endpoint, and the tokens that it gives out."""

import base64
import hmac
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from service.adapters.database.engine import Database
from service.settings import Settings
from tests.support.building import NOW
from tests.support.rest import Clock, Rest, rest_with

BASE = "http://sural.example/fhir"
ISSUER = "https://login.example/realm"
SECRET = "a-secret-of-the-tests-with-more-than-32-bytes"
CLIENTS = {
    "ehr": "system/*.cruds user/*.cruds patient/*.cruds",
    "reader": "system/*.rs patient/*.rs",
}


@lru_cache
def rsa_key(name: str = "rsa-1") -> RSAKey:
    """An RSA key of the tests, by its `kid`."""
    return RSAKey.generate_key(2048, {"kid": name})


@lru_cache
def ec_key(name: str = "ec-1") -> ECKey:
    """A key on P-384, by its `kid`."""
    return ECKey.generate_key("P-384", {"kid": name})


def public(key: RSAKey | ECKey, **more: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), "use": "sig", **more}


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def claims(now: float, **changes: Any) -> dict[str, Any]:
    """The claims of a good token of the client "ehr"; a change to None leaves a claim out."""
    made = {
        "iss": ISSUER,
        "sub": "ehr",
        "client_id": "ehr",
        "aud": BASE,
        "iat": int(now),
        "exp": int(now) + 300,
        "jti": "j-1",
        "scope": "system/*.cruds",
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def sign(
    content: Mapping[str, Any] | bytes,
    header: Mapping[str, Any] | None = None,
    key: RSAKey | ECKey | bytes | None = None,
) -> str:
    """A signed token; with a key of bytes by HMAC. A header that is None is left out."""
    signing = key or ec_key()
    usual = {"alg": "ES384", "kid": "ec-1", "typ": "at+jwt"}
    merged = {name: value for name, value in {**usual, **(header or {})}.items() if value is not None}
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    is_usual = merged.get("alg") in ("RS256", "RS384", "ES384") and set(merged) <= {"alg", "kid", "typ"}
    if is_usual and isinstance(merged.get("kid", ""), str) and isinstance(signing, RSAKey | ECKey):
        return jws.serialize_compact(merged, body, signing, algorithms=[str(merged["alg"])])
    # What the library would not write is signed by hand, so that the signature is right and only the header is not.
    start = f"{part(json.dumps(merged).encode())}.{part(body)}"
    if isinstance(signing, bytes):
        return f"{start}.{part(hmac.digest(signing, start.encode(), 'sha256'))}"
    return f"{start}.{part(jws.JWSRegistry.algorithms['ES384'].sign(start.encode(), signing))}"


@dataclass
class Issuer:
    """The server. ``honest`` are the tokens it has given out, with what it says of them; others are not active.

    With ``answers`` cleared, it takes requests and answers none until it is set; ``reached`` is set by each request.
    """

    url: str
    keys: list[dict[str, Any]] = field(default_factory=lambda: [public(ec_key()), public(rsa_key())])
    honest: dict[str, dict[str, Any]] = field(default_factory=dict)
    key_requests: int = 0
    introspections: list[dict[str, list[str]]] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)
    status: int = 200
    cache_control: str = ""
    body: bytes | None = None
    redirect: str = ""
    answers: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)

    def give(self, now: float = NOW.timestamp(), header: Mapping[str, Any] | None = None, **changes: Any) -> str:
        """A token with these claims, signed as it should be."""
        said = claims(now, **changes)
        token = sign(said, header)
        self.honest[token] = said
        return token

    def answer(self, path: str, form: dict[str, list[str]]) -> bytes:
        if path == "/jwks":
            self.key_requests += 1
            return self.body if self.body is not None else json.dumps({"keys": self.keys}).encode()
        self.introspections.append(form)
        said = self.honest.get(form["token"][0])
        return json.dumps({"active": False} if said is None else {"active": True, **said}).encode()


@contextmanager
def issuing() -> Iterator[Issuer]:
    """Runs the server on a free port of the loopback address."""
    made = Issuer("")
    made.answers.set()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            form = parse_qs(self.rfile.read(length).decode())
            made.credentials.append(self.headers.get("Authorization", ""))
            made.reached.set()
            made.answers.wait()
            body = made.answer(self.path, form)
            self.send_response(made.status)
            self.send_header("Content-Length", str(len(body)))
            if made.cache_control:
                self.send_header("Cache-Control", made.cache_control)
            if made.redirect:
                self.send_header("Location", made.redirect)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 the name that the library calls

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield made
        made.answers.set()
        server.shutdown()
        thread.join(5)


def issuer_file(folder: Path, issuer: Issuer, asks: bool = False, **changes: Any) -> Path:
    """A file of issuers with this one: proven by its keys, or asked about each token."""
    secret = folder / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    asked = {"endpoint": f"{issuer.url}/introspect", "client_id": "sural", "secret_file": "secret"}
    proof: dict[str, Any] = {"introspection": asked} if asks else {"jwks_uri": f"{issuer.url}/jwks"}
    entry = {
        "issuer": ISSUER,
        **proof,
        "token_endpoint": "https://login.example/token",
        "clients": [{"client_id": name, "scopes": scopes} for name, scopes in CLIENTS.items()],
        **changes,
    }
    path = folder / "issuers.yaml"
    # JSON is YAML.
    path.write_text(json.dumps({"issuers": [entry]}))
    return path


def secured(database: Database, clock: Clock, file: Path, **more: Any) -> Rest:
    """A client of the application with access control by this file."""
    return rest_with(database, clock, Settings(base_url=BASE, auth="smart", issuers=file, **more))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
