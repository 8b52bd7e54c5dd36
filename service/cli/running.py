"""The commands that run until they are told to end, and the one that prepares the database for them."""

import signal
import socket
import sys
import threading
from dataclasses import replace
from types import FrameType

from waitress.server import create_server

from service.adapters.database import Database
from service.adapters.outbox import DatabaseOutbox
from service.adapters.server import HttpFhirServer
from service.app import create_app, settle_memory
from service.cli.command import Stop, configured, main, plainly, say
from service.settings import Settings
from service.web.limits import MAX_HEADERS
from service.worker import loop, start


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
    server = create_server(app, sockets=[listening], threads=8, ident="", max_request_header_size=MAX_HEADERS)
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
