"""A worker process that a test kills: it delivers and watches over the Tasks, by a clock that the test moves."""

import multiprocessing
import sys
from datetime import UTC, datetime
from functools import partial
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from service.adapters.database.engine import Database
from service.adapters.database.outbox import DatabaseOutbox
from service.adapters.database.tasks.board import DatabaseTasks
from service.adapters.fhir_server.client import HttpFhirServer, TimeLimits
from service.logs import configure
from service.ports.tasks import EscalationPolicy
from service.usecases.tasks.watch import TaskWatch, watch_next
from service.worker import Worker, run_step
from tests.support.building import context

# Loaded once, in the process from which the workers are forked.
KNOWLEDGE = context().knowledge
OWNERS = ("PractitionerRole/on-call",)


def fork_server() -> ForkServerContext:
    """The context that starts workers from a process of its own, which has loaded this module."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload([__name__])
    return made


def start_worker(path: Path, base: str, seconds: "Synchronized[float]", until_idle: bool = False) -> ForkServerProcess:
    """Starts a worker on a SQLite file; its log is appended to a file beside it."""
    process = fork_server().Process(target=work, args=(path, base, seconds, until_idle))
    process.start()
    return process


def work(path: Path, base: str, seconds: "Synchronized[float]", until_idle: bool) -> None:
    """Works until it is killed, or with ``until_idle`` until nothing is to do."""
    with path.with_suffix(".log").open("a", buffering=1) as log:
        sys.stderr = log
        configure("info")
        database, server = Database(f"sqlite:///{path}"), HttpFhirServer(base, limits=TimeLimits(2, 2))

        def now() -> datetime:
            return datetime.fromtimestamp(seconds.value, UTC)

        worker = Worker(DatabaseOutbox(database), server, now, read_back=0)
        watch = TaskWatch(DatabaseTasks(database), server, EscalationPolicy(owners=OWNERS), KNOWLEDGE, now)
        while True:
            did_watch = run_step(partial(watch_next, watch), "task_watch_failed")
            did_deliver = worker.run_once()
            if until_idle and not did_watch and not did_deliver:
                return
