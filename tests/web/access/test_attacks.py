"""Attacks on the FHIR interface that need no browser: W3 to W7 and W9 of the test plan."""

import io
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.adapters.database.engine import Database
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from tests.support.building import scored
from tests.support.other_systems.issuing import Issuer, bearer, issuer_file, secured
from tests.support.rest import FHIR_JSON, Clock, Rest, content, rest_on

CANARY = "canary.example"
TRAVERSALS = [
    "..",
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "....//etc/passwd",
    "..%5c..%5cwindows",
    "%00",
    "a%00.json",
    "%c0%ae%c0%ae/",
    "file:%2f%2f/etc/passwd",
    "/etc/passwd",
    "phq-9.json",
    "phq-9%2f..%2fgad-7",
]


def response(**more: Any) -> Resource:
    return {**scored("phq-9", [1] * 9, answers={"safe-now": ["no"]}, patient="Patient/p1"), **more}


class TestHeaders:
    """W3"""

    def addresses(self, rest: Rest) -> Iterator[tuple[str, str]]:
        for rule in rest.app.url_map.iter_rules():
            address = rule.rule.replace("<fhir_type:type_name>", "Observation")
            for name in rule.arguments:
                address = address.replace(f"<{name}>", "1").replace(f"<int:{name}>", "1")
            yield from ((method, address) for method in sorted(rule.methods or set()))
        yield from (("GET", "/none"), ("GET", "/fhir/none"), ("DELETE", "/"), ("GET", "//evil.example"))

    @pytest.mark.parametrize("kind", ["open", "safe"])
    def test_every_answer_of_every_route_has_them(
        self, kind: str, sqlite: Database, clock: Clock, tmp_path: Path, issuer: Issuer
    ) -> None:
        file = issuer_file(tmp_path, issuer)
        rest = rest_on(sqlite, clock) if kind == "open" else secured(sqlite, clock, file)
        headers = {} if kind == "open" else bearer(issuer.give())
        asked = 0
        for method, address in self.addresses(rest):
            answer = rest.client.open(address, method=method, headers=headers)
            told = answer.headers
            assert told["X-Content-Type-Options"] == "nosniff", address
            assert told["Referrer-Policy"] == "no-referrer", address
            assert told["Cross-Origin-Opener-Policy"] == "same-origin", address
            policy = told["Content-Security-Policy"]
            assert "default-src 'none'" in policy, address
            assert "frame-ancestors 'none'" in policy, address
            assert "unsafe" not in policy, address
            assert told["X-Request-Id"], address
            assert "Cache-Control" in told or "metadata" in address or "smart-conf" in address, address
            assert ("X-Insecure-Dev-Mode" in told) == (kind == "open"), address
            assert "Server" not in told, address
            asked += 1
        assert asked > 60

    def test_a_failure_of_ours_has_them_too(self, rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("service.web.fhir.interactions.create.submit_response", lambda *_: 1 / 0)
        answer = rest.post(response())
        assert answer.status_code == 500
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "ZeroDivision" not in answer.text


class TestForgedRequests:
    """W4: a form of another site cannot send what the FHIR interface takes."""

    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
    @pytest.mark.parametrize(
        "path", ["QuestionnaireResponse", "", "$process-response", "QuestionnaireResponse/$validate"]
    )
    def test_what_a_form_can_send_is_not_taken(self, rest: Rest, kind: str, path: str) -> None:
        answer = rest.client.post(f"/fhir/{path}", data=encode(response()), headers={"Content-Type": kind})
        assert answer.status_code == 415

    def test_another_origin_is_told_nothing(self, rest: Rest) -> None:
        answer = rest.get("Observation", Origin="https://evil.example")
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def places(url: str) -> dict[str, Resource]:
    """Responses that name an address wherever an address may stand."""
    return {
        "questionnaire": response(questionnaire=url),
        "profile": response(meta={"profile": [url]}),
        "source": response(meta={"source": url}),
        "tag": response(meta={"tag": [{"system": url, "code": "x"}]}),
        "subject": response(subject={"reference": f"{url}/Patient/1"}),
        "author": response(author={"reference": f"{url}/Practitioner/1"}),
        "encounter": response(encounter={"reference": f"{url}/Encounter/1"}),
        "basedOn": response(basedOn=[{"reference": f"{url}/ServiceRequest/1"}]),
        "partOf": response(partOf=[{"reference": f"{url}/Procedure/1"}]),
        "identifier": response(identifier={"system": url, "value": url}),
        "extension": response(extension=[{"url": url, "valueUri": url}]),
        "implicitRules": response(implicitRules=url),
        "narrative": response(
            text={
                "status": "generated",
                "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><img src="{url}" alt="x"/></div>',
            }
        ),
        "contained": response(contained=[{"resourceType": "Patient", "id": "x", "photo": [{"url": url}]}]),
        "attachment": response(extension=[{"url": "http://x.example/a", "valueAttachment": {"url": url}}]),
        "definition": response(item=[{"linkId": "/44250-9", "definition": url}]),
    }


class TestOutgoing:
    """W5: nothing is fetched because a request names it."""

    @pytest.fixture
    def reached(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """What the process looks up or connects to, apart from the issuer of the tests."""
        found: list[Any] = []
        look_up, connect = socket.getaddrinfo, socket.socket.connect

        def noting_look_up(host: Any, *more: Any, **named: Any) -> Any:
            if host != "127.0.0.1":
                found.append(host)
            return look_up(host, *more, **named)

        def noting_connect(own: socket.socket, address: Any) -> Any:
            if address[0] != "127.0.0.1":
                found.append(address)
            return connect(own, address)

        monkeypatch.setattr(socket, "getaddrinfo", noting_look_up)
        monkeypatch.setattr(socket.socket, "connect", noting_connect)
        return found

    @pytest.mark.parametrize(
        "url", [f"http://{CANARY}/x", "http://169.254.169.254/latest", "file:///etc/passwd", "http://[::1]:1/x"]
    )
    def test_no_address_in_a_resource_is_fetched(self, rest: Rest, reached: list[Any], url: str) -> None:
        for body in places(url).values():
            for path in ("QuestionnaireResponse", "QuestionnaireResponse/$validate", "QuestionnaireResponse/$extract"):
                assert rest.post(body, path).status_code < 500
        for path in (
            f"QuestionnaireResponse?questionnaire={url}",
            f"Questionnaire?url={url}",
            f"Observation?_page={url}",
        ):
            assert rest.get(path).status_code < 500
        rest.client.post(
            f"/fhir/QuestionnaireResponse/$validate?profile={url}", data=encode(response()), headers=FHIR_JSON
        )
        assert reached == []

    @pytest.mark.parametrize("name", ["iss", "jku", "x5u", "jwk"])
    def test_no_address_in_a_token_is_fetched(self, safe: Rest, issuer: Issuer, reached: list[Any], name: str) -> None:
        url = f"https://{CANARY}/jwks"
        token = issuer.give(iss=url) if name == "iss" else issuer.give(header={name: url})
        assert safe.get("Observation", **bearer(token)).status_code == 401
        assert reached == []


class TestTraversal:
    """W6"""

    @pytest.mark.parametrize("id", TRAVERSALS)
    def test_no_address_leads_out_of_what_is_offered(self, rest: Rest, id: str) -> None:
        for address in (f"/fhir/Questionnaire/{id}", f"/fhir/QuestionnaireResponse/{id}", f"/{id}", f"/fhir/{id}"):
            answer = rest.client.get(address)
            assert answer.status_code in (308, 400, 404), address
            assert b"root:" not in answer.data


class TestForgedHosts:
    """W7"""

    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "evil.example"},
            {"X-Forwarded-Host": "evil.example"},
            {"X-Forwarded-Proto": "gopher"},
            {"Forwarded": "host=evil.example;proto=http"},
            {"X-Original-URL": "/evil"},
            {"X-Forwarded-Prefix": "/evil"},
        ],
        ids=str,
    )
    def test_every_link_has_the_configured_address(self, rest: Rest, headers: dict[str, str]) -> None:
        created = rest.client.post(
            "/fhir/QuestionnaireResponse", data=encode(response()), headers={**FHIR_JSON, **headers}
        )
        assert created.headers["Location"].startswith("http://sural.example/fhir/")
        found = rest.client.get("/fhir/Observation?_count=1", headers=headers)
        assert "evil" not in found.text
        assert all(link["url"].startswith("http://sural.example/fhir/") for link in content(found)["link"])


class TestLogLines:
    """W9"""

    @pytest.mark.parametrize("text", ["a%0d%0ab", "%1b[31mred", "%e2%80%a8x", "%0a{%22event%22:%22forged%22}"])
    def test_one_request_is_one_line(self, rest: Rest, logged: Any, text: str) -> None:
        rest.client.get(f"/fhir/Observation/{text}", headers={"X-Request-Id": "x", "User-Agent": "a"})
        stream: io.StringIO = logged.stream
        lines = [json.loads(line) for line in stream.getvalue().splitlines()]
        assert [line["event"] for line in lines] == ["request_finished"]
        assert "\x1b" not in stream.getvalue()
