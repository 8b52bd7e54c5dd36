"""What revision 0014 stored is stored after the upgrade, compressed; and what is stored is kept once."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.keeping.bodies import body_of, select_resources
from tests.support.building import phq, with_total
from tests.support.database.old_databases import KINDS, filled_database
from tests.support.rest import Clock, Rest, rest_on

LABEL = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}


@pytest.fixture(params=KINDS)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with filled_database(request, tmp_path, 14) as database:
        yield database


def test_each_body_is_what_it_was(old: Database) -> None:
    with old.read() as connection:
        rows = connection.execute(text("SELECT id, version, body FROM resource")).all()
        received = connection.execute(text("SELECT id, version, body FROM received")).all()
    old.create()
    with old.read() as connection:
        kept = {(row.id, row.version): body_of(row) for row in connection.execute(select_resources())}
        bodies = {(row.id, row.version): row.body for row in connection.execute(select(t.received))}
    assert len(rows) > 40
    assert kept == {(row.id, row.version): row.body for row in rows}
    assert bodies == {(row.id, row.version): bytes(row.body) for row in received}


def test_a_response_that_is_labelled_as_a_test_is_one(old: Database, clock: Clock) -> None:
    with old.write() as connection:
        query = "SELECT id, version, body FROM resource WHERE type = 'QuestionnaireResponse' AND version = 1"
        row = connection.execute(text(f"{query} AND current ORDER BY id")).first()
        assert row is not None
        labelled = json.dumps({**json.loads(row.body), "meta": {"security": [LABEL]}}, separators=(",", ":"))
        changed = {"body": labelled, "id": row.id}
        connection.execute(text("UPDATE resource SET body = :body WHERE id = :id"), changed)
    old.create()
    with old.read() as connection:
        marked = connection.scalars(select(t.response.c.id).where(t.response.c.is_test)).all()
    assert marked == [row.id]


def test_what_is_received_is_kept_byte_for_byte(rest: Rest) -> None:
    body = json.dumps(phq(), indent=3, ensure_ascii=False).encode() + b"\n \n"
    rest.post(body)
    with rest.database.read() as connection:
        assert connection.scalars(select(t.received.c.body)).all() == [body]


def test_one_write_is_one_frame_for_each_submission(rest: Rest) -> None:
    rest.post(phq())
    stored = rest.one("QuestionnaireResponse?subject=Patient/p1")
    stored.pop("meta")
    rest.put({**stored, "status": "amended"})
    with rest.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(t.content)) == 2
        kept = [body_of(row) for row in connection.execute(select_resources())]
    assert len(kept) > 14


def test_a_flag_of_a_test_calls_nobody_in_a_later_submission(rest: Rest) -> None:
    """The label is read from the table of the responses, not from the body."""
    rest.post(with_total("phq-9", 12, last=1, meta={"security": [LABEL]}))
    with rest.database.read() as connection:
        assert connection.scalars(select(t.response.c.is_test)).all() == [True]
    assert rest.found("Task") == []
    rest.post(phq())
    assert "HTEST" not in str(rest.found("ClinicalImpression?_sort=-_lastUpdated&_count=1"))


def test_a_page_ends_before_it_is_too_large(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.adapters.database.store.PAGE_BYTES", 10)
    rest.post(phq())
    assert len(rest.found("Observation?patient=p1")) == 1


def test_another_clock_and_a_new_process_read_what_was_written(sqlite: Database, clock: Clock) -> None:
    rest_on(sqlite, clock).post(phq())
    url = str(sqlite.url)
    sqlite.close()
    with closing(Database(url)) as again:
        assert len(rest_on(again, clock).found("Observation?patient=p1")) == 12
