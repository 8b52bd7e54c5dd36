"""The HTTP server: waitress with deadlines, a limit of connections, and refusals as OperationOutcome.

https://docs.pylonsproject.org/projects/waitress/
https://www.rfc-editor.org/rfc/rfc9112
"""

import errno
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import structlog
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask
from waitress.utilities import Error

from service.cli.serving.answer_buffer import AnswerBuffer
from service.cli.serving.request_parser import NoPlaceForBody, StrictParser
from service.fhir.r4.operation_outcome import outcome
from service.fhir.r4.strict_json import MAX_BYTES, encode
from service.issues import Issue, IssueType
from service.web.errors import RETRY_AFTER_SECONDS
from service.web.request_limits import MAX_HEADERS

log = structlog.get_logger()

# More than a request needs while every request that uses the database waits (service/web/admission.py).
THREADS = 48
# A body beyond this size is kept in a temporary file while it arrives: 1,000 connections need at most 64 MB.
BODY_BYTES_IN_MEMORY = 65_536
# How long a refused client may go on sending.
LINGER_SECONDS = 2.0


@dataclass(frozen=True)
class ConnectionLimits:
    """The greatest number of connections, and the deadlines of a client.

    ``header_seconds`` and ``body_seconds`` begin with the first byte of a request, ``idle_seconds`` with the end of
    the one before, ``answer_seconds`` with an answer that the client does not read.
    """

    connections: int = 1_000
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    idle_seconds: float = 60.0
    answer_seconds: float = 60.0


TOO_LARGE = 413
REFUSALS: dict[int, tuple[IssueType, str]] = {
    400: ("structure", "The request is not valid HTTP/1.1. Correct its first line and its headers."),
    413: ("too-long", f"The content must have at most {MAX_BYTES:,} bytes. Send less."),
    431: ("too-long", f"The headers must have fewer than {MAX_HEADERS:,} bytes. Send fewer or shorter ones."),
    501: ("not-supported", "Transfer-Encoding must be chunked, or absent."),
    503: ("transient", "The service cannot keep content of this length now. Send the request again later."),
}


@dataclass(frozen=True)
class UnseenRequest:
    """A request whose body is too large, so that the application does not see it."""

    method: str
    path: str
    issue: Issue


class RefusalTask(ErrorTask):
    """Answers a request that the parser refuses, with an OperationOutcome that repeats nothing of it."""

    def execute(self) -> None:
        """Writes the answer and a line of the log; the connection closes after it."""
        error = cast(Error, cast(StrictParser, self.request).error)
        log.info("request_refused", status=error.code)
        code, text = REFUSALS.get(error.code, ("exception", "The service failed. Send the request again later."))
        body = encode(outcome([Issue(code, "", text)]))
        self.status = f"{error.code} {error.reason}"
        self.response_headers = [("Content-Type", "application/fhir+json; charset=utf-8")]
        if error.code == NoPlaceForBody.code:
            self.response_headers.append(("Retry-After", RETRY_AFTER_SECONDS))
        self.set_close_on_finish()
        cast(TimedChannel, self.channel).is_refused = True
        self.content_length = len(body)
        self.write(body)
        if error.code == TOO_LARGE:
            self.tell_too_large(Issue(code, "", text))

    def tell_too_large(self, issue: Issue) -> None:
        """Tells the server of a request whose body is too large."""
        # The type stubs have neither `path` nor the type of `command`.
        parsed, server = cast(Any, self.request), cast(BoundedServer, cast(TimedChannel, self.channel).server)
        server.tell_too_large(UnseenRequest(parsed.command, parsed.path, issue))


class TimedChannel(HTTPChannel):
    """A connection that knows since when it waits for its client. Times are monotonic: the clock may be set."""

    error_task_class = RefusalTask
    parser_class = StrictParser
    is_refused = False
    lingering_since: float | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.idle_since = time.monotonic()
        self.request_since = self.answer_since = 0.0
        super().__init__(*arguments, **named)
        self.outbufs = [AnswerBuffer(self.adj.outbuf_overflow)]

    def received(self, data: bytes) -> bool:
        """True if the data belongs to a request. Starts the deadline at the first byte of each request."""
        before = self.request
        accepted = bool(super().received(data))
        now = time.monotonic()
        if self.request is not None and self.request is not before:
            self.request_since = now
        self.idle_since = now
        return accepted

    @property
    def is_idle(self) -> bool:
        """True if no request is being received, executed or answered."""
        return not self.requests and self.request is None and not self.total_outbufs_len

    def handle_close(self) -> None:
        """Closes the connection, after a refusal only once the client has had time to read it.

        Closing while the client still sends would reset the connection, and the refusal with it.
        """
        if self.is_refused and self.lingering_since is None and self.connected:
            self.lingering_since, self.will_close = time.monotonic(), False
            with suppress(OSError):
                cast(socket.socket, self.socket).shutdown(socket.SHUT_WR)
                return
        super().handle_close()

    def readable(self) -> bool:
        """True if the connection can be read, also to discard the rest of a refused request."""
        return self.lingering_since is not None or bool(super().readable())

    def writable(self) -> bool:
        """True if the connection has an answer to send, or is to be closed."""
        return bool(self.will_close or (self.lingering_since is None and super().writable()))

    def handle_read(self) -> None:
        """Reads a piece of a request, or discards it after a refusal."""
        if self.lingering_since is None:
            super().handle_read()
        elif not self.recv(self.adj.recv_bytes):
            super().handle_close()

    def is_overdue(self, now: float, limits: ConnectionLimits) -> bool:
        """True if the client has kept the service waiting beyond a deadline."""
        if self.lingering_since is not None:
            return now - self.lingering_since > LINGER_SECONDS
        if self.requests:
            self.idle_since, self.answer_since = now, now
            return False
        if self.total_outbufs_len:
            self.answer_since = self.answer_since or now
            return now - self.answer_since > limits.answer_seconds
        self.answer_since = 0.0
        if self.request is None:
            return now - self.idle_since > limits.idle_seconds
        limit = limits.body_seconds if self.request.headers_finished else limits.header_seconds
        return now - self.request_since > limit


class BoundedServer(TcpWSGIServer):
    """Accepts every connection; beyond the limit it closes the one that has been idle for longest."""

    channel_class = TimedChannel
    active_channels: dict[int, TimedChannel]  # type: ignore[assignment] # the stubs give the type of one channel

    def __init__(
        self,
        *arguments: Any,
        limits: ConnectionLimits,
        tell_too_large: Callable[[UnseenRequest], None],
        **named: Any,
    ) -> None:
        self.limits = limits
        self.tell_too_large = tell_too_large
        self.lacks_files = self.is_full = False
        super().__init__(*arguments, **named)

    def maintenance(self, now: float) -> None:
        """Closes the connections beyond a deadline; called once a second."""
        moment = time.monotonic()
        for channel in list(self.active_channels.values()):
            if channel.is_overdue(moment, self.limits):
                channel.will_close = True
        self.is_full = False
        if self.lacks_files:
            self.lacks_files = False
            log.warning("too_many_open_files")

    def accept(self) -> tuple[socket.socket, Any] | None:
        """A connection; None if there is none, or no file for it. Then another connection is closed."""
        try:
            accepted: tuple[socket.socket, Any] | None = super().accept()
        except OSError as problem:
            if problem.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            # Else the loop would ask for the connection again and again.
            self.lacks_files = True
            self.is_full = not self.close_idlest()
            return None
        return accepted

    def readable(self) -> bool:
        """True if the next connection is accepted. Without a file for it, and with a request at work on each of the
        others, that waits for `maintenance`."""
        return bool(super().readable()) and not self.is_full

    def handle_accept(self) -> None:
        """Accepts a connection, and closes another one if there are too many."""
        super().handle_accept()
        if len(self.active_channels) > self.limits.connections:
            self.close_idlest()

    def close_idlest(self) -> bool:
        """Closes the connection that has been idle for longest; without one, the one whose request began first.

        False if there is none to close: each has a request that is executed.
        """
        waiting = [channel for channel in self.active_channels.values() if not channel.requests]
        if waiting:
            min(waiting, key=lambda channel: (not channel.is_idle, channel.idle_since)).handle_close()
        return bool(waiting)


def make_server(
    application: Callable[..., Any],
    listening: socket.socket,
    limits: ConnectionLimits = ConnectionLimits(),
    tell_too_large: Callable[[UnseenRequest], None] = lambda unseen: None,
) -> BoundedServer:
    """The server on a bound socket; ``run`` serves until SystemExit.

    ``tell_too_large`` is called with each request whose body is too large, after the answer to it.
    """
    adjustments = Adjustments(
        sockets=[listening],
        threads=THREADS,
        ident="",
        max_request_header_size=MAX_HEADERS,
        # StrictParser has the limit of a body. The frames of chunks count here.
        max_request_body_size=4 * MAX_BYTES,
        inbuf_overflow=BODY_BYTES_IN_MEMORY,
        connection_limit=2 * limits.connections,
        backlog=1_024,
        cleanup_interval=1,
        asyncore_use_poll=True,
        log_socket_errors=False,
    )
    sockinfo = (listening.family, listening.type, listening.proto, listening.getsockname())
    named = {"adj": adjustments, "sockinfo": sockinfo, "bind_socket": False}
    return BoundedServer(application, None, True, listening, limits=limits, tell_too_large=tell_too_large, **named)
