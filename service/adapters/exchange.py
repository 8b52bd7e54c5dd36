"""One HTTP exchange with a deadline over the whole of it and a limit of bytes: docs/decisions/total-deadline.md.

Each exchange has its own connection. No redirect is followed and no body of one is read; there are no cookies.
https://www.rfc-editor.org/rfc/rfc9112
"""

import io
import socket
import ssl
import time
import zlib
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPException, HTTPResponse, IncompleteRead
from pathlib import Path
from urllib.parse import urlsplit

from service.ports.fhir_server import TOO_LARGE, UNTRUSTED

CONNECT_SECONDS = 5.0
MAX_BODY_BYTES = 2_097_152
# Status lines and headers, those of "100 Continue" included, and the framing of a chunked body.
MAX_OTHER_BYTES = 262_144
CHUNK = 65_536


class NoResponse(Exception):
    """There is no complete response. The text says why, without any content of it."""


class Deadline:
    """The end of an exchange, by a clock that nobody can set."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds to the deadline. Raises TimeoutError after it."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@dataclass(frozen=True)
class HttpRequest:
    """A request below the base address. ``path`` is empty or begins with a slash."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class HttpAnswer:
    """Status, headers by lower-case name, and the decoded body. The body of a redirect is empty."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class DeadlineReader(io.RawIOBase):
    """Reads from a socket until the deadline or the limit of bytes. Raises TimeoutError or NoResponse beyond them."""

    def __init__(self, connection: socket.socket, deadline: Deadline, limit: int) -> None:
        self.connection, self.deadline, self.left = connection, deadline, limit

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        """Reads into the buffer. Returns the number of bytes."""
        self.connection.settimeout(self.deadline.remaining())
        read = self.connection.recv_into(buffer)
        self.left -= read
        if self.left < 0:
            raise NoResponse(TOO_LARGE)
        return read


class HttpAddress:
    """The base address of a server, such as "https://fhir.example:8443/base".

    ``authorities`` is a file with certificate authorities (PEM) that are trusted beside those of the machine.
    """

    def __init__(self, base: str, authorities: Path | None = None) -> None:
        parts = urlsplit(base)
        self.authorities = authorities
        self.is_secure, self.host = parts.scheme == "https", parts.hostname or ""
        self.port = parts.port or (443 if self.is_secure else 80)
        self.authority, self.path = parts.netloc.rpartition("@")[2], parts.path.rstrip("/")

    @cached_property
    def context(self) -> ssl.SSLContext:
        """Trusts the certificate authorities of the machine, and ours. Nothing turns the check of a certificate off."""
        made = ssl.create_default_context()
        if self.authorities is not None:
            made.load_verify_locations(self.authorities)
        return made

    def exchange(self, request: HttpRequest, deadline: Deadline) -> HttpAnswer:
        """Sends a request and reads its response. Raises NoResponse."""
        try:
            with closing(self.connect(deadline)) as connection:
                # A server may refuse a request before it has read all of it.
                with suppress(BrokenPipeError, ConnectionResetError):
                    send_all(connection, self.message(request), deadline)
                return read_http_answer(connection, request.method, deadline)
        except ssl.SSLCertVerificationError:
            raise NoResponse(UNTRUSTED) from None
        except TimeoutError:
            raise NoResponse("no response from the FHIR server in time") from None
        except (OSError, HTTPException, ValueError, OverflowError) as problem:
            raise NoResponse(f"no response from the FHIR server ({type(problem).__name__})") from None

    def connect(self, deadline: Deadline) -> socket.socket:
        """A connection to the server; each address of its name is tried until the deadline."""
        wait = min(CONNECT_SECONDS, deadline.remaining())
        plain = socket.create_connection((self.host, self.port), timeout=wait)
        if not self.is_secure:
            return plain
        try:
            plain.settimeout(deadline.remaining())
            return self.context.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise

    def message(self, request: HttpRequest) -> bytes:
        """The bytes of a request."""
        headers = {
            "Host": self.authority,
            "Connection": "close",
            "Accept-Encoding": "identity",
            "Content-Length": str(len(request.body)),
            **request.headers,
        }
        lines = (f"{name}: {value}\r\n" for name, value in headers.items())
        start = f"{request.method} {self.path}{request.path or ('' if self.path else '/')} HTTP/1.1\r\n"
        return f"{start}{''.join(lines)}\r\n".encode("ascii") + request.body


def send_all(connection: socket.socket, message: bytes, deadline: Deadline) -> None:
    """Sends all bytes. Raises TimeoutError after the deadline."""
    for start in range(0, len(message), CHUNK):
        connection.settimeout(deadline.remaining())
        # TLS writes records of 16 KiB, each with the whole time-out: the deadline is exceeded by four of them at most.
        connection.sendall(message[start : start + CHUNK])


def read_http_answer(connection: socket.socket, method: str, deadline: Deadline) -> HttpAnswer:
    """The response on a connection. An incomplete body of an error is left out: its status is known."""
    response = HTTPResponse(connection, method=method)
    response.fp.close()
    reader = DeadlineReader(connection, deadline, MAX_BODY_BYTES + MAX_OTHER_BYTES)
    response.fp = io.BufferedReader(reader, CHUNK)
    response.begin()
    headers = {name.lower(): value for name, value in response.headers.items()}
    if 300 <= response.status < 400:
        return HttpAnswer(response.status, headers, b"")
    try:
        body = decoded(read_body(response), headers.get("content-encoding", "identity"))
    except (OSError, HTTPException, ValueError, OverflowError, NoResponse):
        if response.status < 400:
            raise
        body = b""
    return HttpAnswer(response.status, headers, body)


def read_body(response: HTTPResponse) -> bytes:
    """The whole body. Raises IncompleteRead if the connection ends before it, NoResponse if it is too large."""
    body = bytearray()
    while part := response.read(CHUNK):
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise NoResponse(TOO_LARGE)
    if response.length:
        raise IncompleteRead(b"")
    return bytes(body)


def decoded(body: bytes, encoding: str) -> bytes:
    """The body without its Content-Encoding. Raises NoResponse if it is unknown, wrong, or the content too large."""
    if encoding.strip().lower() in ("identity", ""):
        return body
    unpacking = zlib.decompressobj(wbits=31)
    try:
        content = unpacking.decompress(body, MAX_BODY_BYTES)
    except zlib.error:
        raise NoResponse("the response of the FHIR server has an unknown Content-Encoding") from None
    if not unpacking.eof:
        raise NoResponse("the response of the FHIR server is too large or incomplete")
    return content
