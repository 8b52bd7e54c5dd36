"""Tokens for the FHIR server of the site, by a signed assertion: a `ServerTokens`.

https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html
"""

import re
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from joserfc import jwt

from service.adapters.authorization.client_keys import ClientKey
from service.adapters.authorization.json_exchange import JsonAnswer, exchange_json
from service.issues import Unavailable

ASSERTION_SECONDS = 120
# A token is not used in the last seconds of its life.
SPARE_SECONDS = 30
USUAL_SECONDS = 300
# The server is not asked more often, whatever the FHIR server says of its tokens.
REQUESTS, PERIOD = 2, timedelta(minutes=1)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]{1,8192}=*", re.ASCII)


@dataclass(frozen=True)
class ClientRegistration:
    """What the authorization server knows of us: where it gives out tokens, our client id, our keys, our scopes."""

    endpoint: str
    client_id: str
    keys: Sequence[ClientKey]
    scopes: str


class ClientTokens:
    """Tokens of one client, kept in memory until shortly before they expire; for several threads."""

    scheme = "Bearer"

    def __init__(
        self,
        client: ClientRegistration,
        now: Callable[[], datetime],
        new_id: Callable[[], str] = lambda: str(uuid4()),
        ask: Callable[[str, bytes], JsonAnswer] = exchange_json,
    ) -> None:
        self.client, self.now, self.new_id, self.ask = client, now, new_id, ask
        self.lock = threading.Lock()
        self.kept: tuple[str, datetime] | None = None
        self.asked: deque[datetime] = deque(maxlen=REQUESTS)

    def read_token(self, refused: str | None = None) -> str:
        """A token; another one than ``refused``, which the FHIR server has not accepted. Raises Unavailable."""
        with self.lock:
            if self.kept is not None and self.kept[0] != refused and self.now() < self.kept[1]:
                return self.kept[0]
            self.require_pause()
            self.kept = None
            self.asked.append(self.now())
            self.kept = self.read_answer(self.ask(self.client.endpoint, self.form()).content)
            return self.kept[0]

    def require_pause(self) -> None:
        """Raises Unavailable if the server was asked twice within a minute."""
        if len(self.asked) == REQUESTS and self.now() < self.asked[0] + PERIOD:
            raise Unavailable("no new access token: the last ones were asked for just now")

    def form(self) -> bytes:
        """The request for a token."""
        return urlencode(
            {
                "grant_type": "client_credentials",
                "scope": self.client.scopes,
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": self.assertion(),
            }
        ).encode()

    def assertion(self) -> str:
        """The signed statement of who we are, for two minutes and one use."""
        key, now = self.client.keys[0], int(self.now().timestamp())
        header = {"alg": key.algorithm, "kid": key.kid, "typ": "JWT"}
        claims = {
            "iss": self.client.client_id,
            "sub": self.client.client_id,
            "aud": self.client.endpoint,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
            "jti": self.new_id(),
        }
        return jwt.encode(header, claims, key.key, algorithms=[key.algorithm])

    def read_answer(self, content: Mapping[str, Any]) -> tuple[str, datetime]:
        """The token in an answer, and until when it is used. Raises Unavailable if there is none."""
        token, kind, seconds = content.get("access_token"), content.get("token_type"), content.get("expires_in")
        is_bearer = isinstance(kind, str) and kind.lower() == "bearer"
        if not isinstance(token, str) or not TOKEN.fullmatch(token) or not is_bearer:
            raise Unavailable("the authorization server gave no bearer token")
        lifetime = seconds if isinstance(seconds, int) and 0 < seconds <= 86_400 else USUAL_SECONDS
        return token, self.now() + timedelta(seconds=max(lifetime - SPARE_SECONDS, 1))
