"""The keys of an issuer: fetched, kept as long as its cache header says, and fetched again for an unknown `kid`.

https://www.rfc-editor.org/rfc/rfc7517
"""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from service.adapters.authorization import json_exchange
from service.adapters.authorization.json_exchange import JsonAnswer, exchange_json
from service.adapters.authorization.waiting_requests import PATIENCE_SECONDS, WaitingRequests
from service.issues import Unavailable
from service.ports.access.tokens import BadToken

# Key type and curve that an algorithm needs. HS* and `none` are no choice: their key would not be the issuer's alone.
ALGORITHMS = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
    "PS256": ("RSA", None),
    "PS384": ("RSA", None),
    "PS512": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
}
MIN_RSA_BITS = 2_048
MAX_KEYS = 100
KEPT_AT_LEAST, KEPT_AT_MOST = timedelta(minutes=5), timedelta(hours=24)
# An unknown `kid` makes the keys be fetched again, but not more often than this; nor is a failing issuer asked at once.
BETWEEN_FETCHES, AFTER_FAILURE = timedelta(minutes=1), timedelta(seconds=10)
MAX_AGE = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})(?:$|[\s,])", re.ASCII)


@dataclass(frozen=True)
class IssuerKey:
    """A public key for signatures. ``algorithm`` is the only one that it is for, if the issuer says so."""

    kid: str
    kind: str
    curve: str | None
    algorithm: str | None
    key: RSAKey | ECKey

    def fits(self, kid: str, algorithm: str) -> bool:
        """True if this key may verify a signature with this algorithm."""
        return (
            self.kid == kid and (self.kind, self.curve) == ALGORITHMS[algorithm] and self.algorithm in (None, algorithm)
        )


class IssuerKeys:
    """The keys at an address. Known keys serve for a day when the issuer cannot be reached; for several threads."""

    def __init__(
        self,
        url: str,
        now: Callable[[], datetime],
        fetch: Callable[[str], JsonAnswer] = exchange_json,
        waiting: WaitingRequests | None = None,
    ) -> None:
        self.url, self.now, self.fetch, self.waiting = url, now, fetch, waiting or WaitingRequests()
        self.lock = threading.Lock()
        self.keys: Sequence[IssuerKey] = ()
        self.fetched: datetime | None = None
        self.fresh_until: datetime | None = None
        self.asked: datetime | None = None

    def find_key(self, kid: str, algorithm: str) -> RSAKey | ECKey:
        """The key with this `kid` for an algorithm. Raises BadToken unless there is exactly one, Unavailable if none
        are known."""
        if self.fresh_until is None or self.now() >= self.fresh_until:
            self.refresh()
        found = [each for each in self.keys if each.fits(kid, algorithm)]
        if not found and self.fetched is not None:
            self.refresh()
            found = [each for each in self.keys if each.fits(kid, algorithm)]
        if self.fetched is None or self.now() > self.fetched + KEPT_AT_MOST:
            raise Unavailable("the keys of the issuer are not known now")
        if len(found) != 1:
            raise BadToken("there is not exactly one key with the kid for the algorithm")
        return found[0].key

    def refresh(self) -> None:
        """Fetches the keys, unless that was done just now. While one thread fetches, others use the keys they know.

        Without any they wait for it, a bounded number of them. Raises Unavailable beyond that number.
        """
        is_known = self.fetched is not None
        if is_known and self.lock.locked():
            return
        try:
            with self.waiting.place(0 if is_known else PATIENCE_SECONDS):
                # No longer than the fetch may take: it began before.
                if self.lock.acquire(timeout=0 if is_known else json_exchange.SECONDS):
                    self.fetch_unless_known()
        except Unavailable:
            if not is_known:
                raise

    def fetch_unless_known(self) -> None:
        """Fetches the keys, unless that was done just now, and releases the lock."""
        try:
            now = self.now()
            wait = AFTER_FAILURE if self.fetched is None else BETWEEN_FETCHES
            if self.asked is not None and now < self.asked + wait:
                return
            self.asked = now
            answer = self.fetch(self.url)
            self.keys, self.fetched, self.fresh_until = read_keys(answer.content), now, now + kept_for(answer)
        except Unavailable:
            return
        finally:
            self.lock.release()


def kept_for(answer: JsonAnswer) -> timedelta:
    """How long the keys may be used without asking again."""
    found = MAX_AGE.search(answer.headers.get("cache-control", "").lower())
    return min(max(timedelta(seconds=int(found.group(1)) if found else 0), KEPT_AT_LEAST), KEPT_AT_MOST)


def read_keys(content: Mapping[str, Any]) -> list[IssuerKey]:
    """The usable keys of a key set; others are left out. Raises Unavailable if it is no key set."""
    listed = content.get("keys")
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise Unavailable("the keys of the issuer are no key set")
    return [key for each in listed if isinstance(each, dict) and (key := read_key(each)) is not None]


def read_key(jwk: Mapping[str, Any]) -> IssuerKey | None:
    """A key; None if it is not public, not for signatures, of another type, or too short."""
    kid, kind, operations = jwk.get("kid"), jwk.get("kty"), jwk.get("key_ops")
    is_for_signatures = jwk.get("use", "sig") == "sig" and (operations is None or "verify" in operations)
    if not isinstance(kid, str) or kind not in ("RSA", "EC") or not is_for_signatures:
        return None
    names = ("n", "e") if kind == "RSA" else ("crv", "x", "y")
    public = {"kty": kind, **{name: jwk[name] for name in names if isinstance(jwk.get(name), str)}}
    try:
        key = RSAKey.import_key(public) if kind == "RSA" else ECKey.import_key(public)
        if isinstance(key, RSAKey) and key.public_key.key_size < MIN_RSA_BITS:
            return None
    except (JoseError, ValueError, KeyError, TypeError):
        return None
    algorithm = jwk.get("alg")
    return IssuerKey(kid, kind, public.get("crv"), algorithm if isinstance(algorithm, str) else None, key)
