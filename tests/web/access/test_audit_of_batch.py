"""The caller of a batch learns what is stored, though the audit trail or the service fails after the first entries."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service.adapters.database.engine import Database
from service.fhir.r4.types import Resource
from service.ports.submissions import Receipt
from service.usecases.responses.transaction import EntryRequest, run_entry
from service.web.fhir.interactions import transaction
from tests.support.other_systems.issuing import Issuer, bearer, issuer_file, secured
from tests.support.rest import Clock, Rest, content
from tests.web.access.test_audit import events, response, told


@pytest.fixture
def safe(database: Database, clock: Clock, tmp_path: Path, issuer: Issuer) -> Rest:
    return secured(database, clock, issuer_file(tmp_path, issuer))


@pytest.fixture
def ehr(issuer: Issuer) -> dict[str, str]:
    return bearer(issuer.give())


class TestEndOfBatch:
    """The trail takes what is written, and then no more, as on a disk that fills up."""

    @pytest.fixture
    def filling(self, safe: Rest) -> Iterator[Rest]:
        """The application, whose trail takes the events of refusals no more."""
        is_sqlite, refusal = safe.database.is_sqlite, """LIKE '%"outcome":"4"%'"""
        rule = f"CREATE TRIGGER full BEFORE INSERT ON audit WHEN NEW.body {refusal} BEGIN SELECT RAISE(FAIL, ''); END"
        check = f"ALTER TABLE audit ADD CONSTRAINT full_now CHECK (NOT body {refusal}) NOT VALID"
        with safe.database.write() as connection:
            connection.execute(text(rule if is_sqlite else check))
        yield safe
        if not is_sqlite:
            with safe.database.write() as connection:
                connection.exec_driver_sql("ALTER TABLE audit DROP CONSTRAINT full_now")

    def test_the_caller_learns_which_entries_are_stored(self, filling: Rest, ehr: dict[str, str], logged: Any) -> None:
        answer = filling.post(batch(response(), response(status="banana"), response()), "", **ehr)
        assert answer.status_code == 200
        entries = [entry["response"] for entry in content(answer)["entry"]]
        assert [entry["status"][:3] for entry in entries] == ["201", "503", "201"]
        assert entries[1]["outcome"]["issue"][0]["code"] == "transient"
        assert [told(event)[:3] for event in events(filling)] == [("create", "C", "0")] * 2
        assert [line["count"] for line in logged.lines if line["event"] == "audit_not_written"] == [1]

    def test_if_nothing_is_stored_nothing_is_served(self, filling: Rest, ehr: dict[str, str]) -> None:
        assert filling.post(batch(response(status="banana")), "", **ehr).status_code == 503

    def test_an_entry_that_the_service_fails_on_hides_no_other(
        self, safe: Rest, ehr: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(entry: EntryRequest, *others: Any) -> Receipt:
            """Fails on the second entry."""
            if entry.index:
                raise ZeroDivisionError
            return run_entry(entry, *others)

        monkeypatch.setattr(transaction, "run_entry", fail)
        answer = safe.post(batch(response(), response()), "", **ehr)
        assert [entry["response"]["status"][:3] for entry in content(answer)["entry"]] == ["201", "500"]
        assert [told(event)[2] for event in events(safe)] == ["0", "8"]


def batch(*resources: Resource) -> Resource:
    """A batch that creates these."""
    request = {"method": "POST", "url": "QuestionnaireResponse"}
    entries = [{"resource": each, "request": request} for each in resources]
    return {"resourceType": "Bundle", "type": "batch", "entry": entries}
