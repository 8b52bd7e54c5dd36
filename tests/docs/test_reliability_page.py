"""The tests that docs/reliability.md names exist, and so do the checks of the invariants."""

import re

from tests.support.files import ROOT

PAGE = (ROOT / "docs" / "reliability.md").read_text()
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
CHECKS = re.compile(r"^\| I\d \|.*\| (.*) \|$", re.MULTILINE)


def test_each_named_test_exists() -> None:
    named = NAMED.findall(PAGE)
    assert len(named) > 15
    assert [(path, name) for path, name in named if f"def {name}(" not in (ROOT / path).read_text()] == []


def test_each_row_of_the_plan_is_named() -> None:
    rows = {"D1", "D2", "D3", "D5b", "L1", "L2", "L3", "C1", "C2", "C3", "C4", "C5"}
    listed = re.findall(r"^\| ((?:[DLC]\d\w?(?:, )?)+) \|", PAGE, re.MULTILINE)
    assert {row for cell in listed for row in cell.split(", ")} == rows


def test_each_invariant_has_a_function_that_the_checker_calls() -> None:
    checker = (ROOT / "tests" / "faults" / "running" / "invariants.py").read_text()
    names = {name for cell in CHECKS.findall(PAGE) for name in re.findall(r"`(\w+)`", cell)}
    assert len(names) >= 7
    assert [name for name in names if checker.count(f"{name}(") < 2] == []
