"""What a FHIR server may do with a transaction, and what must become of the entry: a table.

`waiting`: the entry is sent again, and is delivered once the server behaves. `parked`: an operator must decide.
`delivered`: the server has every resource.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from service.fhir.r4.types import Resource
from service.ports.outbox import OutboxState
from tests.support.other_systems.misbehaving import Behaviour, Exchange, reply

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\n"
DEEP = b"[" * 200_000
# 256 MiB of spaces before the JSON, in 260 kB.
BOMB = gzip.compress(b" " * 268_435_456, 9)


@dataclass(frozen=True)
class Fault:
    """A behaviour, the state of the entry after it, and the alarm that it raises, if any."""

    name: str
    behaviour: Behaviour
    state: OutboxState = "waiting"
    alarm: str | None = None


def raw(data: bytes) -> Behaviour:
    """Sends these bytes and closes the connection."""
    return lambda exchange: exchange.send(data)


def answer(status: int, content: object = b"", headers: str = "") -> Behaviour:
    """A whole HTTP response."""
    return raw(reply(status, content, headers))


def after(start: bytes, then: Callable[[Exchange], None]) -> Behaviour:
    """Sends the start of a response, then goes on in another way."""

    def behave(exchange: Exchange) -> None:
        exchange.send(start)
        then(exchange)

    return behave


def storing(then: Behaviour) -> Behaviour:
    """Stores everything, and then does not say so."""

    def behave(exchange: Exchange) -> None:
        exchange.server.store(exchange.request)
        then(exchange)

    return behave


def edited(edit: Callable[[Resource], object]) -> Behaviour:
    """Stores nothing, and answers with a changed confirmation."""

    def behave(exchange: Exchange) -> None:
        confirmed = exchange.server.confirm(exchange.request)
        exchange.send(reply(200, edit(confirmed) or confirmed))

    return behave


def each_response(**changes: object) -> Callable[[Resource], object]:
    """A confirmation with these elements of each `entry.response` changed; None removes one."""

    def edit(confirmed: Resource) -> Resource:
        entries = []
        for entry in confirmed["entry"]:
            changed = {**entry["response"], **changes}
            entries.append({"response": {name: value for name, value in changed.items() if value is not None}})
        return {**confirmed, "entry": entries}

    return edit


def with_entry(entry: object) -> Callable[[Resource], object]:
    """A confirmation with this in place of `Bundle.entry`."""
    return lambda confirmed: {**confirmed, "entry": entry}


def packed(exchange: Exchange) -> None:
    """Stores everything and says so, compressed."""
    body = gzip.compress(json.dumps(exchange.server.store(exchange.request)).encode())
    exchange.send(reply(200, body, "Content-Encoding: gzip\r\n"))


def close(_: Exchange) -> None:
    """Closes the connection."""


def stall(exchange: Exchange) -> None:
    """Answers nothing, and leaves the connection open."""
    exchange.server.stopped.wait(30)


def reset(exchange: Exchange) -> None:
    """Resets the connection."""
    exchange.reset()


def drip(data: bytes) -> Behaviour:
    """Sends one byte at a time, without end."""
    return lambda exchange: exchange.drip(data)


def pour(data: bytes) -> Behaviour:
    """Sends without end."""
    return lambda exchange: exchange.pour(data)


def connections() -> Iterator[Fault]:
    """Connections that end or do not go on."""
    yield Fault("closes without an answer", close)
    yield Fault("resets", reset)
    yield Fault("never answers", stall)
    yield Fault("stores, then closes", storing(close))
    yield Fault("stores, then resets", storing(reset))
    yield Fault("stores, then never answers", storing(stall))
    yield Fault("stores, then fails with 500", storing(answer(500)))
    yield Fault("stores, then fails with 504", storing(answer(504)))
    yield Fault("half a status line", raw(b"HTTP/1.1 2"))
    yield Fault("resets in the body", after(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{", reset))


def protocol() -> Iterator[Fault]:
    """Responses that are no HTTP, or too much of it."""
    yield Fault("is no HTTP server", raw(b"SSH-2.0-x\r\n"))
    yield Fault("status that is no number", raw(b"HTTP/1.1 abc OK\r\n\r\n"))
    yield Fault("status of four digits", raw(b"HTTP/1.1 2000 OK\r\n\r\n"))
    yield Fault("status 999", answer(999))
    yield Fault("endless status line", pour(b"HTTP/1.1 " * 1000))
    yield Fault("drips the status line", drip(b"HTTP/1.1 200 "))
    yield Fault("drips headers", after(b"HTTP/1.1 200 OK\r\n", drip(b"X: y\r\n")))
    yield Fault("endless headers", after(b"HTTP/1.1 200 OK\r\n", pour(b"X: y\r\n" * 100)))
    yield Fault("a header without end", after(b"HTTP/1.1 200 OK\r\nX: ", pour(b"y" * 1000)))
    yield Fault("drips 100 Continue", drip(b"HTTP/1.1 100 Continue\r\n\r\n"))
    yield Fault("pours 100 Continue", pour(b"HTTP/1.1 100 Continue\r\n\r\n" * 100))
    yield Fault("103 and nothing else", raw(b"HTTP/1.1 103 Early Hints\r\n\r\n"))
    yield Fault(
        "Content-Length of 5,000 digits", raw(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n{}")
    )
    yield Fault("negative Content-Length", raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}"))
    yield Fault("chunk size that is no number", raw(CHUNKED + b"zz\r\n{}\r\n"))
    yield Fault("negative chunk size", raw(CHUNKED + b"-5\r\n{}\r\n"))
    yield Fault("chunk size of 5,000 digits", raw(CHUNKED + b"F" * 5000 + b"\r\n{}\r\n"))


def bodies() -> Iterator[Fault]:
    """Bodies of status 200 that are too slow, too large or no resource."""
    yield Fault("drips the body", after(UNTIL_CLOSE, drip(b" ")))
    yield Fault("endless body", after(UNTIL_CLOSE, pour(b" " * 65_536)))
    yield Fault("endless chunks", after(CHUNKED, pour(b"4\r\n    \r\n" * 1000)))
    yield Fault("10 MB", answer(200, b" " * 10_000_000))
    yield Fault("gzip bomb", answer(200, BOMB, "Content-Encoding: gzip\r\n"))
    yield Fault("gzip that is none", answer(200, b"{}", "Content-Encoding: gzip\r\n"))
    yield Fault("unknown encoding", answer(200, b"{}", "Content-Encoding: sdch\r\n"))
    yield Fault("gzip, correct", packed, "delivered")
    yield Fault("empty body", answer(200))
    yield Fault("HTML", answer(200, b"<html><body>Login</body></html>"))
    yield Fault("truncated JSON", answer(200, b'{"resourceType":"Bundle","entry":['))
    yield Fault("deep nesting", answer(200, DEEP))
    yield Fault("no UTF-8", answer(200, b'{"resourceType":"\xff"}'))
    yield Fault("a number of 5,000 digits", answer(200, b'{"x":' + b"9" * 5000 + b"}"))
    yield Fault("an array", answer(200, b"[]"))


def confirmations() -> Iterator[Fault]:
    """Responses that look like a confirmation."""
    yield Fault("one entry for all", edited(lambda bundle: {**bundle, "entry": bundle["entry"][:1]}))
    yield Fault("one entry too many", edited(lambda bundle: {**bundle, "entry": [*bundle["entry"], {}]}))
    yield Fault("no entries", edited(lambda bundle: {**bundle, "entry": []}))
    odd: tuple[object, ...] = (5, None, [1, 2], [{"response": "201"}], "201", [[]])
    for entry in odd:
        yield Fault(f"entry is {entry!r}", edited(with_entry(entry)))
    yield Fault("an OperationOutcome", edited(lambda bundle: {**bundle, "resourceType": "OperationOutcome"}))
    yield Fault("a batch-response", edited(lambda bundle: {**bundle, "type": "batch-response"}))
    for status in ("2", "202 Accepted", "500", "²00", "2011", 201):
        yield Fault(f"status of each entry is {status!r}", edited(each_response(status=status)))
    yield Fault("no location", edited(each_response(location=None)))
    yield Fault("location of another id", edited(each_response(location="Observation/other")))
    yield Fault("location of another type", edited(each_response(location="Basic/x")))
    yield Fault("location that is no address", edited(each_response(location="http://[::1")))
    yield Fault("confirms all, stores nothing", edited(lambda _: None), alarm="written_resources_missing")


def refusals() -> Iterator[Fault]:
    """Status other than 200."""
    for status in (301, 302, 307, 308):
        head = f"HTTP/1.1 {status} X\r\nLocation: http://127.0.0.1:1/\r\nSet-Cookie: a=b\r\n\r\n".encode()
        yield Fault(f"{status} with an endless body", after(head, pour(b"x" * 65_536)), alarm="fhir_server_redirects")
    head = b"HTTP/1.1 307 X\r\nLocation: http://[::1\xff\r\n\r\n"
    yield Fault("redirect to bytes that are no address", raw(head), alarm="fhir_server_redirects")
    for status in (401, 403):
        yield Fault(f"{status}", answer(status), alarm="fhir_server_denies_access")
    for status in (408, 409, 412, 425, 429, 500, 502, 503, 504, 507, 529):
        yield Fault(f"{status}", answer(status))
    for wait in ("²", "9" * 5000, "-1", "soon", "Thu, 01 Jan 99999 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2359"):
        headers = f"Retry-After: {wait}\r\n"
        yield Fault(f"503 with Retry-After {wait[:40]}", answer(503, headers=headers))
    outcome = {"resourceType": "OperationOutcome", "issue": [{"code": "invalid"}, {"code": "JaneDoe"}, 3]}
    for status in (400, 404, 405, 410, 413, 415, 422, 501):
        yield Fault(f"{status} with an outcome", answer(status, outcome), "parked", "entry_parked")
    yield Fault("422 with issue 5", answer(422, {**outcome, "issue": 5}), "parked", "entry_parked")
    yield Fault(
        "422 with an endless body", after(b"HTTP/1.1 422 X\r\n\r\n", pour(b" " * 9999)), "parked", "entry_parked"
    )


FAULTS = [*connections(), *protocol(), *bodies(), *confirmations(), *refusals()]

# What the server may do with a search, when an entry is sent for the second time. The entry is never delivered on it.
SEARCHES = [
    Fault("never answers", stall),
    Fault("drips", after(UNTIL_CLOSE, drip(b" "))),
    Fault("resets", reset),
    Fault("500", answer(500)),
    Fault("400", answer(400)),
    Fault("HTML", answer(200, b"<html>")),
    Fault("another Bundle", answer(200, {"resourceType": "Bundle", "type": "history"})),
    Fault("entry is 5", answer(200, {"resourceType": "Bundle", "type": "searchset", "entry": 5})),
    Fault("redirects", answer(302, b"", "Location: http://127.0.0.1:1/\r\n"), alarm="fhir_server_redirects"),
]
