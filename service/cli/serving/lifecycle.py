"""What a process says at its start and at its end: lines of the log, and on standard output."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
import structlog

from service import __version__
from service.adapters.database.engine import Database
from service.adapters.database.sqlite_file import is_open_to_others
from service.settings import Settings

log = structlog.get_logger()


@contextmanager
def logged_process(command: str, database: Database, settings: Settings) -> Iterator[None]:
    """Logs that the process has started, and that it has stopped, whatever ends it but a kill."""
    log.info("process_started", kind=command, version=__version__, database=database.location)
    if database.is_sqlite and is_open_to_others(database.path):
        log.warning("database_open_to_others", database=database.location)
    if settings.fhir_server is not None and settings.fhir_server_auth == "none":
        log.warning("fhir_server_without_access_control", kind=command)
    try:
        yield
    finally:
        log.info("process_stopped", kind=command, version=__version__)


def announce(text: str) -> None:
    """Says a line on standard output. If it cannot be written, the log says so, and the process goes on."""
    try:
        click.echo(text)
    except OSError as problem:
        log.warning("standard_output_lost", kind=type(problem).__name__)
        # What stays in its buffer would fail the end of the process.
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
    except ValueError as problem:
        # It is closed, or its encoding does not have the name of a folder.
        log.warning("standard_output_lost", kind=type(problem).__name__)
