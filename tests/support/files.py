"""The folders that tests read."""

from collections.abc import Callable
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
CASES = TESTS / "cases"
# The rules of an earlier version, to compare with. They have no wording.yaml, and their advice follows today's schema.
OLD_RULES = CASES / "rules-1.0.0"
# Cases of several submissions, one after the other.
SUCCESSIVE = CASES / "successive"
# Responses as others send them, each with its right answer.
RECEIVED = CASES / "received"
SAMPLES = TESTS / "samples"
Edit = Callable[[str, str, str], None]


def case_files() -> list[Path]:
    """The files of cases of one submission in their order, without those of earlier rules and those received."""
    others = {OLD_RULES, SUCCESSIVE, RECEIVED}
    return sorted(path for path in CASES.rglob("*.yaml") if others.isdisjoint(path.parents))
