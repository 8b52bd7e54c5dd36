"""Resources in many files: .json with one, .ndjson or .jsonl with one per line, and folders of both."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from service.fhir.r4.strict_json import load
from service.fhir.r4.types import Resource
from service.issues import Issue, Malformed

FILE_OR_FOLDER = click.Path(exists=True, path_type=Path)
LINES = {".ndjson", ".jsonl"}
READ = {*LINES, ".json"}


@dataclass(frozen=True)
class InputResource:
    """A resource and its place, such as "answers.ndjson:3"; None with the issues of what is not a JSON object."""

    place: str
    resource: Resource | None
    issues: Sequence[Issue] = ()


def is_many(paths: Sequence[Path]) -> bool:
    """True if one of the paths is a folder or a file with one resource per line."""
    return any(path.is_dir() or path.suffix in LINES for path in paths)


def find_files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files, and those in the folders that have the name of a file with resources, in the order of their names."""
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.suffix in READ and each.is_file())
        else:
            yield path


def read_inputs(paths: Sequence[Path]) -> Iterator[InputResource]:
    """Each resource in the files and folders, while standard error shows how far the reading is.

    A file that cannot be read, or a line that is no JSON object, does not end the reading.
    """
    files = list(find_files(paths))
    size = sum(path.stat().st_size for path in files)
    with click.progressbar(length=size, label="Read", file=sys.stderr, hidden=not is_many(paths)) as bar:
        for path in files:
            for number, text in read_texts(path):
                if text.strip():
                    yield read_input(f"{path}:{number}" if path.suffix in LINES else str(path), text)
                bar.update(len(text))


def read_texts(path: Path) -> Iterator[tuple[int, bytes]]:
    """Number and text of each line of a file with lines, or 1 and all of another one."""
    if path.suffix not in LINES:
        yield 1, path.read_bytes()
        return
    with path.open("rb") as file:
        yield from enumerate(file, 1)


def read_input(place: str, text: bytes) -> InputResource:
    """The resource in a text."""
    try:
        return InputResource(place, load(text))
    except Malformed as problem:
        return InputResource(place, None, tuple(problem.issues))


def fault_line(place: str, issue: Issue) -> str:
    """A line that says where what is wrong."""
    return (
        f"{place}  not accepted: {issue.path}: {issue.text}" if issue.path else f"{place}  not accepted: {issue.text}"
    )
