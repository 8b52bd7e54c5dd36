"""`sural population` and `sural diff --population`: all stored answers at once."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest
from click.testing import Result
from pyarrow import csv

from service.adapters.database.engine import Database
from service.cli.population import extra
from service.population.files import runs
from tests.cli.population.running import SURAL, assess, lines_of
from tests.support.building import response, scored
from tests.support.files import ROOT, Edit
from tests.support.rest import Clock, rest_on
from tests.support.running.command_line import run_sural

RULES = str(ROOT / "mappings")
SENTENCE = 'The libraries for this are not installed. Run: pip install "sural[population]"'
# A change of a rule: what is edited, and how.
VERY_ILL = ("mappings/leg-pain.yaml", "when: {lp-alarm: [very-ill]}", "when: {lp-alarm: [very-ill, fever]}")


@pytest.fixture
def url(sqlite: Database, clock: Clock) -> str:
    """A database with three responses of two patients."""
    rest = rest_on(sqlite, clock)
    assert rest.post(scored("phq-9", [3] * 8 + [1], patient="Patient/p1")).status_code == 201
    assert rest.post(scored("gad-7", [0] * 7, patient="Patient/p2")).status_code == 201
    saddle = response("leg-pain", {"lp-alarm": ["saddle-numb"]}, patient="Patient/p2")
    assert rest.post(saddle).status_code == 201
    sqlite.close()
    return str(sqlite.url)


def diff(rows: Path, into: Path, new: Path, *more: str) -> Result:
    named = ("--population", str(rows), "--into", str(into))
    return run_sural("diff", "--rules", RULES, str(new / "mappings"), *named, "--processes", "1", *more)


def test_the_export_and_the_findings_of_what_is_stored(url: str, tmp_path: Path) -> None:
    file, into = tmp_path / "rows.parquet", tmp_path / "run"
    exported = run_sural("population", "export", str(file), SURAL_DATABASE=url)
    assert exported.exit_code == 0, exported.output
    assert exported.stderr == f"3 responses are in {file}.\n"
    assert pq.read_table(file)["patient"].to_pylist() == ["Patient/p1", "Patient/p2", "Patient/p2"]
    result = assess(file, into)
    assert result.exit_code == 0, result.output
    assert "1\tred flag\tself-harm\temergency\n" in result.stdout
    assert "1\tred flag\tsaddle-numbness\temergency\n" in result.stdout
    assert "1\turgency\tnone\n" in result.stdout
    found = {(line["response"], line["kind"], line["code"]): line for line in lines_of(into, "findings")}
    band = found["r-1", "band", "phq-9"]
    assert (band["value"], band["total"], band["patient"]) == ("severe", 25.0, "Patient/p1")


def test_responses_without_coded_answers_are_coded_by_fill(url: str, tmp_path: Path) -> None:
    database = Database(url)
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM coded_answers")
    database.close()
    file = tmp_path / "rows.parquet"
    refused = run_sural("population", "export", str(file), SURAL_DATABASE=url)
    assert (refused.exit_code, file.exists()) == (1, False)
    assert "3 responses have no coded answers yet. Run: sural population fill" in refused.stderr
    assert run_sural("population", "fill", SURAL_DATABASE=url).exit_code == 0
    assert run_sural("population", "export", str(file), SURAL_DATABASE=url).exit_code == 0
    assert pq.ParquetFile(file).metadata.num_rows == 3


def test_lists_and_counts_are_the_same_in_parquet_and_csv(rows: Path, tmp_path: Path) -> None:
    into = tmp_path / "run"
    assert assess(rows, into).exit_code == 0
    counts = pq.read_table(into / "counts.parquet").to_pylist()
    findings = lines_of(into, "findings")
    assert sum(each["count"] for each in counts) == len(findings) > 1_000
    for each in counts:
        key = (each["kind"], each["code"], each["value"])
        assert sum((f["kind"], f["code"], f["value"]) == key for f in findings) == each["count"]
    read = [csv.read_csv(path).num_rows for path in sorted(into.glob("findings-*.csv"))]
    assert read == [pq.ParquetFile(path).metadata.num_rows for path in sorted(into.glob("findings-*.parquet"))]
    assert csv.read_csv(into / "counts.csv")["count"].to_pylist() == [each["count"] for each in counts]


def test_processes_find_the_same_as_one(rows: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert assess(rows, one).exit_code == 0
    command = ("population", "assess", str(rows), "--into", str(two), "--processes", "2")
    subprocess.run([sys.executable, "-c", SURAL, *command], check=True, capture_output=True, cwd=ROOT)
    assert lines_of(two, "findings") == lines_of(one, "findings")


def test_an_interrupted_run_goes_on_where_it_was(rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, into = tmp_path / "whole", tmp_path / "run"
    assert assess(rows, whole).exit_code == 0
    done: list[int] = []

    def interrupted(part: runs.Part) -> int:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(part.number)
        return runs.run_part(part)

    with monkeypatch.context() as patched:
        patched.setattr("service.population.files.schedulers.run_part", interrupted)
        stopped = assess(rows, into)
    assert stopped.exit_code == 1
    assert "Interrupted: 2 of 4 parts are done. Run the same command again to do the others." in stopped.stderr
    before = (into / "findings-00000.parquet").stat().st_mtime_ns
    again = assess(rows, into)
    assert "2 of 4 parts are done already." in again.stderr
    assert (into / "findings-00000.parquet").stat().st_mtime_ns == before
    assert lines_of(into, "findings") == lines_of(whole, "findings")
    assert (into / "counts.csv").read_bytes() == (whole / "counts.csv").read_bytes()


def test_a_part_without_its_counts_is_done_again(rows: Path, tmp_path: Path) -> None:
    into = tmp_path / "run"
    assess(rows, into)
    whole = lines_of(into, "findings")
    (into / "counts-00001.json").unlink()
    (into / "findings-00001.parquet").write_bytes(b"PAR1")
    assert "3 of 4 parts are done already." in assess(rows, into).stderr
    assert lines_of(into, "findings") == whole


def test_a_folder_of_another_run_is_left_alone(rows: Path, copy: Path, edit: Edit, tmp_path: Path) -> None:
    into, other = tmp_path / "run", tmp_path / "other"
    assess(rows, into)
    edit("mappings/ruleset.yaml", "version: 2.0.0", "version: 2.0.1")
    refused = assess(rows, into, "--rules", str(copy))
    assert refused.exit_code == 1
    assert f"{into} has the results of another run. Name another folder, or delete it." in refused.stderr
    other.mkdir()
    (other / "letter.txt").write_text("mine")
    assert assess(rows, other).exit_code == 1
    assert [path.name for path in other.iterdir()] == ["letter.txt"]


def test_a_file_without_coded_answers_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.parquet"
    file.write_text("no")
    result = assess(file, tmp_path / "run")
    assert result.exit_code == 1
    assert "The file has no coded answers. Write it with: sural population export" in result.stderr


def test_without_the_extra_there_is_one_plain_sentence(
    rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extra, "LIBRARIES", ("numpy", "no_such_library"))
    for result in (
        run_sural("population", "export", str(tmp_path / "x.parquet")),
        assess(rows, tmp_path / "run"),
        diff(rows, tmp_path / "run", ROOT),
    ):
        assert result.exit_code == 1
        assert (
            result.stderr == 'Error: The libraries for this are not installed. Run: pip install "sural[population]"\n'
        )


def test_equal_rules_change_nothing(rows: Path, tmp_path: Path) -> None:
    result = diff(rows, tmp_path / "run", ROOT)
    assert (result.exit_code, result.stdout) == (0, "")
    assert lines_of(tmp_path / "run", "changes") == []


def test_a_change_of_the_rules_is_counted_and_listed(rows: Path, copy: Path, edit: Edit, tmp_path: Path) -> None:
    """The two assessments of all rows differ in what the list of changes says, and in nothing else."""
    edit("mappings/phq-9.yaml", "{code: mild, from: 5, to: 9}", "{code: mild, from: 5, to: 8}")
    edit("mappings/phq-9.yaml", "{code: moderate, from: 10, to: 14}", "{code: moderate, from: 9, to: 14}")
    edit(
        "mappings/leg-pain.yaml", "        when: {lp-alarm: [very-ill]}", "        when: {lp-alarm: [very-ill, fever]}"
    )
    old, new, into = tmp_path / "old", tmp_path / "new", tmp_path / "run"
    assert assess(rows, old).exit_code == 0
    assert assess(rows, new, "--rules", str(copy)).exit_code == 0
    result = diff(rows, into, copy)
    assert result.exit_code == 1
    assert "red flag very-ill: gained (emergency)" in result.stdout
    before, after = values_in(old), values_in(new)
    changed = {key: (before.get(key), after.get(key)) for key in before | after if before.get(key) != after.get(key)}
    listed = {(f["response"], f["kind"], f["code"]): (f["old"], f["new"]) for f in lines_of(into, "changes")}
    assert listed == changed
    assert any(kind == "band" and pair == ("mild", "moderate") for (_, kind, _), pair in changed.items())


def values_in(into: Path) -> dict[tuple[object, object, object], object]:
    """The value of each finding, by response, kind and code."""
    return {(f["response"], f["kind"], f["code"]): f["value"] for f in lines_of(into, "findings")}


def test_the_picture_has_the_number_of_each_move(rows: Path, copy: Path, edit: Edit, tmp_path: Path) -> None:
    edit(
        "mappings/leg-pain.yaml", "        when: {lp-alarm: [very-ill]}", "        when: {lp-alarm: [very-ill, fever]}"
    )
    diff(rows, tmp_path / "run", copy)
    counts = pq.read_table(tmp_path / "run" / "counts.parquet").to_pylist()
    moves = {f"{c['old']} to {c['new']}: {c['count']:,}" for c in counts if c["kind"] == "urgency"}
    picture = (tmp_path / "run" / "moves.svg").read_text()
    ElementTree.fromstring(picture)  # noqa: S314, our own file
    titles = set(re.findall("<title>(.*?)</title>", picture))
    assert titles == moves
    assert any(not title.startswith("emergency to emergency") for title in moves)


def test_responses_and_a_population_exclude_each_other(rows: Path, tmp_path: Path) -> None:
    assert diff(rows, tmp_path / "run", ROOT, str(rows)).exit_code == 2
    assert run_sural("diff", "--rules", RULES, RULES).exit_code == 2
    assert run_sural("diff", "--rules", RULES, RULES, "--population", str(rows)).exit_code == 2


def test_a_submission_in_two_parts_is_refused(rows: Path, tmp_path: Path) -> None:
    table, parted = pq.read_table(rows), tmp_path / "parted.parquet"
    pq.write_table(table, parted, row_group_size=3)
    result = assess(parted, tmp_path / "run")
    assert result.exit_code == 1
    assert "A submission is in two row groups of the file." in result.stderr
    assert not (tmp_path / "run").exists()
