"""The file of trusted issuers (SURAL_ISSUERS): who issues tokens, how they are proven, and what each client may do."""

import os
import re
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from service.adapters.authorization.introspection import AskedIssuer
from service.adapters.authorization.issuer_keys import ALGORITHMS, IssuerKeys
from service.adapters.authorization.json_exchange import JsonAnswer, exchange_json
from service.adapters.authorization.prover import TrustedIssuers
from service.adapters.authorization.signed_tokens import SigningIssuer
from service.adapters.authorization.waiting_requests import WaitingRequests
from service.fhir.definitions.smart_configuration import AuthorizationServer
from service.fhir.scopes import parse_scopes
from service.issues import CannotStart
from service.ports.access.tokens import MAX_LIFETIME_SECONDS, TrustedIssuer

DEFAULT_ALGORITHMS = ("RS384", "ES384")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
MIN_SECRET_BYTES = 32
TOKEN_TYPE = re.compile(r"[A-Za-z0-9+.\-/]{1,50}", re.ASCII)


class WrongIssuers(CannotStart):
    """The file of issuers cannot be used. ``faults`` has a line for each fault."""

    def __init__(self, text: str, faults: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.faults = faults


@dataclass(frozen=True)
class Issuers:
    """What the file says: the prover of tokens, and the authorization server that clients are referred to."""

    prover: TrustedIssuers
    server: AuthorizationServer
    trusted: Sequence[TrustedIssuer] = field(default=())


def require_safe_address(address: str) -> None:
    """Raises ValidationError unless an address is https without a query; http only on this machine."""
    parts = urlsplit(address)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not is_safe or not parts.hostname or parts.query or parts.fragment or address.endswith("/"):
        text = "must be an address that starts with https://, without a query and without a slash at the end."
        raise ValidationError(text)


def require_valid_scopes(text: str) -> None:
    """Raises ValidationError if a scope is none of SMART, or grants nothing."""
    scopes = parse_scopes(text)
    if scopes.refused or not scopes.rights:
        named = " ".join(scopes.refused) or "it has none"
        raise ValidationError(f"must be SMART scopes, such as system/QuestionnaireResponse.crus. Not valid: {named}.")


class ClientSchema(Schema):
    """A client, and the most that it may do: a token never allows more."""

    client_id = fields.String(required=True, validate=validate.Length(1, 1_000))
    scopes = fields.String(required=True, validate=require_valid_scopes)


class IntrospectionSchema(Schema):
    """Where an issuer is asked about a token, and who we are there."""

    endpoint = fields.String(required=True, validate=require_safe_address)
    client_id = fields.String(required=True)
    secret_file = fields.String(required=True)


class IssuerSchema(Schema):
    """A trusted issuer, with its keys or with its introspection endpoint."""

    issuer = fields.String(required=True, validate=validate.Length(1, 1_000))
    audience = fields.String(validate=validate.Length(1, 1_000))
    jwks_uri = fields.String(validate=require_safe_address)
    introspection = fields.Nested(IntrospectionSchema)
    algorithms = fields.List(fields.String(validate=validate.OneOf(sorted(ALGORITHMS))), validate=validate.Length(1))
    token_types = fields.List(fields.String(validate=validate.Regexp(TOKEN_TYPE)), validate=validate.Length(1))
    max_lifetime_seconds = fields.Integer(strict=True, validate=validate.Range(60, 86_400))
    token_endpoint = fields.String(required=True, validate=require_safe_address)
    authorization_endpoint = fields.String(validate=require_safe_address)
    clients = fields.List(fields.Nested(ClientSchema), required=True, validate=validate.Length(1))

    @validates_schema
    def require_one_proof(self, data: Mapping[str, Any], **_: Any) -> None:
        """Raises ValidationError unless there is exactly one way to prove a token."""
        if ("jwks_uri" in data) == ("introspection" in data):
            raise ValidationError("must have jwks_uri, or introspection, and not both.", "jwks_uri")


class IssuerFileSchema(Schema):
    """The whole file."""

    issuers = fields.List(fields.Nested(IssuerSchema), required=True, validate=validate.Length(1))

    @validates_schema
    def require_one_asked(self, data: Mapping[str, Any], **_: Any) -> None:
        """Raises ValidationError if two issuers would be asked about the same token, or two have one name."""
        if sum("introspection" in each for each in data["issuers"]) > 1:
            raise ValidationError("must have introspection at one issuer only.", "issuers")
        if len({each["issuer"] for each in data["issuers"]}) != len(data["issuers"]):
            raise ValidationError("must name each issuer once.", "issuers")


def make_issuers(
    content: Any,
    audience: str,
    folder: Path,
    now: Callable[[], datetime],
    exchange: Callable[..., JsonAnswer] = exchange_json,
) -> Issuers:
    """The issuers in the content of the file. ``audience`` is the base address of the FHIR interface, ``folder`` that
    of the file, which paths in it are relative to; ``exchange`` asks them. Raises WrongIssuers with every fault."""
    if not isinstance(content, dict):
        raise WrongIssuers("SURAL_ISSUERS: the file must have the entry issuers.")
    try:
        loaded = IssuerFileSchema().load(content)
    except ValidationError as problem:
        raise WrongIssuers("SURAL_ISSUERS: the file has faults.", list(lines_of_faults(problem.messages, ""))) from None
    trusted = [trusted_issuer(each, audience) for each in loaded["issuers"]]
    pairs = list(zip(trusted, loaded["issuers"], strict=True))
    waiting = WaitingRequests()
    signing = [
        SigningIssuer(
            issuer,
            IssuerKeys(each["jwks_uri"], now, exchange, waiting),
            tuple(each.get("algorithms", DEFAULT_ALGORITHMS)),
        )
        for issuer, each in pairs
        if "jwks_uri" in each
    ]
    asked = [
        replace(asked_issuer(issuer, each["introspection"], folder), ask=exchange, waiting=waiting)
        for issuer, each in pairs
        if "introspection" in each
    ]
    first = loaded["issuers"][0]
    server = AuthorizationServer(first["token_endpoint"], first.get("authorization_endpoint"))
    return Issuers(TrustedIssuers(signing, next(iter(asked), None)), server, trusted)


def trusted_issuer(each: Mapping[str, Any], audience: str) -> TrustedIssuer:
    """One issuer of the file."""
    return TrustedIssuer(
        issuer=each["issuer"],
        audience=each.get("audience", audience),
        clients={client["client_id"]: parse_scopes(client["scopes"]) for client in each["clients"]},
        token_types=tuple(each_type.lower() for each_type in each.get("token_types", TrustedIssuer.token_types)),
        max_lifetime_seconds=each.get("max_lifetime_seconds", MAX_LIFETIME_SECONDS),
    )


def asked_issuer(trusted: TrustedIssuer, each: Mapping[str, Any], folder: Path) -> AskedIssuer:
    """An issuer that is asked about tokens. Raises WrongIssuers if our secret is not safe."""
    return AskedIssuer(trusted, each["endpoint"], each["client_id"], read_client_secret(folder / each["secret_file"]))


def read_client_secret(path: Path) -> str:
    """The secret in a file. Raises WrongIssuers if others may read the file, or the secret is short."""
    try:
        mode, secret = os.stat(path).st_mode, path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise WrongIssuers("SURAL_ISSUERS: a secret_file cannot be read.") from None
    if mode & stat.S_IRWXO:
        raise WrongIssuers("SURAL_ISSUERS: others may read a secret_file. Give it the mode 600.")
    if len(secret.encode()) < MIN_SECRET_BYTES:
        raise WrongIssuers(f"SURAL_ISSUERS: a secret must have at least {MIN_SECRET_BYTES} bytes. Make a longer one.")
    return secret


def lines_of_faults(messages: Any, place: str) -> list[str]:
    """A line for each fault, such as "issuers[0].clients[1].scopes: must be SMART scopes"."""
    if isinstance(messages, dict):
        steps = [
            (f"{place}[{key}]" if isinstance(key, int) else f"{place}.{key}".strip("."), messages[key])
            for key in messages
        ]
        return [line for step, inner in steps for line in lines_of_faults(inner, step)]
    return [f"{place}: {text}" for text in messages]
