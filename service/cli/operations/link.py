"""`sural link`: links by which a patient opens forms."""

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from uuid import uuid4

import click

from service import clock
from service.adapters.database.access.form_links import DatabaseLinks
from service.adapters.database.engine import Database
from service.cli.arguments import plain_settings, say
from service.cli.failures import CommandFailed, as_plain_errors
from service.fhir.r4.datetimes import format_instant
from service.ports.access.form_links import FormLink
from service.screening.advice.contacts import may_be_offered
from service.settings import Settings
from service.usecases.links.links import LONGEST_TIME, TOKEN_BYTES, LinkOrder, make_link, revoke_links
from service.wiring import make_contacts, wire

PATIENT = re.compile(r"(Patient/)?[A-Za-z0-9\-.]{1,64}", re.ASCII)
MAX_HOURS = int(LONGEST_TIME.total_seconds() // 3600)


@click.group("link")
def link_command() -> None:
    """Make, list and revoke links by which a patient opens forms.

    A link is for one patient, for some hours, and for one submission. Its address is told once: only a hash of it is
    stored.
    """


@link_command.command("create")
@click.option("--patient", required=True, help="The patient, for example Patient/p1.")
@click.option("--form", "forms", multiple=True, required=True, help="A form, for example phq-9; repeat it for a visit.")
@click.option("--hours", default=72, type=click.IntRange(1, MAX_HOURS), help="How long the link may be opened.")
@click.option("--birth-date", type=click.DateTime(["%Y-%m-%d"]), help="Ask for this date, with five tries.")
@click.option("--language", default="en", help="Language of the form, for example es.")
def create_link_command(
    patient: str, forms: Sequence[str], hours: int, birth_date: datetime | None, language: str
) -> None:
    """Make a link, and print its address.

    With SQLite, stop the service first. Send the address by a way that reaches the patient alone.
    """
    if not PATIENT.fullmatch(patient):
        raise CommandFailed("--patient must be a reference such as Patient/p1.")
    settings = plain_settings()
    order = LinkOrder(
        patient=f"Patient/{patient.removeprefix('Patient/')}",
        forms=tuple(canonicals(settings, forms)),
        made_by="sural link",
        time=timedelta(hours=hours),
        birth_date=as_date(birth_date),
        language=language,
    )
    with as_plain_errors(), open_links(settings) as links:
        made = make_link(order, links, str(uuid4()), secrets.token_urlsafe(TOKEN_BYTES), clock.now())
    click.echo(f"{settings.base.removesuffix('/fhir')}/forms/link/{made.token}")
    say(f"Link {made.link.id}, until {format_instant(made.link.until)}.")


def as_date(given: datetime | None) -> date | None:
    """The day of an option."""
    return None if given is None else given.date()


def canonicals(settings: Settings, names: Sequence[str]) -> list[str]:
    """The canonicals of forms, such as "phq-9". Raises CommandFailed if one is unknown, or must not be offered."""
    with as_plain_errors():
        catalogue = wire(settings).catalogue
    known = list(catalogue.rules.instruments)
    for name in names:
        if name not in known:
            raise CommandFailed(f"There is no form {name}. There are {', '.join(known)}.")
        if not settings.is_open and not may_be_offered(catalogue.rules.instruments[name], make_contacts(settings)):
            raise CommandFailed(
                f"{name} is for no patient before SURAL_CRISIS_LINE and SURAL_EMERGENCY_NUMBER are set."
            )
    return [catalogue.instrument(name).canonical for name in names]


@link_command.command("list")
def list_links_command() -> None:
    """List the links, one per line: id, made, valid until, state, and the number of forms. No token, no patient."""
    with as_plain_errors(), closing(Database(plain_settings().database, read_only=True)) as database:
        database.check_version()
        found = DatabaseLinks(database).list_links()
    for link in found:
        times = (format_instant(link.made), format_instant(link.until))
        click.echo("\t".join((link.id, *times, link_state(link, clock.now()), str(len(link.session.forms)))))


def link_state(link: FormLink, now: datetime) -> str:
    """What became of a link, in one word."""
    if link.is_sent:
        return "sent"
    if link.revoked is not None:
        return "revoked"
    if not link.is_valid(now):
        return "locked" if now < link.until else "expired"
    return "new" if link.opened is None else "opened"


@link_command.command("revoke")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
def revoke_link_command(ids: Sequence[str]) -> None:
    """Revoke links. Browsers that work with them cannot go on. With SQLite, stop the service first."""
    with as_plain_errors(), open_links(plain_settings()) as links:
        unknown = revoke_links(ids, links, clock.now())
    if unknown:
        raise CommandFailed(f"There is no link {', '.join(unknown)}.")


@contextmanager
def open_links(settings: Settings) -> Iterator[DatabaseLinks]:
    """The links in SURAL_DATABASE, to change. Raises WrongDatabase if a running service has the SQLite file."""
    with closing(Database(settings.database)) as database:
        database.create_or_check()
        yield DatabaseLinks(database)
