"""Our own keys, by which we prove to an authorization server who we are: the first one signs, all are published.

https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html
"""

import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from service.adapters.authorization.issuer_keys import MIN_RSA_BITS
from service.issues import CannotStart

ALGORITHM = {"EC": "ES384", "RSA": "RS384"}


class WrongKeys(CannotStart):
    """The file of our keys cannot be used. The text says what to do."""


@dataclass(frozen=True)
class ClientKey:
    """A private key with its `kid`, and the algorithm that it signs with."""

    kid: str
    algorithm: str
    key: RSAKey | ECKey


def read_client_keys(path: Path) -> list[ClientKey]:
    """The keys in a file: a JSON Web Key Set with private keys. Raises WrongKeys if they are not safe."""
    try:
        mode, content = os.stat(path).st_mode, json.loads(path.read_bytes())
    except (OSError, ValueError):
        raise WrongKeys("SURAL_CLIENT_KEYS: the file cannot be read, or is no JSON.") from None
    if mode & stat.S_IRWXO:
        raise WrongKeys("SURAL_CLIENT_KEYS: others may read the file. Give it the mode 600.")
    listed = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(listed, list) or not listed or not all(isinstance(each, dict) for each in listed):
        raise WrongKeys("SURAL_CLIENT_KEYS: the file must be a JSON Web Key Set with at least one key.")
    return [read_client_key(each) for each in listed]


def read_client_key(jwk: Mapping[str, Any]) -> ClientKey:
    """One key. Raises WrongKeys unless it is private, on P-384 or RSA of 2,048 bits, and has a `kid`."""
    kind, kid = jwk.get("kty"), jwk.get("kid")
    text = "SURAL_CLIENT_KEYS: each key must be a private key on P-384, or RSA of 2048 bits or more, with a kid."
    try:
        key = RSAKey.import_key(dict(jwk)) if kind == "RSA" else ECKey.import_key(dict(jwk))
    except (JoseError, ValueError, KeyError, TypeError):
        raise WrongKeys(text) from None
    is_short = isinstance(key, RSAKey) and key.public_key.key_size < MIN_RSA_BITS
    is_other = isinstance(key, ECKey) and jwk.get("crv") != "P-384"
    if not key.is_private or is_short or is_other or not isinstance(kid, str) or not kid:
        raise WrongKeys(text)
    return ClientKey(kid, ALGORITHM[str(kind)], key)


def public_keys(keys: Sequence[ClientKey]) -> dict[str, Any]:
    """The JSON Web Key Set with the public parts, which the authorization server fetches."""
    return {
        "keys": [
            {**each.key.as_dict(private=False), "kid": each.kid, "use": "sig", "alg": each.algorithm} for each in keys
        ]
    }
