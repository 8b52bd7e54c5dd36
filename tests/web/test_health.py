"""/health/live and /health/ready: small JSON, never kept, and answered when everything else is refused."""

import os
import shutil
from typing import Any

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from service.adapters.database.engine import Database
from service.adapters.database.migrations.revision import alembic_version
from service.adapters.database.operations import readiness
from service.web import admission
from tests.support.building import scored
from tests.support.logging import Log
from tests.support.rest import Clock, Rest, rest_on


def ready(rest: Rest) -> TestResponse:
    return rest.client.get("/health/ready")


def reason(rest: Rest) -> Any:
    """Why the service is not ready."""
    answer = ready(rest)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json is not None
    assert answer.json["status"] == "not ready"
    return answer.json["reason"]


@pytest.mark.parametrize("name", ["live", "ready"])
def test_both_are_small_json_that_nobody_keeps(rest: Rest, name: str) -> None:
    answer = rest.client.get(f"/health/{name}")
    assert (answer.status_code, answer.json) == (200, {"status": name})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert rest.client.head(f"/health/{name}").status_code == 200


def test_they_need_none_of_the_slots_of_requests(
    sqlite: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "REQUESTS_WITH_DATABASE", 0)
    rest = rest_on(sqlite, clock)
    assert rest.get("Observation").status_code == 503
    assert ready(rest).status_code == 200


def test_a_full_disk_is_not_ready_and_ready_again_once_there_is_room(
    sqlite: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest, usage = rest_on(sqlite, clock), shutil.disk_usage(sqlite.path.parent)
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _: usage._replace(free=readiness.LEAST_FREE_BYTES - 1))
        assert reason(rest) == "the disk of the database is full"
        assert rest.client.get("/health/live").status_code == 200
    assert ready(rest).status_code == 200


def test_a_folder_that_became_read_only_is_not_ready(
    sqlite: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = rest_on(sqlite, clock)
    monkeypatch.setattr(os, "access", lambda path, _: path != sqlite.path.parent)
    assert "cannot be written" in reason(rest)


def test_a_deleted_file_is_not_ready_though_its_pages_can_still_be_read(sqlite: Database, clock: Clock) -> None:
    rest = rest_on(sqlite, clock)
    sqlite.path.unlink()
    assert "deleted or replaced" in reason(rest)


def test_tables_of_another_version_are_not_ready(rest: Rest) -> None:
    with rest.database.write() as connection:
        connection.execute(update(alembic_version).values(version_num="0099"))
    assert "version" in reason(rest)


@pytest.mark.postgres
def test_a_database_server_that_accepts_no_writes_is_not_ready(postgres: Database, clock: Clock) -> None:
    rest = rest_on(postgres, clock)
    with postgres.write() as connection:
        connection.exec_driver_sql("ALTER DATABASE postgres SET default_transaction_read_only = on")
    try:
        postgres.reader.dispose()
        assert "accepts no writes" in reason(rest)
    finally:
        with postgres.reader.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SET default_transaction_read_only = off")
            connection.exec_driver_sql("ALTER DATABASE postgres RESET default_transaction_read_only")
        postgres.reader.dispose()


def test_a_watcher_leaves_no_line_in_the_log_unless_it_finds_something(rest: Rest, logged: Log) -> None:
    ready(rest)
    rest.client.get("/health/live")
    assert logged.lines == []
    with rest.database.write() as connection:
        connection.execute(update(alembic_version).values(version_num="0099"))
    reason(rest)
    assert [(line["event"], line["level"]) for line in logged.lines] == [
        ("service_not_ready", "warning"),
        ("request_finished", "info"),
    ]


def test_they_tell_nothing_about_a_patient(rest: Rest) -> None:
    rest.post(scored("gad-7", [0] * 7, patient="Patient/p1"))
    assert b"p1" not in ready(rest).data
