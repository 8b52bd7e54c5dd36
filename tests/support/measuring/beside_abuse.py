"""A healthy client of `sural serve` beside thousands of abusive requests, 500 idle and 100 dripping connections."""

import socket
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import requests

from service.fhir.r4.strict_json import MAX_BYTES, encode
from tests.support.building import phq
from tests.support.measuring.abuse import ABUSES, abusive_searches
from tests.support.rest import FHIR_JSON
from tests.support.running.serving import Served, serving

IDLE, DRIPPING, ABUSERS = 500, 100, 4
CHEAP = 20
FORM = "application/x-www-form-urlencoded"
HEAD = b"POST /fhir/QuestionnaireResponse%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: %s\r\n"


def posted(path: str, media_type: str, body: bytes) -> bytes:
    head = HEAD % (path.encode(), media_type.encode())
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def abusive_requests() -> list[bytes]:
    """Every kind of request that once stopped, slowed or filled the service.

    A costly one uses its whole half second of the processor, so that each is sent once for ``CHEAP`` rounds of others.
    """
    costly = [posted("/$validate", "application/fhir+json", encode(build())) for build in ABUSES.values()]
    made = [posted("/_search", FORM, urlencode(each).encode()) for each in abusive_searches()]
    made.append(HEAD % (b"", b"application/fhir+json") + b"Content-Length: %d\r\n\r\n" % (MAX_BYTES + 1))
    made.append(HEAD % (b"", b"application/fhir+json") + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n")
    made.append(posted("", "application/fhir+json", b"[" * 500_000))
    made += [
        b"GET http://[x HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /fhir/metadata HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /fhir/metadata HTTP/1.1\r\nConnection: close\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /fhir/metadata HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 80_000 + b"\r\n\r\n",
    ]
    return [*costly, *made * CHEAP]


def send(address: tuple[str, int], request: bytes) -> None:
    with suppress(OSError), socket.create_connection(address, timeout=60) as connection:
        connection.sendall(request)
        while connection.recv(65536):
            pass


def address_of(served: Served) -> tuple[str, int]:
    """Host and port of the service."""
    return "127.0.0.1", int(served.base.split(":")[2].split("/")[0])


def memory_megabytes(served: Served) -> int:
    status = Path(f"/proc/{served.process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) // 1024


def drip(connections: Sequence[socket.socket], stop: threading.Event) -> None:
    while not stop.wait(0.5):
        for connection in connections:
            with suppress(OSError):
                connection.send(b"a")


def be_healthy(base: str, stop: threading.Event, times: list[float], failures: list[int]) -> None:
    """Reads, and submits a response, until the abuse has ended."""
    number = 0
    while not stop.is_set():
        number += 1
        body = encode(phq(subject={"reference": f"Patient/p{number}"}))
        start = time.monotonic()
        if number % 5:
            status = requests.get(f"{base}/Task?patient=p{number}", timeout=30).status_code
        else:
            status = requests.post(f"{base}/QuestionnaireResponse", body, headers=FHIR_JSON, timeout=30).status_code
        times.append(time.monotonic() - start)
        failures += [status] if status not in (200, 201) else []
        stop.wait(0.02)


@dataclass
class Beside:
    """What the healthy client met: the times of its requests, the statuses of failures, and the memory meanwhile."""

    requests: int
    seconds: list[float] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    megabytes: list[int] = field(default_factory=list)

    @property
    def p99_milliseconds(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)] * 1000

    def __str__(self) -> str:
        failed = f"{len(self.seconds)} healthy, {len(self.failures)} failed"
        return f"{self.requests} abusive, {failed}, p99 {self.p99_milliseconds:.0f} ms, MB {self.megabytes}"


def abuse(served: Served, address: tuple[str, int], share: int, beside: Beside) -> None:
    """Sends every ``ABUSERS``-th request, and notes the memory of the service ten times."""
    kinds = abusive_requests()
    for number in range(share, beside.requests, ABUSERS):
        send(address, kinds[(number * 37) % len(kinds)])
        if number % max(1, beside.requests // 10) == share:
            beside.megabytes.append(memory_megabytes(served))


def run_beside_abuse(folder: Path, requests: int) -> Beside:
    """Serves, abuses and measures until all requests have been answered."""
    stop, beside = threading.Event(), Beside(requests)
    with serving(folder, SURAL_LOG_LEVEL="critical") as served, ExitStack() as stack:
        address = address_of(served)
        open_connections = [stack.enter_context(socket.create_connection(address)) for _ in range(IDLE + DRIPPING)]
        others = [
            threading.Thread(target=drip, args=(open_connections[IDLE:], stop)),
            threading.Thread(target=be_healthy, args=(served.base, stop, beside.seconds, beside.failures)),
        ]
        abusers = [threading.Thread(target=abuse, args=(served, address, share, beside)) for share in range(ABUSERS)]
        for thread in (*others, *abusers):
            thread.start()
        for thread in abusers:
            thread.join()
        stop.set()
        for thread in others:
            thread.join()
    return beside
