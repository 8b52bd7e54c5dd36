"""docs/rest.md names the test that shows each behaviour; each of them is there."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.files import ROOT

PAGE = (ROOT / "docs" / "rest.md").read_text()
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| (?!request|library|---)", line)]
FOLDERS = ("web", "strict", "clients", "node", "hapi")
NAMED = re.compile(r"`(test_\w+)((?:::\w+)+)(?:\[(\w+)\])?` \|")


def path_of(file: str) -> Path:
    """The file of tests with this name."""
    (path,) = [path for folder in FOLDERS for path in (ROOT / "tests" / folder).rglob(f"{file}.py")]
    return path


def names(file: str) -> set[str]:
    """The tests of a file, with their class before them."""
    found: set[str] = set()
    for node in ast.parse(path_of(file).read_text()).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"::{node.name}" if isinstance(node, ast.ClassDef) else ""
        found |= {f"{prefix}::{test.name}" for test in inner if isinstance(test, ast.FunctionDef)}
    return found


@pytest.mark.parametrize("row", ROWS)
def test_the_test_that_a_row_names_is_there(row: str) -> None:
    cells = list(NAMED.finditer(row))
    assert cells
    assert row.endswith(cells[-1][0])
    for named in cells:
        assert named[2] in names(named[1])
        assert named[3] is None or f'"{named[3]}"' in path_of(named[1]).read_text()
