"""`sural pull`: picks up responses that others wrote to the FHIR server, once."""

from collections import Counter
from contextlib import closing
from datetime import datetime

import click

from service.adapters.database.engine import Database
from service.cli.arguments import logged_settings, say
from service.cli.failures import CommandFailed, as_plain_errors
from service.database_parts import make_puller
from service.fhir.r4.datetimes import parse_datetime
from service.ports.pulling.fetched import PickUpOutcome
from service.usecases.pulling.fetch import Puller, fetch_noticed
from service.usecases.pulling.search import ask_for_missed, search_changes
from service.wiring import wire

OUTCOMES: tuple[PickUpOutcome, ...] = ("assessed", "known", "skipped", "refused")


class FhirDate(click.ParamType[datetime]):
    """A FHIR date, or a dateTime with its zone."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The time; a date is its first instant in UTC."""
        try:
            return parse_datetime(str(value)).sort_key
        except ValueError:
            self.fail("must be a date such as 2026-11-21 or an instant such as 2026-11-21T09:00:00Z.", param, ctx)


@click.command("pull")
@click.option("--since", type=FhirDate(), help="Search from this date or instant on, not from the last search on.")
def pull_command(since: datetime | None) -> None:
    """Pick up responses that others wrote to the FHIR server.

    Searches for what is new or changed since the last search, and prints how many responses were assessed, known
    already, skipped (the forms of others) and refused (see sural refused list). A response that was picked up before
    is not assessed again. With SQLite, stop the service first.
    """
    settings = logged_settings()
    if settings.fhir_server is None:
        raise CommandFailed("SURAL_FHIR_SERVER is not set. Set it to the base address of the FHIR server.")
    with as_plain_errors(), closing(Database(settings.database)) as database:
        database.create_or_check()
        puller = make_puller(settings.fhir_server, settings, database, wire(settings))
        counts = pull_all(puller, since)
        left = puller.notices.count_waiting()
    click.echo("\t".join(f"{kind} {counts[kind]}" for kind in OUTCOMES))
    if left:
        raise CommandFailed(f"{left} responses could not be read or stored now. The service tries them again.")


def pull_all(puller: Puller, since: datetime | None) -> Counter[PickUpOutcome]:
    """Everything that can be picked up now, counted. Raises CommandFailed if the FHIR server cannot be searched."""
    now, counts = puller.now(), Counter[PickUpOutcome]()
    puller.notices.start_search(puller.server.base, since, now)
    while ask_for_missed(puller):
        pass
    if not search_changes(puller):
        raise CommandFailed("The FHIR server could not be searched. The log has the reason.")
    while search_changes(puller):
        pass
    while (outcomes := fetch_noticed(puller)) is not None:
        counts += outcomes
    say("The search is complete.")
    return counts
