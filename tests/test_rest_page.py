"""docs/rest.md names the test that shows each behaviour; each of them is there."""

import ast
import re

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "rest.md").read_text()
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| (?!request|---)", line)]
FOLDERS = ("web", "strict")
NAMED = re.compile(r"`(test_\w+)((?:::\w+)+)` \|$")


def names(file: str) -> set[str]:
    """The tests of a file, with their class before them."""
    found: set[str] = set()
    (path,) = [path for path in (ROOT / "tests").glob("*/*.py") if path.stem == file and path.parent.name in FOLDERS]
    for node in ast.parse(path.read_text()).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"::{node.name}" if isinstance(node, ast.ClassDef) else ""
        found |= {f"{prefix}::{test.name}" for test in inner if isinstance(test, ast.FunctionDef)}
    return found


@pytest.mark.parametrize("row", ROWS)
def test_the_test_that_a_row_names_is_there(row: str) -> None:
    named = NAMED.search(row)
    assert named is not None
    assert named[2] in names(named[1])
