"""The served process beside abuse: no request of a healthy client fails, memory stays low, and `Host` is required.

Prints the figures: `pytest -s tests/test_abuse.py`. The number of requests is in ABUSIVE_REQUESTS. The time that a
healthy request takes is measured by `make bench`, on a machine that does nothing else.
"""

import os
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from service.fhir.r4.strict_json import MAX_BYTES, encode
from service.fhir.r4.types import Resource
from tests.support.building import phq
from tests.support.measuring.abuse import ABUSES
from tests.support.measuring.beside_abuse import address_of, memory_megabytes, run_beside_abuse
from tests.support.rest import FHIR_JSON
from tests.support.running.serving import serving

REQUESTS = int(os.environ.get("ABUSIVE_REQUESTS", "10000"))
# Twice what was measured, because the memory of freed bodies comes back to the system late.
MEGABYTES = 512
CLIENTS = 32
MEGABYTES_OF_BODIES = 256


def filled(resource: Resource) -> bytes:
    """The resource with so much narrative that it has as many bytes as a body may have."""
    div = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'
    text = {"status": "generated", "div": div}
    room = MAX_BYTES - len(encode({**resource, "text": text})) + 2
    return encode({**resource, "text": {**text, "div": div.format("x" * room)}})


def status_with(address: tuple[str, int], lines: list[bytes]) -> int:
    """The status of a request for /fhir/metadata with these header lines."""
    head = b"\r\n".join([b"GET /fhir/metadata HTTP/1.1", *lines, b"Connection: close", b"", b""])
    with closing(socket.create_connection(address, timeout=20)) as connection:
        connection.sendall(head)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return int(received[9:12])


@pytest.fixture(scope="module")
def served_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """The address of one running service for all tests of this module that need no other."""
    with serving(tmp_path_factory.mktemp("served"), SURAL_LOG_LEVEL="critical") as served:
        yield address_of(served)


@pytest.mark.parametrize("kind", ["accepted", "costly", "malformed"])
def test_32_bodies_of_a_megabyte_at_once_need_less_than_256_megabytes(tmp_path: Path, kind: str) -> None:
    bodies: dict[str, Callable[[int], bytes]] = {
        "accepted": lambda number: filled(phq(subject={"reference": f"Patient/p{number}"})),
        "costly": lambda _: filled(ABUSES["many_answers"]()["parameter"][0]["resource"]),
        "malformed": lambda _: b'{"resourceType": "QuestionnaireResponse", "x": [' + b"[]," * 349_000 + b"1]}",
    }
    answers: list[requests.Response] = []
    megabytes: list[int] = []
    with serving(tmp_path, SURAL_LOG_LEVEL="critical") as served:

        def post(number: int) -> None:
            url = f"{served.base}/QuestionnaireResponse"
            for _ in range(3):
                answers.append(requests.post(url, bodies[kind](number), headers=FHIR_JSON, timeout=60))
                megabytes.append(memory_megabytes(served))

        threads = [threading.Thread(target=post, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            megabytes.append(memory_megabytes(served))
            threads[0].join(0.02)
            threads[-1].join(0.02)
    told = Counter(answer.status_code for answer in answers)
    sys.stdout.write(f"\n{kind}: {dict(told)}, at most {max(megabytes)} MB\n")
    assert max(megabytes) < MEGABYTES_OF_BODIES
    assert set(told) - {503}
    assert set(told) <= {"accepted": {200, 201, 503}, "costly": {422, 503}, "malformed": {400, 422, 503}}[kind]
    assert all(answer.headers["Retry-After"] for answer in answers if answer.status_code == 503)


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [b""],
        [b"a", b"b"],
        [b"a", b"a"],
        [b"a, b"],
        [b"a b"],
        [b"a:b"],
        [b"a/b"],
        [b"a@b"],
        [b"[::1"],
        [b"a" * 300],
        [b"\xff"],
    ],
)
def test_a_host_that_is_missing_repeated_or_malformed_is_refused(
    served_address: tuple[str, int], hosts: list[bytes]
) -> None:
    assert status_with(served_address, [b"Host: " + host for host in hosts]) == 400


@pytest.mark.parametrize(
    "line", [b"Host : a", b" Host: a", b"Host: a\r\nhost: a", b"Host: a\r\nX: b\r\n Host: c", b"Host:\x00a"]
)
def test_a_host_that_another_reader_may_read_otherwise_is_refused(served_address: tuple[str, int], line: bytes) -> None:
    assert status_with(served_address, [line]) == 400


@pytest.mark.parametrize("host", [b"localhost", b"sural.example:8080", b"127.0.0.1", b"[::1]:80"])
def test_a_host_by_name_or_address_is_accepted(served_address: tuple[str, int], host: bytes) -> None:
    assert status_with(served_address, [b"Host: " + host]) == 200


@pytest.mark.slow
def test_a_healthy_client_beside_abuse(tmp_path: Path) -> None:
    beside = run_beside_abuse(tmp_path, REQUESTS)
    sys.stdout.write(f"\n{beside}\n")
    assert not beside.failures
    assert max(beside.megabytes[-4:]) < 1.5 * max(beside.megabytes[:8])
    assert max(beside.megabytes) < MEGABYTES
