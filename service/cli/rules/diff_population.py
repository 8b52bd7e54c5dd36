"""`sural diff --population`: what a change of the rules does to the findings of all stored responses."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.failures import as_plain_errors
from service.cli.population.extra import require_population_extra
from service.cli.population.running import run_parts
from service.cli.rules.folders import find_rules, load_rules
from service.settings import Settings

if TYPE_CHECKING:
    from service.population.files.lists import Counts


def compare_population(
    rules: Sequence[Path], settings: Settings, rows: Path, into: Path, processes: int, scheduler: str | None
) -> int:
    """Compares two rule sets on all rows of a file; prints how often each change occurs.

    Returns the exit code: 0 if nothing changes, 1 if something does. Raises CommandFailed.
    """
    require_population_extra()
    from service.population.files.moves_plot import draw_moves, moves_between_levels

    with as_plain_errors():
        folders = [find_rules(folder, settings) for folder in rules]
        loaded = [(load_rules(each, settings).knowledge.rules, each) for each in folders]
    counts = run_parts(rows, into, loaded, processes, scheduler)
    (into / "moves.svg").write_text(draw_moves(moves_between_levels(counts)))
    lines = change_lines(counts)
    for line in lines:
        click.echo(line)
    return 1 if lines else 0


def change_lines(counts: "Counts") -> list[str]:
    """A line for each change with its frequency, the most frequent first."""
    changes = [(count, key) for key, count in counts.items() if key[0] != "urgency" or key[2] != key[3]]
    ordered = sorted(changes, key=lambda each: (-each[0], str(each[1])))
    return [f"  {count}  {move_text(*key)}" for count, key in ordered]


def move_text(kind: str | None, code: str | None, old: str | None, new: str | None) -> str:
    """One change, for example ``pattern sciatica: possible, soon -> fits, soon``."""
    subject = f"{kind} {code}".strip()
    if old is None:
        return f"{subject}: gained ({new})"
    return f"{subject}: lost ({old})" if new is None else f"{subject}: {old} -> {new}"
