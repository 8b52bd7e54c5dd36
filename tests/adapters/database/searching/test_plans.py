"""The cost of a statement must not follow the size of the store: no plan reads a table that grows from end to end."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from service.adapters.database import tables as t
from service.adapters.database.access.access_tables import secured
from service.adapters.database.engine import Database
from service.adapters.database.operations.erasure import erase_patient
from service.adapters.database.operations.moving import move_patient
from service.adapters.database.searching import driving_term
from service.fhir.r4.strict_json import encode, load
from service.fhir.r4.types import Resource
from service.fhir.results.bundle import outgoing_copy
from tests.support.database.rooms_tour import tour_rooms
from tests.support.database.store_tour import (
    ADAPTERS,
    Heard,
    deliver,
    fill,
    listening,
    make_key,
    read,
    refuse,
    search_all,
    watch_tasks,
)
from tests.support.rest import Rest

# These keep a bounded number of rows (refusals.py, posted_searches.py), those of all codes that are used, or one.
BOUNDED = {
    t.refused.name,
    t.token.name,
    t.token_set.name,
    t.posted_search.name,
    t.page_key.name,
    t.schema.name,
    secured.name,
}
GROWING = set(t.metadata.tables) - BOUNDED
# What may read a table from end to end, and why; ";" is the end of a statement. What counts or lists all for the
# operator reads an index, or is asked for by a person.
COUNTS = {
    "SELECT count(*) AS count_1 FROM received": "/metrics counts versions",
    "SELECT count(*) AS count_1 FROM resource WHERE resource.type =": "/metrics counts impressions",
    "SELECT outbox.state, count(*) AS count_1 FROM outbox GROUP BY outbox.state": "/metrics counts entries",
    "min(notice.first) AS min_1 FROM notice": "/metrics counts what is to be picked up",
    "AS rank FROM outbox ORDER BY rank": "`sural outbox list` lists them all",
    "ORDER BY form_link.made, form_link.id": "`sural link list` lists them all",
    "SELECT count(*) AS count_1 FROM notice;": "a notification counts what waits, at most MAX_NOTICES, in an index",
    "audit.hash FROM audit ORDER BY audit.sequence DESC LIMIT": "the last record: one row, at the end of the key",
    "DELETE FROM request_count;": "`limits` asks that all counts can be deleted; the service never does it",
}
# https://www.sqlite.org/fileformat.html#the_sqlite_stat1_table
# A table without an index has its rows under None.
MILLION: dict[tuple[str, str | None], str] = {
    ("act", "ix_act_patient"): "1000000 5",
    ("act", "sqlite_autoindex_act_1"): "1000000 1",
    ("response", "ix_response_patient"): "1000000 5",
    ("resource", "resource_tokens"): "15000000 30000",
    ("resource", "resource_patient"): "15000000 70 14 14",
    ("resource", "resource_effective"): "15000000 3000000 30 12",
    ("resource", "resource_stored"): "15000000 3000000 30 12",
    ("resource", "resource_act"): "15000000 15",
    ("resource", "sqlite_autoindex_resource_1"): "15000000 3000000 1 1",
    ("content", "ix_content_act"): "1300000 2",
    ("search", "search_value"): "3000000 1000000 500000 2",
    ("search", "search_resource"): "3000000 3 3",
    ("token", "token_value"): "1000 200 50 2",
    ("token_set", "sqlite_autoindex_token_set_1"): "200 1",
    ("outbox", "ix_outbox_patient"): "1000000 5",
    ("outbox", "outbox_due"): "1000000 300000 1",
    ("outbox", "sqlite_autoindex_outbox_1"): "1000000 1 1",
    ("delivered", None): "1000000",
    ("identity", "sqlite_autoindex_identity_1"): "1000000 1000000 1",
    ("received", "sqlite_autoindex_received_1"): "1000000 1 1",
    ("response", "sqlite_autoindex_response_1"): "1000000 1",
    ("patient", "sqlite_autoindex_patient_1"): "200000 1",
    ("coded_answers", "sqlite_autoindex_coded_answers_1"): "1000000 1",
    ("coded_questions", "sqlite_autoindex_coded_questions_1"): "40 1",
    # A third of the submissions call a person; most Tasks escalate no other one, and 200 are taken by nobody.
    ("task", "sqlite_autoindex_task_1"): "300000 1",
    ("task", "ix_task_act"): "300000 2",
    ("task", "ix_task_patient"): "300000 3",
    ("task", "task_root"): "9000 2",
    ("task", "ix_task_due"): "300000 600",
    ("task", "task_late"): "200 100 40 1",
    ("task", "task_overdue"): "200 100 50 1",
    ("task", "task_escalated"): "9000 4500 1500",
    # Half of the submissions come from forms that were opened with a link, a fifth of the links belong to a Task.
    ("form_link", "sqlite_autoindex_form_link_1"): "500000 1",
    ("form_link", "sqlite_autoindex_form_link_2"): "500000 1",
    ("form_link", "sqlite_autoindex_form_link_3"): "500000 5",
    ("form_visit", "sqlite_autoindex_form_visit_1"): "600000 1",
    ("form_visit", "sqlite_autoindex_form_visit_2"): "600000 2",
    ("form_visit", "form_visit_unsent"): "20000 1",
    ("form_session", "sqlite_autoindex_form_session_1"): "2000 1",
    ("form_session", "ix_form_session_until"): "2000 1",
    ("form_session", "ix_form_session_visit"): "2000 1",
    ("form_task", "sqlite_autoindex_form_task_1"): "100000 1",
    ("form_task", "sqlite_autoindex_form_task_2"): "100000 1",
    ("form_task", "ix_form_task_patient"): "100000 2",
    ("form_task", "ix_form_task_due"): "100000 20",
    # Half of the submissions are picked up, and each is read or searched for several times, which is audited.
    ("fetched", "sqlite_autoindex_fetched_1"): "500000 1",
    ("notice", "sqlite_autoindex_notice_1"): "100000 1",
    ("notice", "ix_notice_due"): "100000 50",
    ("missed", "ix_missed_due"): "1000 2",
    ("subscription", "sqlite_autoindex_subscription_1"): "10 1",
    ("change_search", "sqlite_autoindex_change_search_1"): "2 1",
    ("audit", None): "10000000",
    ("request_count", "sqlite_autoindex_request_count_1"): "5000 1",
    ("request_count", "ix_request_count_until"): "5000 2",
}
# The modules whose statements the tour need not make, and the migrations: an operator asks for what they do, and waits.
LEFT_OUT = {
    "checking.py": "`sural store check` reads everything back",
    "coded_store.py": "`sural population` reads the answers of every response",
    "erasure.py": "`sural erase` looks for a patient in each table: see OF_PATIENT",
    "moving.py": "`sural move` looks for the patient in each table: see OF_PATIENT",
    "engine.py": "it sets up connections, and reads no table",
    "sqlite_file.py": "it looks at the file before it is opened",
}
# What `sural erase` and `sural move` read from end to end, because nothing else looks for a patient or a response
# there. Measured in SQLite: a tenth of a second for each look at a million rows; to write a file of 1.7 GB anew, as
# erasing does, takes 18 seconds. An index would be written with each visit, link and identifier.
OF_PATIENT = {t.form_visit.name, t.form_link.name, t.identity.name}
EXECUTING = ("execute", "scalar", "scalars")
# An index by the type alone: a large part of the table.
BY_TYPE = re.compile(r"SEARCH (resource|target) USING .*\(type=\?\)")
# Lines that read a large part of a table in a statement with this text: the sessions of all browsers that are at work,
# the Tasks that escalate no other one, and at each look of the watch those of a level that nobody has taken.
LARGE = {
    r"SEARCH form_session USING .*\(until>\?\)": "",
    r"SEARCH task USING .*\(root=\?\)": "task.root IS NULL",
    r"SEARCH task USING .*\(urgency=\?\)": "LIMIT",
}


def hear_all(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> Heard:
    """All statements: with terms that have few entries, then with terms that have many."""
    with listening(rest.database) as heard:
        rest.database.create()
        fill(rest)
        read(rest)
        search_all(rest)
        with monkeypatch.context() as patched:
            patched.setattr(driving_term, "FEW_ENTRIES", -1)
            search_all(rest)
        deliver(rest)
        refuse(rest.database)
        make_key(rest.database)
        watch_tasks(rest.database)
        tour_rooms(rest)
    return heard


def one_line(statement: str) -> str:
    return " ".join(statement.split())


def planned(heard: Heard) -> list[str]:
    """The statements that have a plan, and are not those of ``COUNTS``."""
    verbs = ("SELECT", "UPDATE", "DELETE", "INSERT", "WITH")
    chosen = [each for each in heard.statements if each.startswith(verbs) and "pg_catalog" not in each]
    return [each for each in chosen if not any(text in f"{one_line(each)};" for text in COUNTS)]


def sqlite_plan(connection: Connection, statement: str, heard: Heard) -> list[str]:
    explained = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", heard.statements[statement])
    return [row[3] for row in explained]


def sqlite_faults(statement: str, plan: list[str]) -> Iterator[str]:
    """The lines of a plan that read a growing table from end to end, or a large part of it.

    Only a page of all resources of a type may be found by the type alone, if an index has them in the order.
    """
    is_page = "LIMIT" in statement and "resource.current = 1 AND resource.id IN" not in one_line(statement)
    walks = is_page and "USE TEMP B-TREE FOR ORDER BY" not in plan
    for line in plan:
        scanned = re.match(r"SCAN (\w+)", line)
        is_scan = scanned is not None and scanned[1] in GROWING | {"earlier"}
        is_large = any(re.match(pattern, line) and text in one_line(statement) for pattern, text in LARGE.items())
        if is_scan or is_large or (BY_TYPE.match(line) and not walks):
            yield line


def postgres_faults(connection: Connection, statement: str, heard: Heard) -> Iterator[str]:
    """The tables that are read from end to end even if that is made costly: no index leads to the rows."""
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    for (line,) in connection.exec_driver_sql(f"EXPLAIN {statement}", heard.statements[statement]):
        scanned = re.search(r"Seq Scan on (\w+)", line)
        if scanned and scanned[1] in GROWING:
            yield line


def faults(database: Database, heard: Heard) -> dict[str, list[str]]:
    found = {}
    with database.read() as connection:
        for statement in planned(heard):
            if database.is_sqlite:
                lines = list(sqlite_faults(statement, sqlite_plan(connection, statement, heard)))
            else:
                lines = list(postgres_faults(connection, statement, heard))
            if lines:
                found[one_line(statement)] = lines
    return found


def test_no_statement_reads_a_growing_table_from_end_to_end(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = hear_all(rest, monkeypatch)
    assert silent_lines(rest.database, heard) == [], "add a call to tests/support/database/store_tour.py"
    assert faults(rest.database, heard) == {}
    if rest.database.is_sqlite:
        pretend_many(rest.database)
        assert faults(rest.database, heard) == {}, "with statistics"


def test_the_statistics_are_of_each_index_of_a_table_that_grows(sqlite: Database) -> None:
    with sqlite.read() as connection:
        rows = connection.exec_driver_sql("SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'")
        there = {(table, index) for table, index in rows if table in GROWING}
    assert there == {each for each in MILLION if each[0] in GROWING and each[1] is not None}


def test_erasing_and_moving_read_three_tables_alone_from_end_to_end(rest: Rest) -> None:
    fill(rest)
    tour_rooms(rest)
    with listening(rest.database) as heard:
        event = {"resourceType": "AuditEvent"}
        move_patient(
            rest.database, "Patient/p1", "Patient/p9", readdressed, outgoing_copy, event, "2026-11-22T00:00:00Z"
        )
        erase_patient(rest.database, "Patient/p9", lambda rows: event)
    assert read_whole(rest.database, heard) == OF_PATIENT
    if rest.database.is_sqlite:
        pretend_many(rest.database)
        assert read_whole(rest.database, heard) == OF_PATIENT, "with statistics"


def readdressed(resource: Resource) -> Resource:
    """A resource of the patient p1 as one of p9."""
    return load(encode(resource).replace(b'"Patient/p1"', b'"Patient/p9"'))


def read_whole(database: Database, heard: Heard) -> set[str]:
    """The tables that statements read from end to end."""
    lines = [line for found in faults(database, heard).values() for line in found]
    return {re.sub(r".*?(SCAN|Seq Scan on) (\w+).*", r"\2", line) for line in lines}


def executed_lines() -> Iterator[tuple[str, int, int]]:
    """File, first and last line of each call in the adapters that runs a statement, but for those in ``LEFT_OUT``."""
    for path in Path(ADAPTERS).rglob("*.py"):
        if path.name in LEFT_OUT or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in EXECUTING:
                receiver = ast.unparse(node.func.value)
                if receiver == "connection":
                    yield path.name, node.lineno, node.end_lineno or node.lineno


def pretend_many(database: Database) -> None:
    """Writes what ANALYZE finds in a store of a million acts: the rows of each index, by the columns that are equal."""
    with database.write() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.exec_driver_sql("DELETE FROM sqlite_stat1")
        for (table, index), numbers in MILLION.items():
            row = (table, index, numbers)
            connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", row)
    database.reader.dispose()


def silent_lines(database: Database, heard: Heard) -> list[tuple[str, int]]:
    """Where the adapters run a statement that was not heard."""
    silent = [
        (name, first)
        for name, first, last in executed_lines()
        if not any((name, line) in heard.lines for line in range(first, last + 1))
    ]
    return [place for place in silent if not (database.is_sqlite and is_for_postgres(place))]


def is_for_postgres(place: tuple[str, int]) -> bool:
    """True if the line at a place runs a function that only PostgreSQL has, or keeps what only it keeps."""
    (path,) = Path(ADAPTERS).rglob(place[0])
    line = path.read_text().splitlines()[place[1] - 1]
    return path.name == "request_counts.py" or "pg_advisory" in line
