"""docs/measuring.md lists the parts of `make bench`. Two runs can be compared, and a failing part stops no other."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from service.adapters.database.engine import Database
from service.fhir.r4.strict_json import encode
from tests.support.building import phq
from tests.support.files import ROOT
from tests.support.measuring.bench import all_parts
from tests.support.measuring.comparing import compared
from tests.support.measuring.figures import Figure, Report
from tests.support.measuring.floor import kept, make_floor, metadata

RUN = {"commit": "abc", "changed": False, "at": "2026-11-29T12:00:00+00:00", "python": "3.11.7", "load": 0.1}


def run_of(*figures: tuple[str, float, str]) -> dict[str, object]:
    return {**RUN, "figures": [{"name": name, "value": value, "better": better} for name, value, better in figures]}


def test_the_page_lists_the_parts() -> None:
    page = (ROOT / "docs" / "measuring.md").read_text()
    rows = re.findall(r"^\| (`.*?`) \|", page, re.MULTILINE)
    assert re.findall("`(.*?)`", " ".join(rows)) == list(all_parts(()))


def test_rows_are_compared_by_ratio_and_what_became_worse_is_marked() -> None:
    before = run_of(("accepted", 100, "more"), ("a read", 2.0, "less"), ("memory", 50, "less"), ("gone", 1, "less"))
    after = run_of(("accepted", 80, "more"), ("a read", 1.0, "less"), ("memory", 55, "less"), ("new", 1, "less"))
    lines = [" ".join(each.split()) for each in compared(before, after)]
    assert lines[3:] == [
        "accepted 100 80 0.80 worse",
        "a read 2 1 0.50",
        "memory 50 55 1.10 worse",
        "gone: only before",
        "new: only after",
    ]


def test_a_part_that_fails_stops_no_other_and_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def failing() -> Iterator[Figure]:
        yield Figure("first", 1, "ms")
        raise ValueError("no server")

    report, path = Report(), tmp_path / "new" / "bench.json"
    report.run("A part", failing)
    report.run("Another part", lambda: [Figure("second", 12_345, "per second", "more")])
    report.write(path)
    written = json.loads(path.read_text())
    assert [each["name"] for each in written["figures"]] == ["first", "second"]
    assert written["not_run"] == {"A part": "ValueError: no server"}
    printed = capsys.readouterr().out
    assert "A part: not run: ValueError: no server" in printed
    assert "12,345 per second" in printed


def test_the_floor_keeps_the_bytes_that_it_accepts(tmp_path: Path) -> None:
    body = encode(phq())
    with closing(Database(f"sqlite:///{tmp_path / 'floor.db'}")) as database:
        with database.write() as connection:
            metadata.create_all(connection)
        client = make_floor(database).test_client()
        assert client.post("/fhir/QuestionnaireResponse", data=body).status_code == 201
        with database.read() as connection:
            assert connection.scalars(select(kept.c.body)).all() == [body]
