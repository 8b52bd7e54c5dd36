"""A fixed secret for the FHIR server of the site, if it takes nothing better: a password, or one bearer token.

https://www.rfc-editor.org/rfc/rfc7617
https://www.rfc-editor.org/rfc/rfc6750#section-2.1
"""

import base64
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from service.adapters.authorization.client_tokens import TOKEN
from service.issues import CannotStart, Unavailable

FixedScheme = Literal["basic", "bearer"]
SCHEMES: dict[FixedScheme, str] = {"basic": "Basic", "bearer": "Bearer"}
MIN_BYTES = 32


class WrongSecret(CannotStart):
    """The file of the secret cannot be used. The text says what to do."""


@dataclass(frozen=True)
class FixedSecret:
    """What is sent to the FHIR server with each request: a `ServerTokens`. There is no other one if it is refused."""

    scheme: str
    value: str = field(repr=False)

    def read_token(self, refused: str | None = None) -> str:
        """The secret as the header has it. Raises Unavailable if the FHIR server has just refused it."""
        if refused is not None:
            raise Unavailable("the FHIR server does not accept our secret")
        return self.value


def read_server_secret(path: Path, kind: FixedScheme) -> FixedSecret:
    """The secret in a file: `user:password`, or a bearer token. Raises WrongSecret if it is not safe, or no secret."""
    text = read_private_text(path)
    user, _, password = text.partition(":")
    secret = password if kind == "basic" else text
    if len(secret.encode()) < MIN_BYTES:
        raise wrong(f"the secret must have at least {MIN_BYTES} bytes. Make a longer one.")
    if kind == "bearer":
        if not TOKEN.fullmatch(text):
            raise wrong("a bearer token has A-Z, a-z, 0-9, and - . _ ~ + / only, and = at its end.")
        return FixedSecret(SCHEMES[kind], text)
    if not user or not text.isprintable():
        raise wrong("the file must have one line, such as user:password.")
    return FixedSecret(SCHEMES[kind], base64.b64encode(text.encode()).decode())


def read_private_text(path: Path) -> str:
    """The text of a file that nobody else may read. Raises WrongSecret."""
    try:
        mode, text = os.stat(path).st_mode, path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise wrong("the file cannot be read.") from None
    if mode & stat.S_IRWXO:
        raise wrong("others may read the file. Give it the mode 600.")
    return text


def wrong(text: str) -> WrongSecret:
    """The failure, with the setting that names the file."""
    return WrongSecret(f"SURAL_FHIR_SERVER_SECRET: {text}")
