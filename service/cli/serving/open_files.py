"""The files that the process may have open: as many as its connections need, or fewer connections.

https://man7.org/linux/man-pages/man2/getrlimit.2.html
"""

import resource
from dataclasses import replace

import structlog

from service.cli.failures import CommandFailed
from service.cli.serving.http_server import ConnectionLimits

log = structlog.get_logger()

# Its socket, and the temporary file of a large body that arrives on it.
FILES_OF_CONNECTION = 2
# The database with its log and index for each reading connection, what is delivered, and the libraries.
OTHER_FILES = 200
FEWEST_CONNECTIONS = 100


def make_room(limits: ConnectionLimits) -> ConnectionLimits:
    """Raises the limit of open files to what the connections need. Returns the limits for as many as have room.

    Raises CommandFailed if there is room for too few.
    """
    fitting = fit_connections(limits, raise_limit(files_for(limits.connections)))
    if fitting.connections < limits.connections:
        log.warning("few_open_files", count=fitting.connections)
    return fitting


def files_for(connections: int) -> int:
    """The files that a process with so many connections has open."""
    return FILES_OF_CONNECTION * connections + OTHER_FILES


def fit_connections(limits: ConnectionLimits, files: int) -> ConnectionLimits:
    """The limits with at most so many connections as these files are enough for. Raises CommandFailed if too few."""
    if files < files_for(FEWEST_CONNECTIONS):
        needed = f"{files_for(FEWEST_CONNECTIONS)}, and {files_for(limits.connections):,} for all its connections"
        raise CommandFailed(f"The process may open {files} files and needs {needed}. Raise the limit: ulimit -n.")
    return replace(limits, connections=min(limits.connections, (files - OTHER_FILES) // FILES_OF_CONNECTION))


def raise_limit(needed: int) -> int:
    """Raises the limit of open files to ``needed``, or as far as the system allows. Returns how many may be open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return needed
    wanted = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
