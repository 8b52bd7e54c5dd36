"""The lines of the log at the start and at the end of a process."""

from collections.abc import Iterator
from contextlib import contextmanager

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
