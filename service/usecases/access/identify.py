"""From a proven token to the caller: time, audience, kind of token, client, scopes, patient, in this order.

https://www.rfc-editor.org/rfc/rfc9068#name-validating-jwt-access-token
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from service.fhir.scopes import parse_scopes
from service.ports.access.tokens import BadToken, ProvenToken
from service.usecases.access.caller import Caller

LEEWAY_SECONDS = 60
MAX_TEXT = 1_000
PATIENT = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
# A user whose reach is decided by the authorization server. A RelatedPerson or Person is none: whose data they may see
# cannot be told from the token.
USER = re.compile(r"(Practitioner|PractitionerRole|Patient)/[A-Za-z0-9\-.]{1,64}", re.ASCII)
# Claims of an ID token: https://openid.net/specs/openid-connect-core-1_0.html#IDToken
ID_TOKEN_CLAIMS = ("nonce", "at_hash", "c_hash", "s_hash")


def identify_caller(token: ProvenToken, now: datetime, bases: tuple[str, ...]) -> Caller:
    """The caller that a token names. ``bases`` are the addresses under which a reference is local.

    Raises BadToken if a claim is missing or wrong.
    """
    claims = token.claims
    check_time(claims, now.timestamp(), token.issuer.max_lifetime_seconds, needs_start=token.token_type is not None)
    check_audience(claims, token.issuer.audience)
    check_kind(token)
    client = client_of(claims)
    if client not in token.issuer.clients:
        raise BadToken("the client is not known")
    return Caller(
        issuer=token.issuer.issuer,
        client=client,
        subject=text_claim(claims, "sub") or client,
        scopes=parse_scopes(scope_text(claims)).within(token.issuer.clients[client]),
        patient=patient_of(claims),
        user=user_of(claims, bases),
    )


def check_time(claims: Mapping[str, Any], now: float, longest: int, needs_start: bool) -> None:
    """Raises BadToken if the token is not valid now, or for longer than it may be."""
    end, start = time_claim(claims, "exp"), time_claim(claims, "iat")
    if end is None or (needs_start and start is None):
        raise BadToken("exp or iat is missing")
    if now > end + LEEWAY_SECONDS:
        raise BadToken("the token has expired")
    for name in ("nbf", "iat"):
        moment = time_claim(claims, name)
        if moment is not None and moment > now + LEEWAY_SECONDS:
            raise BadToken(f"{name} is in the future")
    if end - (now if start is None else start) > longest:
        raise BadToken("the token is valid for too long")


def time_claim(claims: Mapping[str, Any], name: str) -> int | None:
    """Seconds since 1970; None without the claim. Raises BadToken unless it is a whole number of 18 digits at most."""
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**18:
        raise BadToken(f"{name} is not a whole number of seconds")
    return value


def check_audience(claims: Mapping[str, Any], audience: str) -> None:
    """Raises BadToken unless the token is for this service."""
    given = claims.get("aud")
    if audience not in (given if isinstance(given, list) else [given]):
        raise BadToken("aud is not this service")


def check_kind(token: ProvenToken) -> None:
    """Raises BadToken for anything but an access token: an ID token or a refresh token of the same issuer."""
    kind = token.claims.get("typ", "Bearer")
    if not isinstance(kind, str) or kind.lower() not in ("bearer", "at+jwt"):
        raise BadToken("typ is not that of an access token")
    if any(name in token.claims for name in ID_TOKEN_CLAIMS):
        raise BadToken("it is an ID token")
    if token.token_type is not None and token.token_type.lower() not in token.issuer.token_types:
        raise BadToken("the header typ is not that of an access token")


def client_of(claims: Mapping[str, Any]) -> str:
    """The client: `client_id`, or `azp` as some servers name it. Raises BadToken without one, or if they differ."""
    named = {text for name in ("client_id", "azp") if (text := text_claim(claims, name)) is not None}
    if len(named) != 1:
        raise BadToken("client_id is missing")
    return named.pop()


def text_claim(claims: Mapping[str, Any], name: str) -> str | None:
    """A claim that is a text; None without it. Raises BadToken for another type, such as an array."""
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
        raise BadToken(f"{name} is not a text")
    return value


def scope_text(claims: Mapping[str, Any]) -> str:
    """The scopes as one text; RFC 8693 has a text, some servers an array. Raises BadToken for anything else."""
    value = claims.get("scope", "")
    texts = value if isinstance(value, list) else [value]
    if not all(isinstance(text, str) for text in texts):
        raise BadToken("scope is not a text")
    return " ".join(texts)


def patient_of(claims: Mapping[str, Any]) -> str | None:
    """The reference to the patient of the launch, such as "Patient/p1". Raises BadToken for a malformed id."""
    id = text_claim(claims, "patient")
    if id is None:
        return None
    if not PATIENT.fullmatch(id):
        raise BadToken("patient is not an id")
    return f"Patient/{id}"


def user_of(claims: Mapping[str, Any], bases: tuple[str, ...]) -> str | None:
    """The reference to the user, relative; None without one, or for a person whose reach is not known."""
    text = text_claim(claims, "fhirUser")
    return None if text is None else next((user for user in local_forms(text, bases) if USER.fullmatch(user)), None)


def local_forms(reference: str, bases: tuple[str, ...]) -> Iterator[str]:
    """A reference as it is, and without each base that it begins with."""
    yield reference
    yield from (reference.removeprefix(f"{base}/") for base in bases if reference.startswith(f"{base}/"))
