"""`sural outbox`: list, show, send again, park and export the entries of the outbox."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime

import click

from service.adapters.database.engine import Database
from service.adapters.database.operations.outbox_listing import (
    count_paused,
    list_entries,
    park_entries,
    read_bundles,
    read_details,
)
from service.adapters.database.outbox import DatabaseOutbox
from service.cli.arguments import plain_settings, say
from service.cli.failures import CommandFailed, as_plain_errors
from service.clock import now
from service.fhir.r4.datetimes import format_instant
from service.ports.outbox import OutboxDetails, OutboxSummary

HEADER = ("number", "state", "urgency", "attempts", "created", "due", "reason")
STATE = click.Choice(["waiting", "delivered", "parked"])


@click.group("outbox")
def outbox_command() -> None:
    """List, show, retry, park and export outbox entries.

    An entry is one transaction Bundle for the FHIR server.
    """


@contextmanager
def opened_database(read_only: bool = True) -> Iterator[Database]:
    """The database of the settings. Raises CommandFailed with a plain text if it cannot be used."""
    settings = plain_settings()
    with as_plain_errors(), closing(Database(settings.database, read_only=read_only)) as database:
        yield database


@outbox_command.command("list")
@click.option("--state", type=STATE, help="Only entries in this state.")
def list_command(state: str | None) -> None:
    """List the entries, one per line, the urgent ones first.

    The first line names the columns, which are separated by tabs. The urgency is emergency or same-day if an entry that
    is not delivered has a red flag of that level. The reason says why an entry waits or is parked. If the queue is
    paused because the FHIR server denies access, a line on standard error says so first.
    """
    with opened_database() as database:
        entries, paused = list_entries(database, state), count_paused(database)
    if paused:
        say("The queue is paused: the FHIR server denies access. Give the client of this service its rights there.")
    click.echo("\t".join(HEADER))
    for entry in entries:
        click.echo(entry_line(entry))


def entry_line(entry: OutboxSummary) -> str:
    """The columns of an entry, separated by tabs."""
    times = format_instant(entry.created), time_or_dash(entry.due)
    columns = (entry.id, entry.state, entry.urgency or "-", entry.attempts, *times, entry.reason or "-")
    return "\t".join(str(column) for column in columns)


def time_or_dash(time: datetime | None) -> str:
    """A time as a FHIR instant, or a dash."""
    return "-" if time is None else format_instant(time)


@outbox_command.command("show")
@click.argument("number", type=int)
def show_command(number: int) -> None:
    """Show one entry: its state, its patient, and the resources in it.

    The patient and the resources are references, for a look at the FHIR server. Treat them as patient data.
    """
    with opened_database() as database:
        details = read_details(database, number)
    if details is None:
        raise unknown_entries([number])
    for name, value in detail_lines(details):
        click.echo(f"{name}\t{value}")


def detail_lines(details: OutboxDetails) -> Iterator[tuple[str, str]]:
    """Name and value of each line about an entry."""
    yield from zip(HEADER, entry_line(details.summary).split("\t"), strict=True)
    yield "failures", str(details.failures)
    yield "settled", details.settled or "-"
    yield "sent-by", f"{details.owner} until {details.lease}" if details.owner else "-"
    yield "degraded", details.degraded or "-"
    yield "patient", details.patient
    for address, version in details.resources.items():
        yield "resource", f"{address} version {version}"


@outbox_command.command("retry")
@click.argument("numbers", nargs=-1, type=int)
@click.option("--state", type=STATE, help="All entries in this state.")
def retry_command(numbers: Sequence[int], state: str | None) -> None:
    """Make entries due again, by number or by state.

    An entry that is sent twice is written once: the worker first looks for what the FHIR server has. With SQLite,
    stop the service first.
    """
    require_choice(numbers, state)
    with opened_database(read_only=False) as database:
        wanted = numbers or [entry.id for entry in list_entries(database, state)]
        found = DatabaseOutbox(database).retry(wanted, now())
    say(f"{count_text(found)} due again.")
    require_all(wanted, found)


@outbox_command.command("park")
@click.argument("numbers", nargs=-1, required=True, type=int)
def park_command(numbers: Sequence[int]) -> None:
    """Park waiting entries, by number, so that they are not sent until somebody retries them.

    The later entries of the patient are sent meanwhile. With SQLite, stop the service first.
    """
    with opened_database(read_only=False) as database:
        found = park_entries(database, numbers, format_instant(now()))
    say(f"{count_text(found)} parked.")
    require_all(numbers, found, "waiting ")


@outbox_command.command("export")
@click.argument("numbers", nargs=-1, type=int)
@click.option("--state", type=STATE, help="All entries in this state.")
def export_command(numbers: Sequence[int], state: str | None) -> None:
    """Print the transaction Bundles of entries, one per line.

    The lines are in the order of the numbers, or for --state in that of the list. They are patient data: the
    answers and all results. A Bundle may be sent to a FHIR server by hand, as it is.
    """
    require_choice(numbers, state)
    with opened_database() as database:
        wanted = numbers or [entry.id for entry in list_entries(database, state)]
        found = []
        for number, bundle in read_bundles(database, wanted):
            found.append(number)
            click.echo(bundle)
    require_all(wanted, found, "readable ")


def require_choice(numbers: Sequence[int], state: str | None) -> None:
    """Raises UsageError unless entries are chosen either by number or by state."""
    if bool(numbers) == (state is not None):
        raise click.UsageError("Give the numbers of entries, or --state.")


def count_text(numbers: Sequence[int]) -> str:
    """How many entries, with the verb: "1 entry is", "2 entries are"."""
    return "1 entry is" if len(numbers) == 1 else f"{len(numbers)} entries are"


def require_all(wanted: Iterable[int], found: Sequence[int], kind: str = "") -> None:
    """Raises CommandFailed with the numbers that were not found."""
    missing = sorted({*wanted} - {*found})
    if missing:
        raise unknown_entries(missing, kind)


def unknown_entries(numbers: Sequence[int], kind: str = "") -> CommandFailed:
    """The failure that there are no entries with these numbers."""
    listed = ", ".join(str(number) for number in numbers)
    return CommandFailed(f"There is no {kind}entry {listed}. The list has the numbers: sural outbox list")
