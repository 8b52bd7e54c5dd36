"""Signed tokens (JWT): read strictly, and proven by the key of their issuer.

https://www.rfc-editor.org/rfc/rfc8725
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from service.adapters.authorization.issuer_keys import IssuerKeys
from service.ports.access.tokens import BadToken, ProvenToken, TrustedIssuer

# A key that comes with the token, or an address of one, is never used; `crit` names what must be understood.
REFUSED_HEADERS = ("jwk", "jku", "x5u", "x5c", "crit", "zip", "b64")
MAX_KID = 256


@dataclass(frozen=True)
class SigningIssuer:
    """An issuer that signs its tokens, with its keys and the algorithms that are accepted."""

    trusted: TrustedIssuer
    keys: IssuerKeys
    algorithms: Sequence[str]

    def prove(self, token: str, header: Mapping[str, Any]) -> ProvenToken:
        """The token with its claims, if a key of the issuer signed it. Raises BadToken, or Unavailable."""
        algorithm, kid, kind = header.get("alg"), header.get("kid"), header.get("typ", "")
        if not isinstance(algorithm, str) or algorithm not in self.algorithms:
            raise BadToken("the algorithm is not accepted")
        if any(name in header for name in REFUSED_HEADERS):
            raise BadToken("a header is not accepted")
        if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KID or not isinstance(kind, str):
            raise BadToken("kid is missing, or kid or typ is not a text")
        key = self.keys.find_key(kid, algorithm)
        try:
            proven = jws.deserialize_compact(token, key, algorithms=[algorithm])
        except (JoseError, ValueError, TypeError):
            raise BadToken("the signature is not that of the issuer") from None
        return ProvenToken(self.trusted, parse_part(proven.payload), kind)


def split_token(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims of a JWT, not proven yet. Raises BadToken unless its three parts are canonical base64url."""
    parts = token.split(".")
    if len(parts) != 3 or not all(parts):
        raise BadToken("it is not a signed token of three parts")
    header, claims, _ = (decode_part(part) for part in parts)
    return parse_part(header), parse_part(claims)


def decode_part(part: str) -> bytes:
    """The bytes of a part. Raises BadToken if another text means the same bytes: one token has one text."""
    try:
        content = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise BadToken("a part is not base64url") from None
    if base64.urlsafe_b64encode(content).rstrip(b"=").decode() != part:
        raise BadToken("a part is not canonical base64url")
    return content


def parse_part(content: bytes) -> Mapping[str, Any]:
    """The JSON object of a part. Raises BadToken if it is none, or repeats a name."""
    try:
        parsed = json.loads(content, object_pairs_hook=unique_object, parse_constant=refuse_json_constant)
    except (ValueError, RecursionError):
        raise BadToken("a part is not a JSON object with unique names") from None
    if not isinstance(parsed, dict):
        raise BadToken("a part is not a JSON object with unique names")
    return parsed


def unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of a part. Raises ValueError if a name is repeated."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError
    return made


def refuse_json_constant(_: str) -> None:
    """Raises ValueError: NaN and Infinity are no JSON."""
    raise ValueError
