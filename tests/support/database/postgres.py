"""A temporary PostgreSQL cluster in a folder, reached only through a socket in that folder."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

MISSING = "The postgres tests need the programs of PostgreSQL (initdb, pg_ctl), and there are none on this machine."
INSTALLED = Path("/usr/lib/postgresql")


class NoPostgres(Exception):
    """The programs of PostgreSQL are not installed."""


@cache
def programs() -> Path:
    """The folder with initdb and pg_ctl. Raises NoPostgres."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(INSTALLED.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not versions:
        raise NoPostgres(MISSING)
    return versions[-1].parent


def owner() -> dict[str, Any]:
    """The user of the server processes if the tests run as root, because PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextmanager
def cluster(is_durable: bool = False) -> Iterator[str]:
    """Runs a cluster; yields the url of its database. Safety against power failure is off unless it is asked for."""
    folder = Path(tempfile.mkdtemp(prefix="sural-pg-"))
    own = owner()
    if own:
        os.chown(folder, own["user"], own["group"])
    options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
    options += "" if is_durable else " -c fsync=off -c full_page_writes=off"
    try:
        call("initdb", "-D", f"{folder}/data", "-U", "sural", "-A", "trust", "-E", "UTF8", "--locale=C", "-N", **own)
        call("pg_ctl", "-D", f"{folder}/data", "-l", f"{folder}/log", "-w", "-o", options, "start", **own)
        try:
            yield f"postgresql://sural@/postgres?host={folder}"
        finally:
            call("pg_ctl", "-D", f"{folder}/data", "-w", "-m", "immediate", "stop", **own)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def call(program: str, *arguments: str, **own: Any) -> None:
    """Runs a program of PostgreSQL; fails with its standard error if it fails."""
    command = [str(programs() / program), *arguments]
    done = subprocess.run(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, **own)
    assert done.returncode == 0, done.stderr.decode()


if __name__ == "__main__":
    try:
        programs()
    except NoPostgres as problem:
        sys.exit(str(problem))
