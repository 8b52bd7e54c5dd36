"""`sural serve`: the FHIR interface and the delivery threads in one process."""

import ctypes
import gc
import signal
import socket
import sys
import time
from dataclasses import replace

import click

from service.adapters.database.engine import Database
from service.app import create_app
from service.cli.arguments import logged_settings
from service.cli.failures import CommandFailed, as_plain_errors
from service.cli.serving.delivering import make_worker
from service.cli.serving.http_server import ConnectionLimits, make_server
from service.cli.serving.lifecycle import announce, logged_process
from service.cli.serving.open_files import make_room
from service.cli.serving.open_service import reminding
from service.cli.serving.signals import request_stop
from service.logs import take_standard_error
from service.settings import Settings
from service.web.fhir.http.refusals import keep_unread
from service.wiring import wire

# Objects allocated before the garbage collector looks for cycles. A request makes thousands and few cycles.
GC_THRESHOLD = 50_000
# How long a thread may run on while others wait for the interpreter. With Python's 5 ms, a request that waits for the
# database 20 times beside a costly one takes 100 ms longer.
SWITCH_SECONDS = 0.0005
# Of malloc.h: https://man7.org/linux/man-pages/man3/mallopt.3.html
M_ARENA_MAX = -8
HEAPS = 2


@click.command("serve")
def serve_command() -> None:
    """Serve the FHIR interface, and deliver to the FHIR server.

    Listens on SURAL_HOST and SURAL_PORT (127.0.0.1, 8080). Stores responses and results in SURAL_DATABASE
    (sqlite:///var/sural.db, created if it does not exist). If SURAL_FHIR_SERVER is set, threads deliver
    to that server; otherwise entries wait in the outbox, and results are read from this service.
    """
    settings = logged_settings()
    listening = listen(settings)
    settings = replace(settings, port=listening.getsockname()[1])
    with as_plain_errors():
        database = Database(settings.database)
        database.create_or_check()
        wiring = wire(settings)
        app = create_app(settings, database, wiring)
    settle_memory()
    sys.setswitchinterval(SWITCH_SECONDS)
    server = make_server(
        app,
        listening,
        make_room(ConnectionLimits()),
        lambda each: keep_unread(app, each.method, each.path, each.issue),
    )
    take_standard_error()
    with logged_process("serve", database, settings):
        signal.signal(signal.SIGTERM, request_stop)
        worker = make_worker(settings, database, wiring)
        if settings.is_open:
            reminder = {"reminder": reminding(time.monotonic)}
            worker = replace(worker, other_work={**worker.other_work, **reminder})
        stop = worker.start()
        try:
            say_where(settings, database)
            server.run()
        finally:
            stop()
            server.close()
            database.close()


def settle_memory() -> None:
    """Excludes the loaded catalogue from garbage collection, lets the collector run less often, and lets the threads
    share their heaps.

    The first two serve the line "POST PHQ-9 over HTTP" of `make bench`. With a heap for each thread, glibc kept 395 MB
    (resident) after 1,000 requests of tests/test_abuse.py, instead of 173 MB. 32 bodies of 1 MiB at once needed at most
    155 MB; that test has the bound of 256 MB.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(M_ARENA_MAX, HEAPS)


def listen(settings: Settings) -> socket.socket:
    """A listening socket; with port 0, on any free port. Raises CommandFailed if the port is not available."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except (OSError, UnicodeError, TypeError) as problem:
        listening.close()
        reason = getattr(problem, "strerror", None) or "this is no name of a host"
        where = f"SURAL_HOST {settings.host}, SURAL_PORT {settings.port}"
        raise CommandFailed(f"Cannot listen on {where}: {reason}.") from None
    return listening


def say_where(settings: Settings, database: Database) -> None:
    """Says, on standard output, where data is stored, where results are delivered, and the address of the service."""
    announce(f"Responses are stored in {database.location}.")
    if settings.fhir_server:
        announce(f"Results are delivered to {settings.fhir_server}.")
    else:
        announce("No FHIR server is set: results wait in the outbox and can be read here.")
    how = "without access control" if settings.is_open else "for clients with a token"
    announce(f"Serving FHIR at {settings.base} {how}.")
