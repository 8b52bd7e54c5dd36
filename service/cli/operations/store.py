"""`sural store`: reads back what is stored."""

from contextlib import closing

import click

from service.adapters.database.engine import Database
from service.adapters.database.operations.checking import read_back
from service.cli.arguments import plain_settings, say
from service.cli.failures import CommandFailed, as_plain_errors
from service.usecases.responses.submit import digest_of


@click.group("store")
def store_command() -> None:
    """Check what is stored in SURAL_DATABASE."""


@store_command.command("check")
def check_store_command() -> None:
    """Read everything back: decompress it, decode it, and compare digests.

    Prints a line for each thing that is wrong: its type, id and version, a tab, and what is wrong; nothing of the
    content. The exit code is then 1. May run beside the service; reads all that is stored.
    """
    count, faults = 0, 0
    with as_plain_errors(), closing(Database(plain_settings().database, read_only=True)) as database:
        database.check_version()
        for each in read_back(database, digest_of):
            count += 1
            if each.fault is not None:
                faults += 1
                click.echo(f"{each.name}\t{each.fault}")
    if faults:
        raise CommandFailed(f"{faults} of {count} cannot be read back, or are not what was stored.")
    say(f"All is well: {count} resources, bodies as received and entries that wait were read back.")
