"""The cost of a statement must not follow the size of the store: no plan reads a table that grows from end to end."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.searching import driving_term
from tests.support.rest import Rest
from tests.support.store_tour import (
    ADAPTERS,
    Heard,
    deliver,
    fill,
    listening,
    make_key,
    read,
    refuse,
    search_all,
    visit,
    watch_tasks,
)

# These keep a bounded number of rows (refusals.py, posted_searches.py), those of all codes that are used, or one.
BOUNDED = {t.refused.name, t.token.name, t.token_set.name, t.posted_search.name, t.page_key.name, t.schema.name}
GROWING = set(t.metadata.tables) - BOUNDED
# What counts or lists all: for the operator. Each reads an index, or is asked for by a person.
COUNTS = {
    "SELECT count(*) AS count_1 FROM received": "/metrics counts versions",
    "SELECT count(*) AS count_1 FROM resource WHERE resource.type =": "/metrics counts impressions",
    "SELECT outbox.state, count(*) AS count_1 FROM outbox GROUP BY outbox.state": "/metrics counts entries",
    "min(notice.first) AS min_1 FROM notice": "/metrics counts what is to be picked up",
    "AS rank FROM outbox ORDER BY rank": "`sural outbox list` lists them all",
}
# https://www.sqlite.org/fileformat.html#the_sqlite_stat1_table
MILLION = {
    ("act", "ix_act_patient"): "1000000 5",
    ("response", "ix_response_patient"): "1000000 5",
    ("resource", "resource_tokens"): "15000000 30000",
    ("resource", "resource_patient"): "15000000 70 14 14",
    ("resource", "resource_effective"): "15000000 3000000 30 12",
    ("resource", "resource_stored"): "15000000 3000000 30 12",
    ("resource", "resource_act"): "15000000 15",
    ("resource", "sqlite_autoindex_resource_1"): "15000000 3000000 1 1",
    ("search", "search_value"): "3000000 1000000 500000 2",
    ("search", "search_resource"): "3000000 3 3",
    ("token", "token_value"): "1000 200 50 2",
    ("token_set", "sqlite_autoindex_token_set_1"): "200 1",
    ("outbox", "ix_outbox_patient"): "1000000 5",
    ("outbox", "outbox_due"): "1000000 300000 1",
    ("outbox", "sqlite_autoindex_outbox_1"): "1000000 1 1",
    ("identity", "sqlite_autoindex_identity_1"): "1000000 1000000 1",
    ("received", "sqlite_autoindex_received_1"): "1000000 1 1",
    ("response", "sqlite_autoindex_response_1"): "1000000 1",
    ("patient", "sqlite_autoindex_patient_1"): "200000 1",
}
# The modules whose every statement the tour must make. The rooms access and pulling are not among them yet.
TOURED = {
    "store.py",
    "submission_writes.py",
    "amendment_writes.py",
    "patient_history.py",
    "resource_writes.py",
    "token_sets.py",
    "patient_numbers.py",
    "driving_term.py",
    "totals.py",
    "outbox.py",
    "figures.py",
    "outbox_listing.py",
    "readiness.py",
    "posted_searches.py",
    "refusals.py",
    "form_visits.py",
    "board.py",
}
EXECUTING = ("execute", "scalar", "scalars")
# An index by the type alone: a large part of the table.
COARSE = re.compile(r"SEARCH (resource|target) USING .*\(type=\?\)")


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
        visit(rest.database)
        watch_tasks(rest.database)
    return heard


def one_line(statement: str) -> str:
    return " ".join(statement.split())


def planned(heard: Heard) -> list[str]:
    """The statements that have a plan, and are not those of ``COUNTS``."""
    verbs = ("SELECT", "UPDATE", "DELETE", "INSERT", "WITH")
    chosen = [each for each in heard.statements if each.startswith(verbs) and "pg_catalog" not in each]
    return [each for each in chosen if not any(text in one_line(each) for text in COUNTS)]


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
        if (scanned and scanned[1] in GROWING | {"earlier"}) or (COARSE.match(line) and not walks):
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
    assert silent_lines(rest.database, heard) == [], "add a call to tests/support/store_tour.py"
    assert faults(rest.database, heard) == {}
    if rest.database.is_sqlite:
        pretend_many(rest.database)
        assert faults(rest.database, heard) == {}, "with statistics"


def executed_lines() -> Iterator[tuple[str, int, int]]:
    """File, first and last line of each call in the adapters that runs a statement, of the modules in ``TOURED``."""
    for path in Path(ADAPTERS).rglob("*.py"):
        if path.name not in TOURED:
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
    """True if the line at a place runs a function that only PostgreSQL has."""
    (path,) = Path(ADAPTERS).rglob(place[0])
    line = path.read_text().splitlines()[place[1] - 1]
    return "pg_advisory" in line or "clock_timestamp" in line
