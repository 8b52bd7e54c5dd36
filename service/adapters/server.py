"""The site's FHIR server over HTTP. Nothing of what it answers is trusted, followed or logged."""

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from service.fhir.encoding import encode
from service.fhir.reading import Resource
from service.fhir.records import Answer

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
TOTAL_SECONDS = 30.0
MAX_ANSWER = 1_048_576
MEDIA_TYPE = "application/fhir+json"


class TooMuch(Exception):
    """The answer is too long or takes too long."""


class HttpFhirServer:
    """A FHIR server at a base address."""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/")
        self.session = requests.Session()
        self.session.headers.update({"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE, "Cache-Control": "no-cache"})

    def transact(self, bundle: Resource) -> Answer:
        """Sends a transaction; an answer without a status is an unknown outcome."""
        try:
            status, headers, body = self.send("POST", "", encode(bundle), {"Prefer": "return=minimal"})
        except requests.exceptions.SSLError:
            return Answer(None, "the FHIR server's certificate cannot be trusted")
        except (requests.RequestException, TooMuch) as problem:
            return Answer(None, f"no answer from the FHIR server ({type(problem).__name__})")
        content = as_object(body)
        return Answer(status, issue_codes(content), retry_after(headers.get("Retry-After")), content)

    def holds(self, reference: str) -> bool | None:
        """Whether a resource is there: its address answers, or answers not found or gone."""
        if "://" in reference or reference.startswith("urn:"):
            return False
        try:
            status, _, _ = self.send("GET", f"/{reference}", None, {})
        except (requests.RequestException, TooMuch):
            return None
        return {200: True, 404: False, 410: False}.get(status)

    def read(self, reference: str) -> Resource | None:
        """A resource as the server holds it now; None when it does not give it."""
        try:
            status, _, body = self.send("GET", f"/{reference}", None, {})
        except (requests.RequestException, TooMuch):
            return None
        return as_object(body) if status == 200 else None

    def put(self, resource: Resource) -> Answer:
        """Writes one resource under its own id."""
        path = f"/{resource['resourceType']}/{resource['id']}"
        try:
            status, headers, body = self.send("PUT", path, encode(resource), {})
        except (requests.RequestException, TooMuch) as problem:
            return Answer(None, f"no answer from the FHIR server ({type(problem).__name__})")
        return Answer(status, issue_codes(as_object(body)), retry_after(headers.get("Retry-After")))

    def send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, Any, bytes]:
        """One request, not redirected, with a limit on the length of the answer and on the whole time."""
        deadline = time.monotonic() + TOTAL_SECONDS
        with self.session.request(
            method,
            f"{self.base}{path}",
            data=body,
            headers=headers,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            read = bytearray()
            for chunk in response.iter_content(65_536):
                read += chunk
                if len(read) > MAX_ANSWER or time.monotonic() > deadline:
                    raise TooMuch
            return response.status_code, response.headers, bytes(read)


def as_object(body: bytes) -> Resource | None:
    """The JSON object in an answer, or None."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def issue_codes(content: Resource | None) -> str:
    """The codes of an OperationOutcome; its texts may hold patient data and are left out."""
    if content is None or content.get("resourceType") != "OperationOutcome":
        return ""
    issues = content.get("issue") if isinstance(content.get("issue"), list) else []
    codes = (issue.get("code") for issue in issues or () if isinstance(issue, dict))
    return ", ".join(dict.fromkeys(code for code in codes if isinstance(code, str) and code.replace("-", "").isalpha()))


def retry_after(value: str | None) -> timedelta | None:
    """The wait that a server asks for, in seconds or as a date; None for anything else."""
    if value is None:
        return None
    if value.strip().isdigit():
        return timedelta(seconds=min(int(value), 86_400))
    try:
        return parsedate_to_datetime(value) - datetime.now(UTC)
    except (ValueError, TypeError):
        return None
