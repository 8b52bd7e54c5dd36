"""The door: each route is in its table, the store has no other way in, and the service says whether it is open."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from service.adapters.database.sqlite_file import WrongDatabase
from service.web.access.door import NEEDS, WITH_TOKEN, WITHOUT_TOKEN
from tests.support.files import ROOT
from tests.support.other_systems.issuing import Issuer, bearer, ec_key, issuer_file, secured
from tests.support.rest import Clock, Rest, content, rest_on


def test_each_route_of_the_fhir_interface_says_what_it_needs(rest: Rest) -> None:
    routes = {rule.endpoint for rule in rest.app.url_map.iter_rules() if rule.rule.startswith("/fhir")}
    assert routes == {*NEEDS, *WITH_TOKEN, *WITHOUT_TOKEN}


def test_the_fhir_interface_reaches_the_store_through_the_door_alone() -> None:
    for path in (ROOT / "service" / "web" / "fhir").rglob("*.py"):
        names = [node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
        assert "store" not in names, path


class TestSecured:
    def test_it_says_so_and_not_that_it_is_open(self, safe: Rest) -> None:
        answer = safe.get("metadata")
        assert "X-Insecure-Dev-Mode" not in answer.headers
        assert "No access control" not in safe.client.get("/").text
        security = content(answer)["rest"][0]["security"]
        assert security["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"
        assert "No access control" not in security["description"]

    def test_the_smart_configuration_is_json_whatever_accept_says(self, safe: Rest) -> None:
        for accept in ("application/fhir+xml", "text/html", "application/json", "*/*"):
            answer = safe.get(".well-known/smart-configuration", Accept=accept)
            assert (answer.status_code, answer.content_type) == (200, "application/json")
        said = answer.get_json()
        assert said["token_endpoint"] == "https://login.example/token"
        assert said["code_challenge_methods_supported"] == ["S256"]
        assert said["grant_types_supported"] == ["client_credentials"]
        assert {"permission-v2", "client-confidential-asymmetric"} <= set(said["capabilities"])
        assert "system/QuestionnaireResponse.crus" in said["scopes_supported"]

    def test_an_app_with_a_user_is_sent_to_the_authorization_endpoint(
        self, sqlite: Any, clock: Clock, tmp_path: Path, issuer: Issuer
    ) -> None:
        endpoint = "https://login.example/authorize"
        rest = secured(sqlite, clock, issuer_file(tmp_path, issuer, authorization_endpoint=endpoint))
        said = rest.get(".well-known/smart-configuration").get_json()
        assert said["authorization_endpoint"] == endpoint
        assert "permission-patient" in said["capabilities"]

    def test_options_and_health_and_metrics_need_no_token(self, safe: Rest) -> None:
        assert safe.client.options("/fhir/Observation").status_code == 200
        assert safe.client.get("/health/ready").status_code == 200
        assert safe.client.get("/metrics").status_code == 200

    def test_a_refused_token_is_logged_with_its_reason_and_without_itself(
        self, safe: Rest, issuer: Issuer, logged: Any
    ) -> None:
        token = issuer.give(sub=["Zyxw-Canary-77"])
        assert safe.get("Observation", **bearer(token)).status_code == 401
        written = logged.stream.getvalue()
        assert "sub is not a text" in written
        assert token not in written
        assert "Canary" not in written


class TestOpen:
    def test_every_answer_says_that_the_service_is_open(self, rest: Rest) -> None:
        for path in ("metadata", "Observation", "Observation/none", "none"):
            assert rest.get(path).headers["X-Insecure-Dev-Mode"] == "1"
        assert "No access control" in content(rest.get("metadata"))["rest"][0]["security"]["description"]

    def test_the_front_page_says_so(self, rest: Rest) -> None:
        assert "No access control" in rest.client.get("/").text

    def test_there_is_no_smart_configuration(self, rest: Rest) -> None:
        assert rest.get(".well-known/smart-configuration").status_code == 404


class TestMark:
    def test_a_database_that_was_used_with_access_control_is_not_opened_without_it(
        self, safe: Rest, clock: Clock, tmp_path: Path, issuer: Issuer
    ) -> None:
        with pytest.raises(WrongDatabase, match="with access control since"):
            rest_on(safe.database, clock)
        assert secured(safe.database, clock, issuer_file(tmp_path, issuer)).get("metadata").status_code == 200

    def test_a_database_without_the_mark_may_be_secured_later(
        self, rest: Rest, clock: Clock, tmp_path: Path, issuer: Issuer
    ) -> None:
        assert rest.get("Observation").status_code == 200
        again = secured(rest.database, clock, issuer_file(tmp_path, issuer))
        assert again.get("Observation").status_code == 401


def test_our_public_keys_are_published_with_a_cache_header(
    rest: Rest, sqlite: Any, clock: Clock, tmp_path: Path
) -> None:
    assert rest.client.get("/.well-known/jwks.json").status_code == 404
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [ec_key().as_dict(private=True)]}))
    file.chmod(0o600)
    client = rest_on(sqlite, clock, client_keys=file).client
    answer = client.get("/.well-known/jwks.json")
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert [(key["kid"], "d" in key) for key in answer.get_json()["keys"]] == [("ec-1", False)]
