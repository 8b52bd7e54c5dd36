"""The client of the FHIR server: no response is trusted, followed or logged."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.adapters.exchange import HttpAddress
from service.adapters.fhir_server.client import HttpFhirServer, TimeLimits
from service.adapters.fhir_server.response_parts import (
    has_next_page,
    issue_codes,
    json_object,
    parse_retry_after,
    searchset_resources,
)
from tests.faults.behaviours import stall
from tests.support.building import NOW
from tests.support.other_systems.misbehaving import MisbehavingServer, misbehaving, reply

BUNDLE = {"resourceType": "Bundle", "type": "transaction", "entry": []}
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["entry", "link", "issue"]), inner),
)


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with misbehaving() as running:
        yield running


@pytest.fixture
def client(server: MisbehavingServer) -> HttpFhirServer:
    return HttpFhirServer(server.base + "/", limits=TimeLimits(5, 5))


def test_a_transaction_is_sent_as_fhir_json_and_its_response_read(
    server: MisbehavingServer, client: HttpFhirServer
) -> None:
    response = client.transact(BUNDLE)
    assert (response.status, response.bundle) == (200, {**BUNDLE, "type": "transaction-response"})
    (request,) = server.received
    assert (request.method, request.path) == ("POST", "/base")
    assert request.headers["content-type"] == "application/fhir+json"
    assert json.loads(request.body) == BUNDLE


def test_a_resource_is_put_under_its_id(server: MisbehavingServer, client: HttpFhirServer) -> None:
    assert client.put({"resourceType": "Task", "id": "t"}).status == 404
    assert [(request.method, request.path) for request in server.received] == [("PUT", "/base/Task/t")]


def test_of_an_outcome_only_codes_of_issue_type_are_kept(server: MisbehavingServer, client: HttpFhirServer) -> None:
    issues = [
        {"code": "not-found", "diagnostics": "Jane Doe"},
        {"code": "JaneDoe"},
        {"code": "x" * 999},
        {"code": []},
        3,
    ]
    outcome = reply(400, {"resourceType": "OperationOutcome", "issue": issues})
    server.transaction = lambda exchange: exchange.send(outcome)
    assert client.transact(BUNDLE).problem == "not-found"


class TestLookUp:
    def test_there_is_one_search_per_type(self, server: MisbehavingServer, client: HttpFhirServer) -> None:
        server.stored = {f"Observation/{number}": observation(number) for number in range(2000)}
        seen = client.look_up([*server.stored, "Observation/x", "Patient/p", "Patient/p"])
        assert seen.found.keys() == server.stored.keys()
        assert seen.missing == {"Observation/x", "Patient/p"}
        assert [request.path for request in server.received] == ["/base/Observation/_search", "/base/Patient/_search"]

    def test_a_type_that_the_server_does_not_have_is_missing(
        self, server: MisbehavingServer, client: HttpFhirServer
    ) -> None:
        server.search = lambda exchange: exchange.send(reply(404, b""))
        assert client.look_up(["Basic/b"]).missing == {"Basic/b"}

    @pytest.mark.parametrize("status", [302, 400, 401, 500])
    def test_any_other_status_tells_nothing(
        self, server: MisbehavingServer, client: HttpFhirServer, status: int
    ) -> None:
        server.search = lambda exchange: exchange.send(reply(status, b""))
        seen = client.look_up(["Basic/b"])
        assert (seen.found, seen.missing) == ({}, frozenset())
        assert seen.failure is not None
        assert seen.failure.status == status

    def test_with_a_further_page_nothing_is_missing(self, server: MisbehavingServer, client: HttpFhirServer) -> None:
        bundle = {"resourceType": "Bundle", "type": "searchset", "link": [{"relation": "next", "url": "x"}]}
        server.search = lambda exchange: exchange.send(reply(200, bundle))
        assert client.look_up(["Basic/b"]).missing == frozenset()
        assert len(server.received) == 1

    def test_resources_that_were_not_asked_for_are_left_out(
        self, server: MisbehavingServer, client: HttpFhirServer
    ) -> None:
        resources = [observation(1), {"resourceType": "Task", "id": "1"}, 5, None, {"meta": 3}]
        bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in resources]}
        server.search = lambda exchange: exchange.send(reply(200, bundle))
        assert client.look_up(["Task/1", "Task/2"]).found.keys() == {"Task/1"}

    def test_all_searches_of_one_look_up_have_one_deadline(self, server: MisbehavingServer) -> None:
        client = HttpFhirServer(server.base, limits=TimeLimits(5, 0.3))
        server.search = stall
        seen = client.look_up([f"{name}/1" for name in ("Basic", "Task", "Patient", "Group")])
        assert seen.failure is not None
        # After the deadline no further connection is made.
        assert len(server.received) == 1


def observation(number: int) -> dict[str, object]:
    return {"resourceType": "Observation", "id": str(number)}


def test_a_server_that_does_not_speak_tls_gets_nothing(server: MisbehavingServer) -> None:
    client = HttpFhirServer(server.base.replace("http:", "https:"), limits=TimeLimits(1, 1))
    assert client.transact(BUNDLE).status is None
    assert server.received == []


def test_neither_proxies_nor_credentials_come_from_the_environment(
    server: MisbehavingServer, client: HttpFhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert client.transact(BUNDLE).status == 200


@pytest.mark.parametrize(
    ("base", "port", "authority", "path"),
    [
        ("http://fhir.example", 80, "fhir.example", ""),
        ("https://fhir.example/base", 443, "fhir.example", "/base"),
        ("http://user:x@[::1]:8080/a/b", 8080, "[::1]:8080", "/a/b"),
    ],
)
def test_the_base_address_gives_port_host_and_path(base: str, port: int, authority: str, path: str) -> None:
    address = HttpAddress(base)
    assert (address.port, address.authority, address.path) == (port, authority, path)


class TestParts:
    """Every part of a response has a result for every input."""

    @pytest.mark.parametrize(
        ("text", "seconds"),
        [("120", 120), ("99999999999", 86_400), ("9" * 5000, 86_400), ("²", None), ("٣", None), ("soon", None)],
    )
    def test_retry_after_in_seconds(self, text: str, seconds: int | None) -> None:
        expected = None if seconds is None else timedelta(seconds=seconds)
        assert parse_retry_after(text, NOW) == expected

    def test_retry_after_as_a_date(self) -> None:
        later = format_datetime(NOW + timedelta(minutes=2), usegmt=True)
        assert parse_retry_after(later, NOW) == timedelta(minutes=2)
        assert parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", NOW) == timedelta(days=1)
        assert parse_retry_after(None, NOW) is None

    @given(st.text() | st.from_regex(r"[0-9²٣ -]{1,30}") | st.datetimes().map(str))
    def test_any_retry_after(self, text: str) -> None:
        wait = parse_retry_after(text, datetime(2026, 1, 1, tzinfo=UTC))
        assert wait is None or wait <= timedelta(days=1)

    @given(st.binary() | st.text().map(str.encode) | JSON.map(json.dumps).map(str.encode))
    def test_any_body(self, body: bytes) -> None:
        content = json_object(body)
        assert content is None or isinstance(content, dict)
        assert isinstance(issue_codes(content), str)
        assert searchset_resources(content) is None

    @settings(deadline=None)
    @given(JSON, JSON)
    def test_any_searchset_or_outcome(self, first: object, second: object) -> None:
        bundle = {"resourceType": "Bundle", "type": "searchset", "entry": first, "link": second}
        resources = searchset_resources(bundle)
        assert resources is None or all(isinstance(each.get("meta", {}), dict) for each in resources)
        assert has_next_page(bundle) in (True, False)
        assert isinstance(issue_codes({"resourceType": "OperationOutcome", "issue": first}), str)
