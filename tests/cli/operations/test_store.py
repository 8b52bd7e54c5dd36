"""`sural store check` reads everything back, and names what is wrong without its content."""

from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import LargeBinary, select, type_coerce, update

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.keeping.frames import compress
from tests.support.building import phq, scored
from tests.support.database.store_tour import fill
from tests.support.rest import Clock, content, rest_on
from tests.support.running.command_line import run_sural


@pytest.fixture
def url(sqlite: Database, clock: Clock) -> str:
    """A database with submissions, corrections, a withdrawal and a transaction; what is received is indented."""
    rest = rest_on(sqlite, clock)
    fill(rest)
    rest.put({**scored("gad-7", [0] * 7), "id": "mine"})
    entries = [{"resource": phq(), "request": {"method": "POST", "url": "QuestionnaireResponse"}}]
    answer = rest.post({"resourceType": "Bundle", "type": "transaction", "entry": entries}, "")
    assert content(answer)["entry"][0]["response"]["status"] == "201 Created"
    sqlite.close()
    return str(sqlite.url)


def check(url: str) -> Result:
    return run_sural("store", "check", SURAL_DATABASE=url)


def test_what_was_stored_is_read_back(url: str) -> None:
    result = check(url)
    assert (result.exit_code, result.stdout) == (0, ""), result.stderr
    assert "All is well" in result.stderr


def test_a_changed_frame_is_named_for_each_resource_in_it_and_the_entry_that_sends_it(url: str) -> None:
    with closing(Database(url)) as database, database.write() as connection:
        frame = connection.scalars(select(t.content.c.frame).where(t.content.c.id == 1)).one()
        changed = frame[:-1] + bytes([frame[-1] ^ 1])
        connection.execute(update(t.content).where(t.content.c.id == 1).values(frame=changed))
        mine = select(t.resource.c.type, t.resource.c.id).where(t.resource.c.content == 1)
        names = {f"{row.type}/{row.id} version 1\tits body cannot be read" for row in connection.execute(mine)}
    result = check(url)
    lines = set(result.stdout.splitlines())
    assert result.exit_code == 1
    assert lines == names | {"entry 1 of the outbox\twhat it sends cannot be read"}
    assert "Patient" not in result.stdout


def test_a_body_as_received_that_is_another_one_is_named(url: str) -> None:
    with closing(Database(url)) as database, database.write() as connection:
        mine = (t.received.c.id == "mine",)
        connection.execute(update(t.received).where(*mine).values(body=b'{"resourceType":"QuestionnaireResponse"}'))
    result = check(url)
    assert result.exit_code == 1
    name = "QuestionnaireResponse/mine version 1 as received"
    assert result.stdout.splitlines() == [f"{name}\tits digest is not the one that was stored"]


def test_a_body_as_received_that_is_no_frame_is_named(url: str) -> None:
    with closing(Database(url)) as database, database.write() as connection:
        raw = type_coerce(b"{}", LargeBinary)
        connection.execute(update(t.received).where(t.received.c.id == "mine").values(body=raw))
    assert check(url).stdout.splitlines() == [
        "QuestionnaireResponse/mine version 1 as received\tits body cannot be read"
    ]


def test_a_resource_with_the_body_of_another_is_named(url: str) -> None:
    with closing(Database(url)) as database, database.write() as connection:
        row = connection.execute(select(t.resource).where(t.resource.c.content == 1, t.resource.c.line == 1)).one()
        same = (t.resource.c.type == row.type, t.resource.c.id == row.id)
        connection.execute(update(t.resource).where(*same).values(line=2))
    assert f"{row.type}/{row.id} version 1\tits body is that of another resource" in check(url).stdout.splitlines()


def test_a_frame_with_too_few_lines_is_found(url: str) -> None:
    with closing(Database(url)) as database, database.write() as connection:
        connection.execute(update(t.content).where(t.content.c.id == 1).values(frame=compress(b"{}")))
    assert check(url).exit_code == 1


def rows_by_table(url: str) -> dict[str, list[object]]:
    """Every row of the tables that a move or an erasure changes."""
    tables = (t.patient, t.act, t.response, t.resource, t.outbox)
    with closing(Database(url)) as database, database.read() as connection:
        return {table.name: [tuple(row) for row in connection.execute(select(table))] for table in tables}


@pytest.mark.parametrize("command", ["move", "erase"])
def test_a_command_that_needs_what_cannot_be_read_changes_nothing_and_says_so(
    url: str, command: str, tmp_path: Path
) -> None:
    with closing(Database(url)) as database, database.write() as connection:
        connection.execute(update(t.content).values(frame=b"broken"))
    words = ["move", "Patient/p1", "Patient/p9"]
    if command == "erase":
        words = ["erase", "Patient/p1", "--export", str(tmp_path / "export.json")]
    before = rows_by_table(url)
    result = run_sural(*words, SURAL_DATABASE=url, SURAL_ERASE="allowed")
    assert rows_by_table(url) == before
    text = "Error: Something stored cannot be read. Run: sural store check\n"
    assert (result.exit_code, result.stderr) == (1, text)
