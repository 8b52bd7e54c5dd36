"""One run over a file of coded answers: options, progress, interruption."""

import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.adapters.mappings.published_forms import data_folder
from service.cli.arguments import say
from service.cli.failures import CommandFailed, as_plain_errors
from service.cli.rules.folders import RuleFolders

if TYPE_CHECKING:
    from service.population.files.lists import Counts
    from service.screening.rules.assessment import RuleSet

INTO = click.Path(file_okay=False, path_type=Path)


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that say who does the work."""
    processes = click.option(
        "--processes",
        type=click.IntRange(1),
        default=lambda: os.cpu_count() or 1,
        show_default="one per core",
        help="Processes of this machine.",
    )
    scheduler = click.option(
        "--scheduler", metavar="ADDRESS", help="A Dask scheduler, such as tcp://10.0.0.1:8786, instead of processes."
    )
    return processes(scheduler(command))


def run_parts(
    rows: Path, into: Path, rules: Sequence[tuple["RuleSet", RuleFolders]], processes: int, scheduler: str | None
) -> "Counts":
    """Assesses all rows by one rule set, or compares two, while standard error shows how far it is.

    Raises CommandFailed if it is interrupted, or cannot begin.
    """
    from service.population.files.runs import finish_run, plan_parts, waiting_parts
    from service.population.files.schedulers import run_here, run_on_dask

    with as_plain_errors():
        digests = [digest_of_folders(folders) for _, folders in rules]
        parts = plan_parts(rows, into, tuple(each for each, _ in rules), digests)
        waiting = list(waiting_parts(parts))
        if len(waiting) < len(parts):
            say(f"{len(parts) - len(waiting)} of {len(parts)} parts are done already.")
        done = run_here(waiting, processes) if scheduler is None else run_on_dask(waiting, scheduler)
        total = sum(part.count for part in parts)
        try:
            with click.progressbar(length=total, label="Assess", file=sys.stderr) as bar:
                bar.update(total - sum(part.count for part in waiting))
                for count in done:
                    bar.update(count)
        except KeyboardInterrupt:
            left = len(list(waiting_parts(parts)))
            text = f"Interrupted: {len(parts) - left} of {len(parts)} parts are done."
            raise CommandFailed(f"{text} Run the same command again to do the others.") from None
        return finish_run(parts, into, "findings" if len(rules) == 1 else "changes")


def digest_of_folders(folders: RuleFolders) -> str:
    """The SHA-256 of the files that the rules are read from: a run is continued only by the same rules."""
    digest = hashlib.sha256()
    for name, folder in (("questionnaires", folders.questionnaires), ("mappings", folders.mappings)):
        for path in sorted(each for each in data_folder(name, folder).iterdir() if each.is_file()):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
