"""The FHIR server is down, workers are killed, the clock moves: each alarm ends acknowledged or escalated."""

import json
import random
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import pytest
from sqlalchemy import select

from service.adapters.database.engine import Database
from service.adapters.database.tasks.table import task
from service.fhir.results.tasks.earlier_tasks import TAKEN
from tests.support.building import NOW, with_total
from tests.support.other_systems.misbehaving import Exchange, MisbehavingServer, misbehaving, reply
from tests.support.rest import Clock, rest_on
from tests.support.running.alarm_worker import fork_server, start_worker

SEED = 20_261_129


@dataclass
class Trial:
    """A SQLite file, a FHIR server that goes up and down, persons who take some Tasks, and a clock that moves."""

    path: Path
    server: MisbehavingServer
    seconds: "Synchronized[float]"
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    down: bool = False
    sent: int = 0

    def __post_init__(self) -> None:
        self.server.transaction = self.server.search = self.answer

    def answer(self, exchange: Exchange) -> None:
        if self.down:
            exchange.reset()
        elif exchange.request.is_search:
            exchange.send(reply(200, self.server.find(exchange.request)))
        else:
            exchange.send(reply(200, self.server.store(exchange.request)))

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds.value, UTC)

    def accept(self, count: int) -> None:
        """Accepts one alarm each of so many patients: half of them emergencies, half of the same day."""
        with closing(Database(f"sqlite:///{self.path}")) as database:
            database.create()
            rest = rest_on(database, Clock(self.now), f"r{self.sent}-")
            for number in range(self.sent, self.sent + count):
                value = 3 if number % 2 else 1
                answered = {"safe-now": ["yes"]}
                made = with_total("phq-9", 5, last=value, answers=answered, patient=f"Patient/{number}")
                assert rest.post(made).status_code == 201
        self.sent += count

    def people_take_some(self) -> None:
        """Persons take every fourth Task that reached them."""
        for address, resource in list(self.server.stored.items()):
            if address.startswith("Task/") and resource["status"] == "requested" and self.chance.random() < 0.25:
                self.server.stored[address] = {**resource, "status": "accepted"}

    def kill_one(self) -> None:
        """Some time later a worker runs for a moment and is killed."""
        self.seconds.value += self.chance.uniform(0, 1_800)
        self.down = self.chance.random() < 0.6
        worker = start_worker(self.path, self.server.base, self.seconds)
        time.sleep(self.chance.uniform(0.02, 0.4))
        worker.kill()
        worker.join()
        self.people_take_some()

    def settle(self, hours: float, down: bool) -> None:
        """Some hours later a worker does all that is to do."""
        self.seconds.value += hours * 3_600
        self.down = down
        worker = start_worker(self.path, self.server.base, self.seconds, until_idle=True)
        worker.join()
        assert worker.exitcode == 0


def check_alarms(trial: Trial, alarms: int) -> Counter[str]:
    """Each alarm is there once, and acknowledged or escalated; each escalation was told."""
    with closing(Database(f"sqlite:///{trial.path}", read_only=True)) as database, database.read() as connection:
        rows = connection.execute(select(task).where(task.c.root.is_(None))).all()
    lines = [json.loads(line) for line in trial.path.with_suffix(".log").read_text().splitlines()]
    told = {line["entry"] for line in lines if line["event"] == "task_escalated"}
    escalated = [row for row in rows if row.escalated]
    neither = [row for row in rows if not row.escalated and row.taken is None]
    assert len(rows) == len({row.patient for row in rows}) == alarms
    assert neither == []
    assert len(told) == len(escalated)
    taken = [row for row in rows if row.taken is not None]
    assert all(row.status in TAKEN for row in taken if not row.escalated)
    return Counter(alarms=len(rows), escalated=len(escalated), acknowledged=len(taken))


def run_trial(folder: Path, alarms: int, kills: int) -> Counter[str]:
    """A trial with so many alarms and kills; what became of the alarms. The last ones never reach the FHIR server."""
    seconds: Synchronized[float] = fork_server().Value("d", NOW.timestamp())
    with misbehaving() as server:
        trial = Trial(folder / "sural.db", server, seconds)
        for _ in range(kills):
            trial.accept(alarms // (kills + 1))
            trial.kill_one()
        trial.settle(0.1, down=False)
        trial.people_take_some()
        trial.settle(0.1, down=False)
        trial.accept(alarms - trial.sent)
        trial.settle(5, down=True)
        return check_alarms(trial, alarms)


def test_each_alarm_is_acknowledged_or_escalated(tmp_path: Path) -> None:
    found = run_trial(tmp_path, alarms=45, kills=8)
    assert found["escalated"] > 0
    assert found["acknowledged"] > 0


@pytest.mark.faults
@pytest.mark.long
def test_each_of_10000_alarms_is_acknowledged_or_escalated(tmp_path: Path) -> None:
    found = run_trial(tmp_path, alarms=10_000, kills=200)
    print(f"seed {SEED}, 200 kills: {dict(found)}")  # noqa: T201 the report of `make test-faults-long`
    assert found["escalated"] > 0
    assert found["acknowledged"] > 0
