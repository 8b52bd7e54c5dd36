"""Runs `sural` in forked processes. The catalogue is loaded once, so that a process starts in a tenth of a second.

Reads a line of JSON per process to start: the command, its environment, the file for its output, and a point of the
program at which it is to kill itself, or null. Answers with the process id.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

import service.wiring
from service.adapters.database.migrations import before_alembic
from service.adapters.database.outbox import DatabaseOutbox
from service.adapters.database.store import DatabaseStore
from service.adapters.mappings.catalogue import load_catalogue
from service.cli.main import main
from service.cli.serving import migrate, serve, worker


def die(*_: Any, **__: Any) -> None:
    """Ends the process as a failure of its power supply would."""
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str) -> None:
    """Kills the process in place of a call."""
    setattr(owner, name, die)


def after(owner: Any, name: str, is_point: Callable[[Any], bool] = lambda result: True) -> None:
    """Kills the process after a call, if its result is one that the point is about."""
    called = getattr(owner, name)

    def call_and_die(*arguments: Any, **named: Any) -> Any:
        result = called(*arguments, **named)
        if is_point(result):
            die()
        return result

    setattr(owner, name, call_and_die)


def before_commit() -> None:
    """Kills the process before the transaction of a submission is committed."""

    def kill_if_submission(connection: Any) -> None:
        if connection.info.pop("submission", False):
            die()

    def note(connection: Any, _: Any, statement: str, *__: Any) -> None:
        if statement.startswith("INSERT INTO outbox"):
            connection.info["submission"] = True

    event.listen(Engine, "before_cursor_execute", note)
    event.listen(Engine, "commit", kill_if_submission)


POINTS: dict[str, Callable[[], None]] = {
    "before the commit": before_commit,
    "after the commit, before the answer": lambda: after(DatabaseStore, "save_submission"),
    "after the lease": lambda: after(DatabaseOutbox, "lease", lambda entry: entry is not None),
    "after sending, before it is marked": lambda: before(DatabaseOutbox, "mark_delivered"),
    "inside the migration": lambda: before(before_alembic, "keep_older_programs_out"),
}
COMMANDS = {"serve": serve.serve_command, "worker": worker.worker_command, "migrate": migrate.migrate_command}


def run(order: dict[str, Any]) -> None:
    """Runs one command in this process, which was forked for it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.update(order["environment"])
    if order["point"] is not None:
        POINTS[order["point"]]()
    main([order["command"]])


def serve_orders() -> None:
    """Forks a process for each line."""
    loaded = load_catalogue()
    vars(service.wiring)["load_catalogue"] = lambda *_, **__: loaded
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(json.loads(line))
        print(child, flush=True)  # noqa: T201


if __name__ == "__main__":
    serve_orders()
