"""`sural population`: all stored answers as a table, and the rules on all of them at once."""

import sys
from pathlib import Path

import click

from service.adapters.database.engine import Database
from service.cli.arguments import FILE, FOLDER, plain_settings, say
from service.cli.failures import CommandFailed, as_plain_errors
from service.cli.population.extra import require_population_extra
from service.cli.population.running import INTO, run_options, run_parts
from service.cli.rules.folders import RuleFolders, find_rules, load_rules


@click.group("population")
def population_command() -> None:
    """Export all coded answers, and assess all at once.

    Needs the libraries of sural[population]: docs/population.md.
    """


@population_command.command("fill")
def fill_command() -> None:
    """Code the answers of responses that an earlier version of the service stored.

    Later ones are coded when they are stored. With SQLite, stop the service first.
    """
    from service.adapters.database.population.coded_store import DatabaseCodedAnswers
    from service.adapters.database.store import DatabaseStore
    from service.usecases.population.code_stored import code_stored
    from service.wiring import wire

    settings = plain_settings()
    with as_plain_errors():
        context = wire(settings).context
        database = Database(settings.database)
        database.create_or_check()
        store = DatabaseCodedAnswers(database)
        with click.progressbar(length=store.count_uncoded(), label="Code", file=sys.stderr) as bar:
            for count in code_stored(store, DatabaseStore(database), context):
                bar.update(count)
        database.close()


@population_command.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_population_command(file: Path) -> None:
    """Write the coded answers of all responses to FILE, as Parquet.

    One row per response, one column per question. Tests and withdrawn responses are left out. The file contains patient
    data. It may run beside the service.
    """
    require_population_extra()
    from service.adapters.database.population.coded_store import DatabaseCodedAnswers
    from service.population.files.rows_file import layout_of, write_rows

    with as_plain_errors():
        database = Database(plain_settings().database, read_only=True)
        database.check_version()
        store = DatabaseCodedAnswers(database)
        missing = store.count_uncoded()
        if missing:
            raise CommandFailed(f"{missing} responses have no coded answers yet. Run: sural population fill")
        count = write_rows(file, layout_of(store.read_forms()), store.read_coded())
    say(f"{count} responses are in {file}.")


@population_command.command("assess")
@click.argument("file", type=FILE)
@click.option("--into", type=INTO, required=True, help="The folder for the results; a run in it is continued.")
@click.option("--rules", type=FOLDER, help="A folder of mappings instead of those of the service.")
@run_options
def assess_population_command(
    file: Path, into: Path, rules: Path | None, processes: int, scheduler: str | None
) -> None:
    """Assess all responses in FILE, which `sural population export` wrote.

    Each submission is assessed with the responses that it brought. The folder gets lists of all findings, as Parquet
    and CSV, which contain patient data, and counts. Standard output has the counts.
    """
    require_population_extra()
    settings = plain_settings()
    with as_plain_errors():
        folders = RuleFolders(settings.mappings, settings.questionnaires)
        folders = folders if rules is None else find_rules(rules, settings)
        used = load_rules(folders, settings).knowledge.rules
    from service.population.files.lists import sorted_counts

    for key, count in sorted_counts(run_parts(file, into, [(used, folders)], processes, scheduler)):
        click.echo("\t".join((str(count), *(word for word in key if word))))
