"""Tokens that only their issuer can read: it is asked about each one, every time.

https://www.rfc-editor.org/rfc/rfc7662
https://hl7.org/fhir/smart-app-launch/STU2.2/token-introspection.html
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from service.adapters.authorization.json_exchange import JsonAnswer, exchange_json
from service.adapters.authorization.waiting_requests import WaitingRequests
from service.ports.access.tokens import BadToken, ProvenToken, TrustedIssuer


@dataclass(frozen=True)
class AskedIssuer:
    """An issuer with an introspection endpoint. ``client_id`` and ``secret`` are ours, by which it knows us."""

    trusted: TrustedIssuer
    endpoint: str
    client_id: str
    secret: str
    ask: Callable[[str, bytes, Mapping[str, str]], JsonAnswer] = exchange_json
    waiting: WaitingRequests = field(default_factory=WaitingRequests)

    def prove(self, token: str) -> ProvenToken:
        """The token with what its issuer says of it. Raises BadToken if it is not active, Unavailable without an
        answer: what cannot be asked about is not accepted."""
        form = urlencode({"token": token, "token_type_hint": "access_token"}).encode()
        with self.waiting.place():
            claims = self.ask(self.endpoint, form, {"Authorization": self.credentials()}).content
        if claims.get("active") is not True:
            raise BadToken("its issuer says that it is not active")
        if claims.get("iss", self.trusted.issuer) != self.trusted.issuer:
            raise BadToken("it is from another issuer than the one that was asked")
        return ProvenToken(self.trusted, claims)

    def credentials(self) -> str:
        """The header Authorization: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1"""
        pair = f"{quote(self.client_id, safe='')}:{quote(self.secret, safe='')}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"
