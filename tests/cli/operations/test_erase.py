"""`sural erase` deletes everything of one patient, and nothing else, after an export."""

import hashlib
import json
import stat
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import String, Text, cast, func, select

from service.adapters.database import tables as t
from service.adapters.database.access.access_tables import audit
from service.adapters.database.engine import Database
from service.adapters.database.keeping.bodies import body_of, select_resources
from service.adapters.database.keeping.frames import decompress
from service.adapters.database.operations.erasure import KEPT, rows_of
from tests.support.building import phq, scored
from tests.support.rest import Clock, Rest, rest_on
from tests.support.running.command_line import run_sural


def fill(rest: Rest) -> None:
    """Stores what two patients sent, and a trace of a refused response of each."""
    for patient in ("Patient/p1", "Patient/p2"):
        assert rest.post(phq(patient=patient), Idempotency_Key=f"key-of-{patient[-2:]}").status_code == 201
        assert rest.post(scored("gad-7", [1] * 7, patient=patient)).status_code == 201
        assert rest.post({**phq(patient=patient), "questionnaire": "http://example.org/unknown"}).status_code == 422


@pytest.fixture
def url(sqlite: Database, clock: Clock) -> str:
    fill(rest_on(sqlite, clock))
    sqlite.close()
    return str(sqlite.url)


def erase(url: str, export: Path, patient: str = "Patient/p1", allowed: str = "allowed") -> Result:
    return run_sural("erase", patient, "--export", str(export), SURAL_DATABASE=url, SURAL_ERASE=allowed)


def mentions(url: str, text: str) -> dict[str, int]:
    """How many rows of each table have this text in a column."""
    database, found = Database(url), {}
    with database.read() as connection:
        for table in t.metadata.sorted_tables:
            texts = [cast(column, String) for column in table.columns if isinstance(column.type, String | Text)]
            rows = sum(connection.scalar(select(func.count()).where(each.contains(text))) or 0 for each in texts)
            found[table.name] = rows
        bodies = [body_of(row) for row in connection.execute(select_resources())]
        bodies += [body.decode() for body in connection.scalars(select(t.received.c.body))]
        found["bodies"] = sum(text in body for body in bodies)
        kept = connection.scalars(select(t.content.c.frame))
        found["frames"] = sum(text.encode() in decompress(frame) for frame in kept)
    database.close()
    return {name: rows for name, rows in found.items() if rows}


def test_nothing_of_the_patient_is_left_but_the_audit(url: str, tmp_path: Path) -> None:
    before = mentions(url, "Patient/p2")
    result = erase(url, tmp_path / "export.json")
    assert result.exit_code == 0, result.stderr
    assert "received\t2" in result.stdout.splitlines()
    assert set(mentions(url, "Patient/p1")) == {"audit"}
    assert "identity" not in mentions(url, "key-of-p1")
    assert mentions(url, "Patient/p2") == before
    assert mentions(url, "key-of-p2") == {"identity": 1}


def test_nothing_can_be_read_in_the_file(url: str, tmp_path: Path) -> None:
    erase(url, tmp_path / "export.json")
    assert b"key-of-p1" not in b"".join(path.read_bytes() for path in tmp_path.glob("sural.db*"))
    assert b"key-of-p2" in b"".join(path.read_bytes() for path in tmp_path.glob("sural.db*"))


def test_the_export_has_what_was_erased_and_only_its_owner_reads_it(url: str, tmp_path: Path) -> None:
    export = tmp_path / "export.json"
    erase(url, export)
    assert stat.S_IMODE(export.stat().st_mode) == 0o600
    content = json.loads(export.read_bytes())
    assert content["patient"] == "Patient/p1"
    bodies = [json.loads(row["body"]) for row in content["tables"]["received"]]
    assert [body["subject"]["reference"] for body in bodies] == ["Patient/p1"] * 2
    assert {row["type"] for row in content["tables"]["resource"]} >= {"Observation", "ClinicalImpression"}


def test_the_erasure_is_recorded(url: str, tmp_path: Path) -> None:
    export = tmp_path / "export.json"
    erase(url, export)
    database = Database(url)
    with database.read() as connection:
        body = connection.scalars(select(audit.c.body).order_by(audit.c.sequence.desc())).first()
    database.close()
    event = json.loads(str(body))
    assert (event["action"], event["subtype"][0]["code"], event["outcome"]) == ("D", "delete", "0")
    assert f"sha-256:{hashlib.sha256(export.read_bytes()).hexdigest()}" in str(body)


def test_it_is_off_by_default(url: str, tmp_path: Path) -> None:
    result = run_sural("erase", "Patient/p1", "--export", str(tmp_path / "e"), SURAL_DATABASE=url)
    assert (result.exit_code, result.stderr) == (1, "Error: SURAL_ERASE is not set to allowed, so nothing is erased.\n")
    assert not (tmp_path / "e").exists()


def test_without_an_export_nothing_is_erased(url: str, tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text("an earlier export")
    before = mentions(url, "Patient/p1")
    result = erase(url, tmp_path / "export.json")
    assert result.exit_code == 1
    assert "cannot be written: File exists. Nothing is erased." in result.stderr
    assert mentions(url, "Patient/p1") == before


@pytest.mark.parametrize("patient", ["p1", "Patient/", "Patient/p1/x", "Observation/p1"])
def test_only_a_reference_to_a_patient_is_taken(url: str, tmp_path: Path, patient: str) -> None:
    result = erase(url, tmp_path / "export.json", patient)
    assert (result.exit_code, result.stderr) == (1, "Error: The patient must be a reference such as Patient/p1.\n")


def test_of_an_unknown_patient_there_is_nothing(url: str, tmp_path: Path) -> None:
    result = erase(url, tmp_path / "export.json", "Patient/p9")
    assert (result.exit_code, result.stderr) == (1, "Error: Nothing of this patient is stored.\n")
    assert not (tmp_path / "export.json").exists()


def test_each_table_is_erased_or_kept_for_a_reason() -> None:
    assert {*rows_of("Patient/p1"), *KEPT} == set(t.metadata.sorted_tables)
