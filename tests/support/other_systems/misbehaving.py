"""A small FHIR server on a raw socket that misbehaves as it is told, and otherwise stores and finds resources."""

import json
import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from service.fhir.r4.types import Resource


@dataclass(frozen=True)
class Received:
    """A request as the server received it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def is_search(self) -> bool:
        return self.path.endswith("/_search")


@dataclass
class MisbehavingServer:
    """The resources of the server by address, the requests it received, and how often it wrote each resource.

    ``transaction`` and ``search`` answer in place of the usual answers; with ``answers_all`` the former answers also a
    request for the CapabilityStatement, which is otherwise ``statement``, or none.
    """

    stored: dict[str, Resource] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    written: Counter[str] = field(default_factory=Counter)
    transaction: "Behaviour | None" = None
    search: "Behaviour | None" = None
    statement: Resource | None = None
    answers_all: bool = False
    stopped: threading.Event = field(default_factory=threading.Event)
    base: str = ""

    def handle(self, connection: socket.socket) -> None:
        """Reads one request and answers it."""
        request = read_request(connection)
        if request is None:
            return
        if request.path == "/base/metadata" and self.statement is not None:
            connection.sendall(reply(200, self.statement))
            return
        if request.path == "/base/metadata" and not self.answers_all:
            connection.sendall(reply(404, {"resourceType": "OperationOutcome"}))
            return
        self.received.append(request)
        told = self.search if request.is_search else self.transaction
        if told is not None:
            told(Exchange(self, connection, request))
        elif request.is_search:
            connection.sendall(reply(200, self.find(request)))
        elif request.method == "POST" and request.path == "/base":
            connection.sendall(reply(200, self.store(request)))
        else:
            connection.sendall(reply(404, {"resourceType": "OperationOutcome"}))

    def store(self, request: Received) -> Resource:
        """Stores the resources of a transaction; returns the transaction-response."""
        for entry in json.loads(request.body)["entry"]:
            address = entry["request"]["url"]
            self.written[address] += 1
            version = str(self.written[address])
            self.stored[address] = {**entry["resource"], "meta": {"versionId": version}}
        return self.confirm(request)

    def confirm(self, request: Received) -> Resource:
        """The transaction-response that confirms every entry of a request."""
        addresses = [entry["request"]["url"] for entry in json.loads(request.body)["entry"]]
        results = [
            {"status": "201 Created", "location": f"{address}/_history/{self.written[address] or 1}"}
            for address in addresses
        ]
        entries = [{"response": result} for result in results]
        return {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}

    def find(self, request: Received) -> Resource:
        """The searchset with the resources of one type that a search by `_id` selects."""
        type_name = request.path.split("/")[-2]
        ids = parse_qs(request.body.decode())["_id"][0].split(",")
        found = [self.stored[address] for id in ids if (address := f"{type_name}/{id}") in self.stored]
        return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in found]}


@dataclass(frozen=True)
class Exchange:
    """One request to a server that misbehaves."""

    server: MisbehavingServer
    connection: socket.socket
    request: Received

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def drip(self, data: bytes) -> None:
        """Sends the bytes slowly, over and over, until the client has gone."""
        while not self.server.stopped.is_set():
            for byte in data:
                self.send(bytes([byte]))
                self.server.stopped.wait(0.02)

    def pour(self, data: bytes) -> None:
        """Sends the bytes over and over, until the client has gone."""
        while not self.server.stopped.is_set():
            self.send(data)

    def reset(self) -> None:
        """Ends the connection with a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.connection.close()


Behaviour = Callable[[Exchange], None]


def reply(status: int, content: Any, headers: str = "") -> bytes:
    """An HTTP response; ``headers`` are whole lines. Content that is not bytes is written as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    start = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return start.encode("latin-1") + body


def read_request(connection: socket.socket) -> Received | None:
    """The request on a connection; None if the client has gone."""
    with connection.makefile("rb") as file:
        start = file.readline().decode().split()
        if len(start) < 2:
            return None
        headers: dict[str, str] = {}
        while line := file.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = file.read(int(headers.get("content-length", "0")))
    return Received(start[0], start[1], headers, body)


class Listener(socketserver.ThreadingTCPServer):
    """Listens on a free port and hands each connection to the server."""

    daemon_threads, block_on_close, allow_reuse_address = True, False, True

    def __init__(self, server: MisbehavingServer) -> None:
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self.server = server

    def finish_request(self, request: Any, client_address: Any) -> None:
        with suppress(OSError):
            self.server.handle(request)

    def shutdown_request(self, request: Any) -> None:
        request.close()


@contextmanager
def misbehaving(server: MisbehavingServer | None = None) -> Iterator[MisbehavingServer]:
    """Runs a server on a free port of this machine; its base address is ``base``."""
    server = server or MisbehavingServer()
    with Listener(server) as listener:
        server.base = f"http://127.0.0.1:{listener.server_address[1]}/base"
        threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server
        finally:
            server.stopped.set()
            listener.shutdown()
