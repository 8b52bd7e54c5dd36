"""Small JSON objects from an authorization server: fixed addresses, no redirect, 64 KiB, five seconds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.adapters.exchange import Deadline, HttpAddress, HttpRequest, NoResponse
from service.issues import Unavailable

MAX_BYTES = 65_536
SECONDS = 5.0
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class JsonAnswer:
    """A JSON object, the status, and the headers by lower-case name."""

    content: Mapping[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def exchange_json(
    url: str, form: bytes | None = None, headers: Mapping[str, str] | None = None, authorities: Path | None = None
) -> JsonAnswer:
    """The JSON object at an address, or with a ``form`` the answer to it. Raises Unavailable without one.

    ``authorities`` is a file with certificate authorities that the server is also trusted by.
    """
    sent = {"Accept": "application/json", **(headers or {}), **({} if form is None else {"Content-Type": FORM})}
    request = HttpRequest("GET" if form is None else "POST", "", sent, form or b"")
    try:
        answer = HttpAddress(url, authorities).exchange(request, Deadline(SECONDS))
    except NoResponse as problem:
        raise Unavailable("no answer from the authorization server") from problem
    if answer.status != 200 or len(answer.body) > MAX_BYTES:
        raise Unavailable(f"the authorization server answered {answer.status}, or too much")
    return JsonAnswer(object_of_answer(answer.body), answer.status, answer.headers)


def object_of_answer(body: bytes) -> Mapping[str, Any]:
    """The JSON object in a body. Raises Unavailable if it is none."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Unavailable("the authorization server answered with something else than a JSON object")
    return content
