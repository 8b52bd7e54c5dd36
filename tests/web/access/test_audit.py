"""The audit trail: an AuditEvent for each access and each refusal, with the write that it is about, never changed."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fhir.resources.R4B.auditevent import AuditEvent
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from service.adapters.database import tables as t
from service.adapters.database.access.access_tables import audit
from service.adapters.database.access.audit_chain import check_chain
from service.adapters.database.access.audit_trail import DatabaseAudit
from service.adapters.database.engine import Database
from service.cli.main import main
from service.fhir.r4.types import Resource
from tests.support.building import scored
from tests.support.other_systems.issuing import Issuer, bearer, issuer_file, secured
from tests.support.rest import Clock, Rest

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def safe(database: Database, clock: Clock, tmp_path: Path, issuer: Issuer) -> Rest:
    return secured(database, clock, issuer_file(tmp_path, issuer))


@pytest.fixture
def ehr(issuer: Issuer) -> dict[str, str]:
    return bearer(issuer.give())


def events(rest: Rest) -> list[Resource]:
    return [json.loads(record.body) for record in DatabaseAudit(rest.database).records()]


def told(event: Resource) -> tuple[str, str, str, list[str]]:
    """Interaction, action, outcome and what an event is about."""
    entities = [entity["what"]["reference"] for entity in event["entity"] if "reference" in entity.get("what", {})]
    return event["subtype"][0]["code"], event["action"], event["outcome"], entities


def response(patient: str = "Patient/p1", **more: Any) -> Resource:
    return {**scored("phq-9", [1] * 9, answers={"safe-now": ["no"]}, patient=patient), **more}


class TestEvents:
    def test_each_access_is_one_event_about_what_it_touched(self, safe: Rest, ehr: dict[str, str]) -> None:
        own, mine = "QuestionnaireResponse/r-1", "Patient/p1"
        asked: list[tuple[Callable[[], Any], tuple[Any, ...]]] = [
            (lambda: safe.post(response(), **ehr), ("create", "C", "0", [mine, own])),
            (lambda: safe.get(own, **ehr), ("read", "R", "0", [mine, own])),
            (lambda: safe.get(f"{own}/_history/1", **ehr), ("vread", "R", "0", [mine, own])),
            (lambda: safe.get(f"{own}/_history", **ehr), ("history-instance", "R", "0", [mine, own])),
            (lambda: safe.get("QuestionnaireResponse?_count=5", **ehr), ("search-type", "E", "0", [mine])),
            (
                lambda: safe.put(response(id="r-1", status="amended"), None, None, **ehr),
                ("update", "U", "0", [mine, own]),
            ),
            (lambda: safe.get("QuestionnaireResponse/none", **ehr), ("read", "R", "4", ["QuestionnaireResponse/none"])),
            (lambda: safe.post({}, **ehr), ("create", "C", "4", [])),
            (lambda: safe.get(own), ("read", "R", "4", [own])),
            (lambda: safe.get("QuestionnaireResponse", **bearer("x")), ("search-type", "E", "4", [])),
            (lambda: safe.get("nothing/here", **ehr), ("operation", "E", "4", [])),
            (lambda: safe.get(f"{own}/$extract", **ehr), ("operation", "E", "0", [mine, own])),
        ]
        for number, (ask, expected) in enumerate(asked, 1):
            answer = ask()
            found = events(safe)
            assert len(found) == number, expected
            assert told(found[-1]) == expected
            (request,) = [each for each in found[-1]["entity"] if each["type"]["code"] == "XrequestId"]
            assert request["what"]["identifier"]["value"] == answer.headers["X-Request-Id"]

    def test_every_event_is_valid_r4_and_follows_the_pattern_that_it_names(
        self, safe: Rest, ehr: dict[str, str], issuer: Issuer
    ) -> None:
        user = bearer(issuer.give(scope="user/*.cruds", fhirUser="Practitioner/d1", sub="someone"))
        for headers in (ehr, user):
            safe.post(response(), **headers)
            safe.get("QuestionnaireResponse/r-1", **headers)
            safe.get("QuestionnaireResponse?patient=p1", **headers)
            safe.get("Questionnaire/phq-9", **headers)
        profiles = []
        for event in events(safe):
            AuditEvent.model_validate(event)
            profiles.append(event["meta"]["profile"][0].rsplit(".", 1)[1])
            client, server, *users = event["agent"]
            assert {client["type"]["coding"][0]["code"], server["type"]["coding"][0]["code"]} == {"110152", "110153"}
            is_read = event["action"] == "R"
            assert client["type"]["coding"][0]["code"] == ("110152" if is_read else "110153")
            assert client["who"]["identifier"] == {"system": "https://login.example/realm", "value": "ehr"}
            assert [each["who"] for each in users] in ([], [{"reference": "Practitioner/d1"}])
            assert sum(agent["requestor"] for agent in event["agent"]) == 1
        assert profiles == ["PatientCreate", "PatientRead", "PatientQuery", "Read"] * 2

    def test_a_search_is_kept_as_it_was_sent_with_an_event_for_each_patient(
        self, safe: Rest, ehr: dict[str, str]
    ) -> None:
        safe.post(response(), **ehr)
        safe.post(response("Patient/p2"), **ehr)
        safe.client.post(
            "/fhir/QuestionnaireResponse/_search?_count=9", data="status=completed", content_type=FORM, headers=ehr
        )
        found = [event for event in events(safe) if told(event)[0] == "search-type"]
        assert sorted(told(event)[3][0] for event in found) == ["Patient/p1", "Patient/p2"]
        queries = {each["query"] for event in found for each in event["entity"] if "query" in each}
        assert [base64.b64decode(query) for query in queries] == [b"_count=9&status=completed"]

    def test_no_token_is_ever_kept(self, safe: Rest, issuer: Issuer) -> None:
        token = issuer.give()
        safe.get("Observation", **bearer(token))
        safe.get("Observation", **bearer(token[:-2]))
        safe.get(f"Observation?access_token={token}")
        assert len(events(safe)) == 3
        kept = json.dumps(events(safe))
        assert token[:40] not in kept
        assert base64.b64encode(b"access_token")[:12].decode() not in kept

    def test_each_entry_of_a_bundle_is_an_event(self, safe: Rest, ehr: dict[str, str]) -> None:
        request = {"method": "POST", "url": "QuestionnaireResponse"}
        entries = [
            {"resource": each, "request": request} for each in (response(), response(status="banana"), response())
        ]
        safe.post({"resourceType": "Bundle", "type": "batch", "entry": entries}, "", **ehr)
        assert sorted(told(event)[:3] for event in events(safe)) == [
            ("create", "C", "0"),
            ("create", "C", "0"),
            ("create", "C", "4"),
        ]
        safe.post({"resourceType": "Bundle", "type": "transaction", "entry": entries[:2]}, "", **ehr)
        assert told(events(safe)[-1])[1:3] == ("E", "4")
        both = [
            {"resource": each, "request": request}
            for each in (response(), scored("gad-7", [1] * 7, patient="Patient/p1"))
        ]
        assert safe.post({"resourceType": "Bundle", "type": "transaction", "entry": both}, "", **ehr).status_code == 200
        assert [told(event)[:3] for event in events(safe)[4:]] == [("create", "C", "0")] * 2

    def test_a_resend_is_an_access_too(self, safe: Rest, ehr: dict[str, str]) -> None:
        for _ in range(2):
            safe.post(response(identifier={"system": "urn:x", "value": "1"}), **ehr)
        assert [told(event)[:3] for event in events(safe)] == [("create", "C", "0")] * 2

    def test_what_the_service_says_of_itself_is_no_access(self, safe: Rest) -> None:
        for path in ("metadata", ".well-known/smart-configuration"):
            safe.get(path)
        safe.client.options("/fhir/Observation")
        safe.client.get("/health/ready")
        assert not events(safe)

    def test_without_access_control_there_is_no_trail(self, rest: Rest) -> None:
        rest.post(response())
        rest.get("QuestionnaireResponse/r-1")
        assert not events(rest)

    def test_the_log_has_nothing_of_it(self, safe: Rest, ehr: dict[str, str], logged: Any) -> None:
        safe.post(response("Patient/Zyxw-77"), **ehr)
        safe.get("QuestionnaireResponse?patient=Zyxw-77", **ehr)
        written = logged.stream.getvalue()
        assert "Zyxw" not in written
        assert "AuditEvent" not in written
        assert any("Zyxw-77" in json.dumps(event) for event in events(safe))


class TestUnwritable:
    @pytest.fixture
    def full(self, safe: Rest, ehr: dict[str, str]) -> Rest:
        """The application, whose trail takes no more rows."""
        assert safe.post(response(), **ehr).status_code == 201
        if safe.database.is_sqlite:
            rule = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(FAIL, 'full'); END"
        else:
            rule = "ALTER TABLE audit ADD CONSTRAINT full_now CHECK (false) NOT VALID"
        with safe.database.write() as connection:
            connection.exec_driver_sql(rule)
        return safe

    def test_nothing_is_served_and_nothing_is_stored(self, full: Rest, ehr: dict[str, str]) -> None:
        try:
            assert full.get("QuestionnaireResponse/r-1", **ehr).status_code == 503
            assert full.post(response(), **ehr).status_code == 503
            with full.database.read() as connection:
                assert len(connection.execute(select(t.response)).all()) == 1
        finally:
            if not full.database.is_sqlite:
                with full.database.write() as connection:
                    connection.exec_driver_sql("ALTER TABLE audit DROP CONSTRAINT full_now")


class TestChain:
    @pytest.fixture
    def kept(self, safe: Rest, ehr: dict[str, str]) -> Rest:
        for _ in range(5):
            safe.get("Observation", **ehr)
        return safe

    def test_it_is_whole(self, kept: Rest) -> None:
        report = check_chain(DatabaseAudit(kept.database).records())
        assert (report.count, report.broken) == (5, ())

    @pytest.mark.parametrize("act", ["update", "delete"])
    def test_a_row_cannot_be_changed_or_deleted(self, kept: Rest, act: str) -> None:
        statement = update(audit).values(body="{}") if act == "update" else delete(audit)
        with pytest.raises((DBAPIError, IntegrityError)), kept.database.writer.begin() as connection:
            connection.execute(statement)
        assert check_chain(DatabaseAudit(kept.database).records()).count == 5

    def test_every_change_behind_the_triggers_is_found(self, kept: Rest) -> None:
        records = list(DatabaseAudit(kept.database).records())
        last = records[-1].hash
        for index, record in enumerate(records):
            changed = record.__class__(
                record.sequence, record.body.replace("read", "raed").replace("E", "F", 1), record.previous, record.hash
            )
            assert check_chain([*records[:index], changed, *records[index + 1 :]]).broken[0] == record.sequence
            assert check_chain([*records[:index], *records[index + 1 :]], known=last).broken
        assert check_chain(records[:-1], known=last).broken == (0,)
        assert check_chain(records, known=last).broken == ()
        assert check_chain(records[:-1]).broken == ()


class TestCommands:
    @pytest.fixture
    def kept(self, sqlite: Database, clock: Clock, tmp_path: Path, issuer: Issuer, monkeypatch: Any) -> Rest:
        monkeypatch.setenv("SURAL_DATABASE", f"sqlite:///{tmp_path / 'sural.db'}")
        safe = secured(sqlite, clock, issuer_file(tmp_path, issuer))
        for _ in range(3):
            safe.get("Observation", **bearer(issuer.give()))
        return safe

    def test_verify_says_how_many_and_the_last_hash(self, kept: Rest) -> None:
        result = CliRunner().invoke(main, ["audit", "verify"])
        last = list(DatabaseAudit(kept.database).records())[-1].hash
        assert (result.exit_code, result.stdout) == (0, f"3 records, last hash {last}\n")
        assert CliRunner().invoke(main, ["audit", "verify", "--known", last]).exit_code == 0
        assert CliRunner().invoke(main, ["audit", "verify", "--known", "0" * 63 + "1"]).exit_code != 0

    def test_verify_fails_if_a_row_was_changed(self, kept: Rest) -> None:
        with kept.database.write() as connection:
            connection.exec_driver_sql("DROP TRIGGER audit_no_update")
            connection.execute(update(audit).where(audit.c.sequence == 2).values(body="{}"))
        result = CliRunner().invoke(main, ["audit", "verify"])
        assert result.exit_code != 0
        assert "Record 2" in result.output

    def test_export_writes_one_event_per_line(self, kept: Rest) -> None:
        result = CliRunner().invoke(main, ["audit", "export", "--after", "1"])
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert [line["resourceType"] for line in lines] == ["AuditEvent"] * 2
        assert "2 AuditEvents." in result.stderr
