"""`sural refused` on a SQLite file."""

from pathlib import Path

import pytest
from sqlalchemy import update

from service.adapters.database.engine import Database
from service.adapters.database.migrations.revision import alembic_version
from service.adapters.database.refusals import DatabaseRefusals
from service.ports.refusals import Refusal, RefusedAnswer
from tests.support.building import NOW
from tests.support.running.command_line import run_sural

TIME = "2026-11-21T12:00:00.000Z"
ABOVE = RefusedAnswer("PHQ-9 item 9", ("Several days",), True)
FAULT = "QuestionnaireResponse.questionnaire: `questionnaire` is not known here."
SIGN = Refusal(NOW, 422, "q-1", "Patient/p1", (FAULT,), 3, (ABOVE,))
UNREAD = Refusal(NOW, 413, "q-2", None, ("The content is larger than this service accepts.",), 1)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with one response that was read and one that could not be."""
    url = f"sqlite:///{tmp_path / 'sural.db'}"
    database = Database(url)
    database.create()
    DatabaseRefusals(database).save_refusals([SIGN, UNREAD], NOW)
    database.close()
    return url


def test_list_has_a_line_for_each(url: str) -> None:
    result = run_sural("refused", "list", SURAL_DATABASE=url)
    assert result.exit_code == 0
    assert [line.split("\t") for line in result.stdout.splitlines()] == [
        ["1", TIME, "422", "Patient/p1", "PHQ-9 item 9: Several days (danger sign)", f"{FAULT}; and 2 more"],
        ["2", TIME, "413", "-", "-", UNREAD.faults[0]],
    ]


def test_list_of_danger_signs_has_only_these(url: str) -> None:
    result = run_sural("refused", "list", "--signs", SURAL_DATABASE=url)
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == ["1"]


def test_show_has_everything_that_is_kept(url: str) -> None:
    result = run_sural("refused", "show", "1", SURAL_DATABASE=url)
    assert result.stdout.splitlines() == [
        f"time: {TIME}",
        "status: 422",
        "request: q-1",
        "subject: Patient/p1",
        "PHQ-9 item 9: Several days (danger sign)",
        f"fault: {FAULT}",
        "fault: and 2 more",
    ]
    assert "subject: not readable" in run_sural("refused", "show", "2", SURAL_DATABASE=url).stdout


def test_show_of_an_unknown_number_says_so(url: str) -> None:
    result = run_sural("refused", "show", "9", SURAL_DATABASE=url)
    assert (result.exit_code, result.stderr) == (1, "Error: There is no refused response 9. Run: sural refused list\n")


def test_drop_deletes_by_number(url: str) -> None:
    result = run_sural("refused", "drop", "1", "9", SURAL_DATABASE=url)
    assert (result.exit_code, result.stderr) == (0, "1 refused responses are dropped.\n")
    assert run_sural("refused", "list", SURAL_DATABASE=url).stdout.startswith("2\t")


def test_tables_of_the_version_before_are_named(url: str) -> None:
    database = Database(url)
    with database.write() as connection:
        connection.execute(update(alembic_version).values(version_num="0004"))
    database.close()
    result = run_sural("refused", "list", SURAL_DATABASE=url)
    assert result.exit_code == 1
    assert "version 0004" in result.stderr
    assert "sural migrate" in result.stderr


def test_without_a_database_it_says_so_and_makes_none(tmp_path: Path) -> None:
    result = run_sural("refused", "list", SURAL_DATABASE=f"sqlite:///{tmp_path / 'none.db'}")
    assert result.exit_code == 1
    assert "no database" in result.stderr
    assert list(tmp_path.iterdir()) == []
