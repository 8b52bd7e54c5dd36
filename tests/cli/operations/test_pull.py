"""`sural pull` picks up responses from the FHIR server and counts them; `sural subscribe` installs the Subscription."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service import clock
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.types import Resource
from tests.support.building import scored
from tests.support.other_systems.misbehaving import Exchange, MisbehavingServer, misbehaving, reply
from tests.support.running.command_line import run_sural

SECRET = "a-secret-that-only-the-fhir-server-has"
TOPIC = "http://example.org/topic/responses"
BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"


def answering(server: MisbehavingServer, topics: list[str]) -> Any:
    """A server with a CapabilityStatement that can be searched for changes and takes a Subscription."""
    extensions = [
        {"url": f"{BACKPORT}/capabilitystatement-subscriptiontopic-canonical", "valueCanonical": topic}
        for topic in topics
    ]
    capabilities = {
        "resourceType": "CapabilityStatement",
        "rest": [{"mode": "server", "resource": [{"type": "Subscription", "extension": extensions}]}],
    }

    def answer(exchange: Exchange) -> None:
        path = exchange.request.path.removeprefix("/base")
        if path == "/metadata":
            exchange.send(reply(200, capabilities))
        elif path.startswith("/QuestionnaireResponse?_lastUpdated="):
            found = [{"resource": each} for each in server.stored.values()]
            exchange.send(reply(200, {"resourceType": "Bundle", "type": "searchset", "entry": found}))
        else:
            exchange.send(reply(201, b""))

    return answer


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with misbehaving(MisbehavingServer(answers_all=True)) as running:
        running.transaction = answering(running, [])
        yield running


def settings(server: MisbehavingServer, tmp_path: Path) -> dict[str, str]:
    return {
        "SURAL_FHIR_SERVER": server.base,
        "SURAL_DATABASE": f"sqlite:///{tmp_path / 'sural.db'}",
        "SURAL_NOTIFY_SECRET": SECRET,
        "SURAL_BASE_URL": "https://sural.example/fhir",
    }


def written(id: str, **elements: Any) -> Resource:
    authored, updated = (format_instant(clock.now() - timedelta(minutes=minutes)) for minutes in (2, 1))
    meta = {"versionId": "1", "lastUpdated": updated}
    return {**scored("gad-7", [0] * 7, authored=authored), "id": id, "meta": meta, **elements}


class TestPull:
    def test_each_response_is_counted_and_the_second_time_it_is_known(
        self, server: MisbehavingServer, tmp_path: Path
    ) -> None:
        server.stored["QuestionnaireResponse/1"] = written("1")
        server.stored["QuestionnaireResponse/2"] = written("2", status="entered-in-error")
        server.stored["QuestionnaireResponse/3"] = written("3", subject={"reference": "Group/1"})
        first = run_sural("pull", "--since", "2026-01-01", **settings(server, tmp_path))
        assert (first.exit_code, first.stdout) == (0, "assessed 1\tknown 0\tskipped 1\trefused 1\n")
        again = run_sural("pull", "--since", "2026-01-01", **settings(server, tmp_path))
        assert (again.exit_code, again.stdout) == (0, "assessed 0\tknown 0\tskipped 0\trefused 0\n")
        asked = [request.path for request in server.received if "_lastUpdated" in request.path]
        assert asked[0].startswith("/base/QuestionnaireResponse?_lastUpdated=ge2025-12-31T23%3A55%3A00.000Z&")

    def test_a_server_that_cannot_be_searched_is_a_failure(self, server: MisbehavingServer, tmp_path: Path) -> None:
        server.transaction = lambda exchange: exchange.send(reply(400, b""))
        result = run_sural("pull", **settings(server, tmp_path))
        assert (result.exit_code, result.stdout) == (1, "")
        assert "could not be searched" in result.stderr

    def test_a_date_that_is_none_is_refused(self, server: MisbehavingServer, tmp_path: Path) -> None:
        result = run_sural("pull", "--since", "yesterday", **settings(server, tmp_path))
        assert result.exit_code == 2
        assert "2026-11-21" in result.stderr


class TestSubscribe:
    def test_it_installs_a_rest_hook_with_the_secret(self, server: MisbehavingServer, tmp_path: Path) -> None:
        result = run_sural("subscribe", **settings(server, tmp_path))
        assert result.exit_code == 0
        sent = json.loads(server.received[-1].body)
        assert server.received[-1].path == f"/base/Subscription/{sent['id']}"
        assert (sent["status"], sent["criteria"]) == ("requested", "QuestionnaireResponse?")
        assert sent["channel"] == {
            "type": "rest-hook",
            "endpoint": "https://sural.example/notify",
            "payload": "application/fhir+json",
            "header": [f"Authorization: Bearer {SECRET}"],
        }

    def test_a_second_time_it_is_the_same_one(self, server: MisbehavingServer, tmp_path: Path) -> None:
        for options in ([], ["--off"]):
            run_sural("subscribe", *options, **settings(server, tmp_path))
        first, last = (json.loads(request.body) for request in server.received if request.method == "PUT")
        assert first["id"] == last["id"]
        assert last["status"] == "off"

    def test_a_topic_gives_the_backport_form(self, server: MisbehavingServer, tmp_path: Path) -> None:
        server.transaction = answering(server, [TOPIC])
        assert run_sural("subscribe", "--topic", TOPIC, **settings(server, tmp_path)).exit_code == 0
        sent = json.loads(server.received[-1].body)
        assert (sent["criteria"], sent["meta"]["profile"]) == (TOPIC, [f"{BACKPORT}/backport-subscription"])
        content = {"url": f"{BACKPORT}/backport-payload-content", "valueCode": "id-only"}
        assert sent["channel"]["_payload"]["extension"] == [content]

    def test_topics_that_are_offered_are_told(self, server: MisbehavingServer, tmp_path: Path) -> None:
        server.transaction = answering(server, [TOPIC])
        assert TOPIC in run_sural("subscribe", **settings(server, tmp_path)).stderr
        other = run_sural("subscribe", "--topic", "http://example.org/other", **settings(server, tmp_path))
        assert other.exit_code == 1
        assert TOPIC in other.stderr

    def test_a_statement_that_cannot_be_read_is_told_and_prevents_nothing(
        self, server: MisbehavingServer, tmp_path: Path
    ) -> None:
        server.transaction = lambda exchange: exchange.send(
            reply(503 if exchange.request.method == "GET" else 201, b"")
        )
        result = run_sural("subscribe", "--topic", TOPIC, **settings(server, tmp_path))
        assert result.exit_code == 0
        assert "does not tell its topics" in result.stderr

    @pytest.mark.parametrize("missing", ["SURAL_NOTIFY_SECRET", "SURAL_FHIR_SERVER"])
    def test_what_is_not_set_is_named(self, server: MisbehavingServer, tmp_path: Path, missing: str) -> None:
        given = {name: value for name, value in settings(server, tmp_path).items() if name != missing}
        result = run_sural("subscribe", **given)
        assert result.exit_code == 1
        assert missing in result.stderr

    def test_a_refusal_is_told(self, server: MisbehavingServer, tmp_path: Path) -> None:
        server.transaction = lambda exchange: exchange.send(
            reply(200, {"resourceType": "CapabilityStatement"}) if exchange.request.method == "GET" else reply(405, b"")
        )
        result = run_sural("subscribe", **settings(server, tmp_path))
        assert result.exit_code == 1
        assert "405" in result.stdout
