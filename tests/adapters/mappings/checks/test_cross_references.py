"""Faults of the rules that refer to each other."""

from pathlib import Path

from service.adapters.mappings.catalogue import load_catalogue
from service.adapters.mappings.checks.cross_references import flags_below_same_day
from tests.support.files import Edit


def test_a_danger_pattern_that_a_soon_flag_would_open_is_a_fault(copy: Path, edit: Edit) -> None:
    edit("mappings/patterns.yaml", "{flag: {both-sided-sciatica: same-day}}", "{flag: both-sided-sciatica}")
    rules = load_catalogue(copy / "questionnaires", copy / "mappings").rules
    assert list(flags_below_same_day(rules)) == [
        "patterns.yaml: cord-compression.gate: both-sided-sciatica opens it below same-day"
    ]
