"""Runs over a file of coded answers, part by part: a part that is done is not done again.

A part is a row group of the file. Its counts are written last, so that they show that it is complete.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from service.issues import CannotStart
from service.population.columns.assess_rows import assess_rows
from service.population.files.finding_groups import finding_groups
from service.population.files.lists import Counts, list_changes, list_findings, sorted_counts
from service.population.files.rows_file import coded_rows, open_rows
from service.screening.rules.assessment import RuleSet

RunKind = Literal["findings", "changes"]
COLUMNS: Mapping[RunKind, tuple[str, ...]] = {
    "findings": ("kind", "code", "value"),
    "changes": ("kind", "code", "old", "new"),
}
RUN = "run.json"


class OtherRun(CannotStart):
    """The folder has the parts of another run."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} has the results of another run. Name another folder, or delete it.")


class PartedSubmission(CannotStart):
    """The responses of a submission are in two parts."""

    def __init__(self) -> None:
        super().__init__("A submission is in two row groups of the file. Write it with: sural population export")


@dataclass(frozen=True)
class Part:
    """One part of a run: a row group of ``rows``, which has ``count`` rows, by one rule set or by two."""

    rows: Path
    folder: Path
    number: int
    count: int
    rules: tuple[RuleSet, ...]

    @property
    def kind(self) -> RunKind:
        """What it writes: the findings of one rule set, or the changes between two."""
        return "findings" if len(self.rules) == 1 else "changes"

    def path(self, name: str, suffix: str) -> Path:
        """A file of this part."""
        return self.folder / f"{name}-{self.number:05}.{suffix}"

    @property
    def done(self) -> Path:
        """The file that exists when the part is complete."""
        return self.path("counts", "json")


def plan_parts(rows: Path, folder: Path, rules: tuple[RuleSet, ...], rules_digests: Sequence[str]) -> list[Part]:
    """The parts of a run. ``rules_digests``: of the files of each rule set.

    Raises OtherRun if the folder has those of a run with another file or other rules; NotCodedAnswers,
    PartedSubmission.
    """
    with open_rows(rows) as file:
        metadata = file.metadata
        require_whole_submissions(metadata)
        sizes = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    run = {"rows": file_digest(rows), "rules": list(rules_digests)}
    folder.mkdir(parents=True, exist_ok=True)
    known = folder / RUN
    if not known.exists():
        if any(folder.iterdir()):
            raise OtherRun(folder)
        write_whole(known, json.dumps(run))
    elif json.loads(known.read_text()) != run:
        raise OtherRun(folder)
    return [Part(rows.resolve(), folder.resolve(), number, size, rules) for number, size in enumerate(sizes)]


def require_whole_submissions(metadata: pq.FileMetaData) -> None:
    """Raises PartedSubmission if the submissions of one row group do not come after those of the one before."""
    column = metadata.schema.names.index("submission")
    ranges = [metadata.row_group(n).column(column).statistics for n in range(metadata.num_row_groups)]
    if any(before.max >= after.min for before, after in pairwise(ranges)):
        raise PartedSubmission


def file_digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, text: str) -> None:
    """Writes a file that appears when it is complete."""
    made = path.with_name(f"{path.name}.part")
    made.write_text(text)
    made.replace(path)


def run_part(part: Part) -> int:
    """Does one part, unless it is done. Returns the number of its rows."""
    if part.done.exists():
        return part.count
    with open_rows(part.rows) as file:
        table = file.read_row_group(part.number)
    rows = coded_rows(table)
    found = [list(finding_groups(assess_rows(rules, rows))) for rules in part.rules]
    made, counts = list_findings(table, found[0]) if len(found) == 1 else list_changes(table, *found)
    write_list(made, part.path(part.kind, "parquet"), part.path(part.kind, "csv"))
    write_whole(part.done, json.dumps([[*key, number] for key, number in counts.items()]))
    return part.count


def write_list(table: pa.Table, parquet: Path, text: Path) -> None:
    """Writes a list as Parquet and as CSV."""
    pq.write_table(table, parquet, compression="zstd")
    csv.write_csv(table, text)


def finish_run(parts: Sequence[Part], folder: Path, kind: RunKind) -> Counts:
    """Adds the counts of all parts up, and writes them as Parquet and as CSV."""
    counts = Counts()
    for part in parts:
        for *key, number in json.loads(part.done.read_text()):
            counts[tuple(key)] += number
    columns = dict(zip(COLUMNS[kind], zip(*(key for key, _ in sorted_counts(counts)), strict=True), strict=True))
    numbers = [number for _, number in sorted_counts(counts)]
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()} | {"count": numbers})
    write_list(table, folder / "counts.parquet", folder / "counts.csv")
    return counts


def waiting_parts(parts: Sequence[Part]) -> Iterator[Part]:
    """The parts that are not done."""
    return (part for part in parts if not part.done.exists())
