"""`sural migrate`: the tables of the database."""

import click

from service.adapters.database.engine import Database
from service.cli.arguments import plain_settings, say
from service.cli.failures import as_plain_errors


@click.command("migrate")
def migrate_command() -> None:
    """Create or upgrade the tables in SURAL_DATABASE.

    Run it on PostgreSQL before the first `sural serve`, and after each change of the program's version.
    With SQLite, `sural serve` does this itself. Safe to run again, and twice at once.
    """
    settings = plain_settings()
    with as_plain_errors():
        database = Database(settings.database)
        database.create()
    say(f"The tables in {database.location} are ready.")
