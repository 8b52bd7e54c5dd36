"""Slow, idle and malformed requests: bounded, refused, and never in the way of others."""

import errno
import io
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from waitress import wasyncore

from service.cli.serving.http_server import ConnectionLimits, UnseenRequest, make_server
from service.fhir.r4.strict_json import MAX_BYTES

SHORT = ConnectionLimits(connections=20, header_seconds=1, body_seconds=1, idle_seconds=2, answer_seconds=1)
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def application(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    body = environ["wsgi.input"].read()
    start("200 OK", [("Content-Type", "text/plain")])
    return [str(len(body)).encode()]


@contextmanager
def served(
    limits: ConnectionLimits = SHORT,
    tell_too_large: Callable[[UnseenRequest], None] = lambda unseen: None,
    listening: socket.socket | None = None,
    app: Callable[..., Any] = application,
) -> Iterator[tuple[str, int]]:
    """The address of a server in a thread, which ends with the block."""
    listening, stop = listening or socket.socket(), threading.Event()
    listening.bind(("127.0.0.1", 0))
    server = make_server(app, listening, limits, tell_too_large)
    address, sockets = listening.getsockname(), vars(server)["_map"]

    def serve() -> None:
        while not stop.is_set():
            wasyncore.loop(timeout=0.1, map=sockets, use_poll=True, count=1)
        server.task_dispatcher.shutdown()
        wasyncore.close_all(sockets)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield address
    finally:
        stop.set()
        thread.join(20)


@contextmanager
def connected(address: tuple[str, int], sent: bytes = b"") -> Iterator[socket.socket]:
    with closing(socket.create_connection(address, timeout=20)) as connection:
        connection.sendall(sent)
        yield connection


def ask(address: tuple[str, int], sent: bytes) -> bytes:
    """The answer to what is sent."""
    with connected(address, sent) as connection:
        return answered(connection)


def ask_whole(address: tuple[str, int], size: int) -> bytes:
    """The answer to a GET, until it ends or has as many bytes as its content must have."""
    with connected(address, GET) as connection:
        received = b""
        while len(received.partition(b"\r\n\r\n")[2]) < size and (piece := connection.recv(65536)):
            received += piece
        return received


def answered(connection: socket.socket) -> bytes:
    """All that the service sends until it closes the connection, or until the answer is complete."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
        if b"200 OK" in received and received.count(b"\r\n\r\n") == 1 and not received.endswith(b"\r\n\r\n"):
            break
    return received


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (GET, b"200"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (MAX_BYTES + 1), b"413"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % 10**30, b"413"),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"FFFF\r\n" + b"a" * 65535 + b"\r\n",
            b"",
        ),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", b"501"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", b"400"),
        (b"GET http://[secret HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
        (b"GET http://secret\xe2\x84\x80.x/ HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00secret\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nsecret\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 70_000 + b"\r\n\r\n", b"431"),
    ],
    ids=[
        "a plain request",
        "a declared length beyond the limit",
        "a declared length beyond any machine",
        "a chunked body that never ends",
        "a length beside chunks",
        "a length twice",
        "a length with a sign",
        "an unknown transfer encoding",
        "a host twice",
        "a target without its bracket",
        "a target that is not normal",
        "no HTTP",
        "a header without a colon",
        "headers beyond the limit",
    ],
)
def test_a_request_is_answered_refused_or_closed(sent: bytes, status: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with served() as address:
        answer = ask(address, sent)
    assert answer[9:12] == status
    assert b"secret" not in answer
    assert status in (b"200", b"") or b'"OperationOutcome"' in answer
    assert "secret" not in capfd.readouterr().err


def test_a_chunked_body_is_refused_at_its_first_byte_too_many() -> None:
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with served() as address:
        assert b"200 OK" in ask(address, head + chunk * 16 + b"0\r\n\r\n")
        assert ask(address, head + chunk * 16 + b"1\r\na\r\n")[9:12] == b"413"


def test_a_body_that_is_too_large_is_told_with_its_address() -> None:
    told: list[UnseenRequest] = []
    with served(tell_too_large=told.append) as address:
        ask(address, b"PUT /fhir/X/1?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (MAX_BYTES + 1))
        ask(address, b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")
    assert [(each.method, each.path, each.issue.code) for each in told] == [("PUT", "/fhir/X/1", "too-long")]


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nHo", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na"]
)
def test_a_slow_client_is_closed_at_its_deadline(sent: bytes) -> None:
    with served() as address:
        assert ask(address, sent) == b""


def test_a_client_that_drips_does_not_move_its_deadline() -> None:
    with served() as address, connected(address, b"GET / HTTP/1.1\r\nA: ") as connection:
        connection.settimeout(0.2)
        assert any(is_closed_after(connection, b"a") for _ in range(50))


def is_closed_after(connection: socket.socket, sent: bytes) -> bool:
    """True if the service has closed the connection."""
    try:
        connection.sendall(sent)
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_beyond_the_limit_the_oldest_idle_connection_is_closed() -> None:
    with served(ConnectionLimits(connections=20)) as address, ExitStack() as stack, connected(address) as oldest:
        assert b"200 OK" in ask(address, GET)
        for _ in range(40):
            stack.enter_context(connected(address))
        assert answered(oldest) == b""
        assert b"200 OK" in ask(address, GET)


class WithoutFiles(socket.socket):
    """A listening socket of a process that has all the files open that it may, for so many attempts to accept."""

    failures = 0

    def accept(self) -> tuple[socket.socket, Any]:
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


def test_without_a_free_file_the_oldest_idle_connection_is_closed() -> None:
    limits = ConnectionLimits(connections=20)
    with closing(WithoutFiles()) as listening, served(limits, listening=listening) as address, ExitStack() as stack:
        oldest = stack.enter_context(connected(address))
        assert b"200 OK" in ask(address, GET)
        listening.failures = 1
        assert b"200 OK" in ask(address, GET)
        assert answered(oldest) == b""
    assert listening.failures == 0


def test_without_a_free_file_or_a_connection_to_close_the_loop_waits() -> None:
    at_work, go_on = threading.Event(), threading.Event()

    def slow(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        """Answers only when the test says so."""
        at_work.set()
        go_on.wait(20)
        return application(environ, start)

    with closing(WithoutFiles()) as listening, served(app=slow, listening=listening) as address, ExitStack() as stack:
        first, second = (stack.enter_context(connected(address)) for _ in range(2))
        first.sendall(GET)
        assert at_work.wait(20)
        listening.failures = 1_000_000
        third = stack.enter_context(connected(address))
        second.close()
        time.sleep(1.5)
        attempts = 1_000_000 - listening.failures
        listening.failures = 0
        go_on.set()
        assert b"200 OK" in answered(first)
        third.sendall(GET)
        assert b"200 OK" in answered(third)
    assert 0 < attempts < 10


def test_a_body_that_the_temporary_folder_has_no_place_for_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"a" * 100_000
    with served() as address:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
        answer = ask(address, large)
        assert answer[9:12] == b"503"
        assert b"\r\nRetry-After: 5\r\n" in answer
        assert b'"code":"transient"' in answer
        assert b"200 OK" in ask(address, GET)
        monkeypatch.undo()
        assert b"200 OK" in ask(address, large)


def test_an_answer_that_the_temporary_folder_has_no_place_for_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"".join(b"%09d\n" % number for number in range(300_000))

    def large(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        """Answers more than is kept in memory while there is room for a file."""
        start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(content)))])
        return [content]

    class Full(io.BytesIO):
        """A temporary file on a disk that is full after a part of the answer."""

        def write(self, data: Any) -> int:
            if self.tell() > 500_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    with served(app=large) as address:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
        assert ask_whole(address, len(content)).endswith(b"\r\n\r\n" + content)
        monkeypatch.undo()
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda mode: Full())
        assert ask_whole(address, len(content)).endswith(b"\r\n\r\n" + content)
