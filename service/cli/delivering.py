"""The commands about the FHIR server: publish what others need to read, and look after what waits for delivery."""

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from service.adapters.database import Database
from service.adapters.outbox import DatabaseOutbox
from service.adapters.server import HttpFhirServer
from service.app import published, wire
from service.cli.command import Stop, configured, main, plainly, say
from service.fhir.times import instant


@main.command()
def publish() -> None:
    """Write Questionnaires, CodeSystems, ValueSets and extension definitions to the FHIR server.

    Each is a PUT under its own id to SURAL_FHIR_SERVER, so publishing again changes nothing.
    """
    settings = configured()
    if settings.fhir_server is None:
        raise Stop("SURAL_FHIR_SERVER is not set: there is nowhere to publish to.")
    with plainly():
        resources = published(wire(settings).catalogue)
    server, refused = HttpFhirServer(settings.fhir_server), 0
    for resource in resources:
        answer = server.put(resource)
        done = answer.status in (200, 201)
        refused += not done
        said = answer.status if answer.status is not None else answer.problem
        click.echo(f"{resource['resourceType']}/{resource['id']}: {said}" + ("" if done else f" {answer.problem}"))
    if refused:
        raise Stop(f"{refused} of {len(resources)} were not taken.")


@main.group()
def outbox() -> None:
    """Look at what waits to be delivered, and send it again."""


@outbox.command("list")
@click.option("--state", type=click.Choice(["waiting", "delivered", "parked"]), help="Only entries in this state.")
def list_entries(state: str | None) -> None:
    """List the entries: number, state, attempts, when it came, when it is due, and why it waits or is parked."""
    settings = configured()
    with plainly():
        database = Database(settings.database, read_only=True)
        lines = DatabaseOutbox(database).lines(state)
    for line in lines:
        due = instant(line.due) if line.due else "-"
        click.echo(f"{line.id}\t{line.state}\t{line.attempts}\t{instant(line.created)}\t{due}\t{line.reason or ''}")


@outbox.command()
@click.argument("numbers", nargs=-1, required=True, type=int)
def resend(numbers: Sequence[int]) -> None:
    """Make entries due again, by number. Sending twice writes once. With SQLite, stop the service first."""
    settings = configured()
    with plainly():
        database = Database(settings.database)
        count = DatabaseOutbox(database).resend(numbers, datetime.now(UTC))
    say(f"{count} entries are due again.")
