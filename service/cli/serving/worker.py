"""`sural worker`: the delivery as a separate process."""

import signal
import threading

import click

from service.adapters.database.engine import Database
from service.cli.arguments import logged_settings
from service.cli.failures import CommandFailed, as_plain_errors
from service.cli.serving.delivering import make_worker
from service.cli.serving.lifecycle import announce, logged_process
from service.cli.serving.signals import request_stop
from service.logs import take_standard_error
from service.wiring import wire


@click.command("worker")
def worker_command() -> None:
    """Deliver to the FHIR server, as a separate process.

    Runs the same threads as `sural serve`. Needs PostgreSQL, because only one process may open a
    SQLite file; with SQLite, `sural serve` delivers. Needs SURAL_DATABASE and SURAL_FHIR_SERVER.
    """
    settings = logged_settings()
    if settings.database.startswith("sqlite"):
        raise CommandFailed("sural worker needs PostgreSQL. With SQLite, sural serve delivers.")
    if settings.fhir_server is None:
        raise CommandFailed("SURAL_FHIR_SERVER is not set. Set it to the base address of the FHIR server.")
    with as_plain_errors():
        database = Database(settings.database)
        database.check_version()
        wiring = wire(settings)
    signal.signal(signal.SIGTERM, request_stop)
    take_standard_error()
    announce(f"Results are delivered to {settings.fhir_server}.")
    with logged_process("worker", database, settings):
        stop = make_worker(settings, database, wiring).start()
        try:
            threading.Event().wait()
        finally:
            stop()
