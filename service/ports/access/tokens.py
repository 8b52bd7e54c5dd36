"""Bearer tokens: who issues them, for which clients, and what one says once its origin is proven.

https://www.rfc-editor.org/rfc/rfc9068
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from service.fhir.scopes import Scopes

# SMART Backend Services: at most five minutes are recommended, an hour is what others give.
MAX_LIFETIME_SECONDS = 3_600


@dataclass(frozen=True)
class TrustedIssuer:
    """An authorization server whose tokens are accepted, for these clients and their rights.

    ``token_types`` are the values of the header `typ` that an access token may have, in lower case.
    ``audience`` must be in `aud`: the base address of the FHIR interface, unless the issuer gives another name to it.
    """

    issuer: str
    audience: str
    clients: Mapping[str, Scopes]
    token_types: tuple[str, ...] = ("at+jwt",)
    max_lifetime_seconds: int = MAX_LIFETIME_SECONDS


@dataclass(frozen=True)
class ProvenToken:
    """A token whose issuer is proven, by its signature or because the issuer said so. Its claims are not checked yet.

    ``token_type`` is the header `typ`; None if the issuer was asked, which knows what it gave out.
    """

    issuer: TrustedIssuer
    claims: Mapping[str, Any]
    token_type: str | None = field(default=None)


class BadToken(Exception):
    """The token is not accepted. The text says why, for the operator; a client is not told."""


class TokenProver(Protocol):
    """Proves where a token is from."""

    def prove(self, token: str) -> ProvenToken:
        """The token, if it is from a trusted issuer. Raises BadToken, or Unavailable if that is not known now."""


class ServerTokens(Protocol):
    """Our own tokens for the FHIR server of the site. ``scheme`` is how the header Authorization names their kind."""

    @property
    def scheme(self) -> str:
        """Bearer, or Basic."""

    def read_token(self, refused: str | None = None) -> str:
        """A token; another one than ``refused``, which the FHIR server has not accepted. Raises Unavailable."""
