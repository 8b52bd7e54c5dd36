"""The command line: `sural`. Results go to standard output, everything else to standard error."""

import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import click
from waitress.server import create_server

from service import __version__
from service.adapters.catalogue import BadCatalogue, load_catalogue
from service.adapters.database import Database, WrongDatabase
from service.adapters.outbox import DatabaseOutbox
from service.adapters.server import HttpFhirServer
from service.app import create_app, published, settle_memory, wire
from service.fhir.encoding import pretty
from service.fhir.outcomes import outcome
from service.fhir.reading import Resource, load
from service.fhir.structure import MATCHES, check_structure
from service.fhir.times import instant, moment
from service.fhir.writing import with_full_urls
from service.logs import configure
from service.screening.faults import Malformed, Rejected, Unavailable
from service.settings import Settings, WrongSetting, read_settings
from service.submit import dry_run
from service.validate import supply, validate
from service.worker import loop, start

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Stop(click.ClickException):
    """Ends a command with a plain sentence and exit code 1."""


class NotTold(Stop):
    """Ends a command that could not do what was asked, with exit code 2."""

    exit_code = 2


@contextmanager
def plainly() -> Iterator[None]:
    """Turns what can go wrong at start into a plain sentence."""
    try:
        yield
    except (WrongSetting, WrongDatabase, Unavailable) as problem:
        raise Stop(str(problem)) from None
    except BadCatalogue as problem:
        raise Stop("\n".join([f"{problem}:", *problem.faults])) from None
    except Rejected as problem:
        raise Stop(pretty(outcome(problem.faults))) from None


def configured() -> Settings:
    """The settings, with the log set up as they say."""
    with plainly():
        settings = read_settings()
    configure(settings.log_level)
    return settings


def say(text: str) -> None:
    """A line for the person at the terminal."""
    click.echo(text, err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """A FHIR R4 questionnaire service for leg pain, anxiety (GAD-7) and depression (PHQ-9).

    Settings come from the environment and are named SURAL_...; docs/operations.md lists them all.
    Results go to standard output, everything else to standard error.
    """


@main.command()
def serve() -> None:
    """Serve the FHIR interface, and deliver to the FHIR server.

    Listens on SURAL_HOST and SURAL_PORT (127.0.0.1, 8080). Keeps responses and results in SURAL_DATABASE
    (sqlite:///var/sural.db, created if it is not there). With SURAL_FHIR_SERVER set, a thread sends what is
    due to that server; without it, entries wait in the outbox and results are read here.
    """
    settings = configured()
    listening = listen(settings)
    settings = replace(settings, port=listening.getsockname()[1])
    with plainly():
        database = Database(settings.database)
        database.create_or_check()
        app = create_app(settings, database)
    settle_memory()
    server = create_server(app, sockets=[listening], threads=8, ident="")
    stop = start(DatabaseOutbox(database), HttpFhirServer(settings.fhir_server)) if settings.fhir_server else None
    say(f"Responses are kept in {database.place}.")
    say(f"Delivering to {settings.fhir_server}." if stop else "No FHIR server is set: results wait and are read here.")
    say(f"Serving FHIR at {settings.base} without access control.")
    signal.signal(signal.SIGTERM, end)
    try:
        server.run()
    finally:
        if stop is not None:
            stop()
        server.close()
        database.close()


def listen(settings: Settings) -> socket.socket:
    """A listening socket; port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as problem:
        raise Stop(f"Cannot listen on {settings.host} port {settings.port}: {problem.strerror}.") from None
    return listening


def end(_: int, __: FrameType | None) -> None:
    """Ends the process in good order."""
    sys.exit(0)


@main.command()
def worker() -> None:
    """Deliver to the FHIR server, as a process of its own.

    The same loop as inside `sural serve`, for PostgreSQL: a SQLite file belongs to one process, so with SQLite
    `sural serve` delivers itself. Needs SURAL_DATABASE and SURAL_FHIR_SERVER.
    """
    settings = configured()
    if settings.database.startswith("sqlite"):
        raise Stop("sural worker needs PostgreSQL: with SQLite, sural serve delivers itself.")
    if settings.fhir_server is None:
        raise Stop("SURAL_FHIR_SERVER is not set: there is nowhere to deliver to.")
    with plainly():
        database = Database(settings.database)
        database.check_version()
    signal.signal(signal.SIGTERM, end)
    say(f"Delivering to {settings.fhir_server}.")
    loop(threading.Event(), DatabaseOutbox(database), HttpFhirServer(settings.fhir_server))


@main.command()
def migrate() -> None:
    """Create the tables in SURAL_DATABASE, or check that they are of this version.

    PostgreSQL wants this once before `sural serve`; a SQLite file is set up by `sural serve` itself.
    """
    settings = configured()
    with plainly():
        database = Database(settings.database)
        database.create()
    say(f"The tables in {database.place} are ready.")


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


@main.command()
@click.argument("responses", nargs=-1, required=True, type=FILE)
@click.option("--patient", type=FILE, help="The Patient, for the age (birthDate).")
@click.option("--now", "clock", help="The time of assessment, as a FHIR instant; the time of day if left out.")
def assess(responses: Sequence[Path], patient: Path | None, clock: str | None) -> None:
    """Print the Bundle that these responses of one patient would give as one act.

    RESPONSES are QuestionnaireResponses in JSON. Reads and writes no store; ids the responses bring are kept.
    Only the Bundle goes to standard output. A response that cannot be taken gives an OperationOutcome on
    standard error and exit code 1.
    """
    settings = configured()
    with plainly():
        wiring = wire(settings)
        resources = [load(path.read_bytes()) for path in responses]
        when = datetime.now(UTC) if clock is None else read_clock(clock)
        birth_date = None if patient is None else read_birth_date(patient, resources)
        bundle = dry_run(resources, wiring.desk, when, birth_date)
    click.echo(pretty(with_full_urls(bundle, settings.fhir_server or settings.base)))


def read_clock(text: str) -> datetime:
    """The moment given on the command line."""
    if not MATCHES["Instant"](text):
        raise NotTold("--now: write a FHIR instant with its zone, as 2026-11-21T09:00:00Z.")
    return moment(text).order


def read_birth_date(path: Path, responses: Sequence[Resource]) -> str | None:
    """The birth date of the Patient, who must be the subject of every response."""
    resource = load(path.read_bytes())
    check_structure(resource, "Patient")
    subjects = {str(response.get("subject", {}).get("reference", "")) for response in responses}
    if "id" in resource and any(not subject.endswith(f"Patient/{resource['id']}") for subject in subjects):
        raise NotTold("--patient: this is not the Patient that the responses are about.")
    birth_date = resource.get("birthDate")
    return str(birth_date) if birth_date else None


@main.command("validate")
@click.argument("response", type=FILE)
@click.option(
    "--questionnaire",
    "supplied",
    multiple=True,
    type=FILE,
    help="A Questionnaire to check against; counts before the published ones. May be repeated.",
)
def validate_command(response: Path, supplied: Sequence[Path]) -> None:
    """Say whether a QuestionnaireResponse is valid.

    Prints an OperationOutcome. Exit code 0: valid; 1: not valid; 2: it could not be told, for example because
    the questionnaire is not known.
    """
    settings = configured()
    with plainly():
        catalogue = load_catalogue(settings.questionnaires, settings.mappings)
    try:
        given = supply([load(path.read_bytes()) for path in supplied])
    except Malformed as problem:
        raise NotTold(pretty(outcome(problem.faults))) from None
    try:
        verdict = validate(load(response.read_bytes()), catalogue, given)
        faults, code = verdict.faults, 1 if not verdict.valid else 0 if verdict.complete else 2
    except Malformed as problem:
        faults, code = problem.faults, 1
    click.echo(pretty(outcome(faults)))
    sys.exit(code)


@main.command()
def check() -> None:
    """Load all questionnaires and mappings and report every fault.

    Looks in SURAL_QUESTIONNAIRES and SURAL_MAPPINGS, else at what the package carries. Exit code 1 when
    there is a fault; the service would refuse to start.
    """
    settings = configured()
    try:
        catalogue = load_catalogue(settings.questionnaires, settings.mappings)
    except BadCatalogue as problem:
        for fault in problem.faults:
            click.echo(fault)
        raise Stop(str(problem)) from None
    rules = catalogue.rules
    flags = {flag.code for own in rules.instruments.values() for flag in own.flags}
    click.echo(
        f"{len(catalogue.questionnaires)} questionnaires, {len(rules.patterns)} patterns, {len(flags)} red flags,"
        f" rule set {rules.version}: no fault."
    )


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
