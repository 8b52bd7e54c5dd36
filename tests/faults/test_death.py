"""Processes that are killed, at any time and at named points: nothing is lost, nothing is doubled.

A run without a failure in N trials says that failures are rarer than 3 in N. FAULTS=long makes N large, and prints
the counts and the seed.
"""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from service import clock
from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.outbox import DatabaseOutbox
from service.adapters.fhir_server.client import HttpFhirServer
from service.worker import Worker
from tests.faults.conftest import Sizes
from tests.faults.running.clients import Sent, Told, id_in, post_once, send_all, submissions
from tests.faults.running.deployment import Deployment, Nursery, deployed, wait_for_end
from tests.faults.running.downstream import unreliable
from tests.faults.running.invariants import violations
from tests.support.database.old_databases import fill_sqlite
from tests.support.other_systems.misbehaving import MisbehavingServer, misbehaving
from tests.support.running.serving import COMMAND, environment, wait_until

pytestmark = pytest.mark.faults

WEB_POINTS = ["before the commit", "after the commit, before the answer"]
DELIVERY_POINTS = ["after the lease", "after sending, before it is marked"]


Count = Callable[[str, str], None]
# Only a run that does not get on at all takes longer between two kills.
LONGEST_SECONDS = 600


def deliver_all(database: Database, server: MisbehavingServer) -> None:
    """Delivers what is left to the server, which behaves now. A day later: whatever was leased is free."""
    server.transaction = None
    worker = Worker(DatabaseOutbox(database), HttpFhirServer(server.base), lambda: clock.now() + timedelta(days=1))
    while worker.run_once():
        server.received.clear()


def kill_by_chance(deployment: Deployment, told: Told, sizes: Sizes, chance: random.Random) -> None:
    """Kills one process after another, spread over the submissions, so that a slow machine gets on too."""
    for number in range(sizes.kills):
        due = number * sizes.submissions // sizes.kills
        wait_until(lambda due=due: len(told.ids) >= due, LONGEST_SECONDS)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.3))
        chance.choice(deployment.all).replace()


def test_killed_at_any_time(
    tmp_path: Path, address: str, forking: Nursery, sizes: Sizes, seed: int, record_property: Count
) -> None:
    """D1, and D2 in the long form."""
    chance, told = random.Random(seed), Told()
    with misbehaving(unreliable(random.Random(seed))) as server:
        with deployed(forking, tmp_path, address, server.base) as deployment:
            webs = deployment.webs
            all_sent = submissions(sizes.submissions, chance)
            done = send_all(lambda: random.choice(webs).base, all_sent, told, chance)
            kill_by_chance(deployment, told, sizes, chance)
            assert done.wait(LONGEST_SECONDS)
            kills = deployment.kills
        with closing(Database(address)) as database:
            deliver_all(database, server)
            found = violations(database, told, server)
    counts = f"{len(told.ids)} submissions, {told.again} sent again, {kills} kills, seed {seed}"
    record_property(
        "counts", f"{address.split(':', maxsplit=1)[0]}: {counts}: {len(found)} violations of I1 to I6, I8, I9"
    )
    assert len(told.ids) == sizes.submissions
    assert found == []


@pytest.mark.parametrize("point", WEB_POINTS)
def test_killed_while_it_accepts(
    tmp_path: Path, address: str, forking: Nursery, sizes: Sizes, seed: int, point: str
) -> None:
    """D3: the client got no answer, sends again, and there is one response."""
    told = Told()
    with deployed(forking, tmp_path, address, None) as deployment:
        web = deployment.webs[0]
        for sent in submissions(sizes.repetitions, random.Random(seed)):
            web.end()
            web.start(point)
            assert post_once(web.base, sent) is None
            wait_for_end(web.process)
            web.start()
            acknowledge(web.base, sent, told)
    with closing(Database(address)) as database:
        assert violations(database, told, None) == []


def acknowledge(base: str, sent: Sent, told: Told) -> None:
    answer = post_once(base, sent)
    assert answer is not None
    assert answer.status_code in (200, 201), answer.text
    told.note(sent, id_in(answer))


@pytest.mark.parametrize("point", DELIVERY_POINTS)
def test_killed_while_it_delivers(
    tmp_path: Path, address: str, forking: Nursery, sizes: Sizes, seed: int, point: str
) -> None:
    """D3: the entry is delivered after the next start, and each Task is written once."""
    told = Told()
    with misbehaving() as server:
        with deployed(forking, tmp_path, address, None) as deployment:
            # A killed process keeps its lease, and so the other entries of its patient, for two minutes.
            for sent in submissions(sizes.repetitions, random.Random(seed), per_patient=1):
                acknowledge(deployment.webs[0].base, sent, told)
        for _ in range(sizes.repetitions):
            settings = {"SURAL_DATABASE": address, "SURAL_PORT": "0", "SURAL_FHIR_SERVER": server.base}
            wait_for_end(forking.start("serve", settings, tmp_path / "killed.log", point))
        with closing(Database(address)) as database:
            deliver_all(database, server)
            assert violations(database, told, server) == []


def test_killed_inside_the_migration(tmp_path: Path, forking: Nursery, sizes: Sizes) -> None:
    """D3: the file is as it was, and the next migration completes it."""
    url = fill_sqlite(tmp_path / "sural.db", 1)
    for _ in range(sizes.repetitions):
        settings = {"SURAL_DATABASE": url}
        wait_for_end(forking.start("migrate", settings, tmp_path / "migrate.log", "inside the migration"))
    with closing(Database(url)) as database:
        with database.read() as connection:
            assert connection.scalar(select(t.schema.c.version)) == 1
        database.create()
        with database.read() as connection:
            assert connection.scalar(select(func.count()).select_from(t.response)) == 2


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace counts the calls, and is not installed")
def test_each_answer_follows_a_sync(tmp_path: Path) -> None:
    """D5b: a killed process loses nothing that the kernel has; a machine without power does. So calls are counted."""
    log, told = tmp_path / "calls", Told()
    command = ["strace", "-f", "-qq", "-o", str(log), "-e", "trace=fsync,fdatasync", *COMMAND, "serve"]
    env, count = environment(tmp_path), 20
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, env=env, text=True, stdout=pipe, start_new_session=True) as process:
        assert process.stdout is not None
        base = next(line.split()[3] for line in process.stdout if line.startswith("Serving FHIR at"))
        try:
            for sent in submissions(count, random.Random(1)):
                before = syncs(log)
                acknowledge(base, sent, told)
                assert syncs(log) > before
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    assert syncs(log) >= count


def syncs(log: Path) -> int:
    """The number of calls that have put a file on the disk."""
    return log.read_text().count("sync(")
