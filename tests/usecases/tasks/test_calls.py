"""One open Task per patient and red flag: later answers point to it, raise it, or call by a second one."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from service.adapters.database.engine import Database
from service.fhir.ids import derived_id
from service.fhir.r4.types import Resource
from tests.support.building import response, with_total
from tests.support.database.storing import next_version
from tests.support.rest import Clock, Rest, content, rest_on

SAFE = {"safe-now": ["yes"]}
# A red flag that is no safety answer.
LEGS = {"lp-side": ["left"], "lp-muscle": ["foot-drop"], "lp-duration": ["lt-1w"]}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rest(sqlite: Database, clock: Clock) -> Rest:
    return rest_on(sqlite, clock)


def harm(clock: Clock, value: int, days: int = 0, **elements: Any) -> Resource:
    """A PHQ-9 with this answer to item 9, given so many days before now."""
    return with_total("phq-9", value + 4, last=value, answers=SAFE, authored=stamp(clock.now, days), **elements)


def stamp(now: datetime, days: int = 0) -> str:
    return (now - timedelta(days=days)).isoformat().replace("+00:00", "Z")


def tasks_of(rest: Rest) -> list[Resource]:
    return sorted(rest.found("Task"), key=lambda task: task["authoredOn"])


def pointers(rest: Rest) -> list[list[str]]:
    """The Tasks that each impression relies on, in order of acceptance."""
    impressions = sorted(rest.found("ClinicalImpression"), key=lambda each: each["date"])
    return [[each["reference"] for each in impression.get("supportingInfo", ())] for impression in impressions]


def set_status(rest: Rest, task: Resource, status: str, clock: Clock) -> None:
    next_version(rest.database, "Task", task["id"], clock.now, status=status)


@pytest.mark.parametrize("status", ["requested", "received", "accepted", "in-progress", "on-hold"])
def test_later_answers_point_to_the_open_task(rest: Rest, clock: Clock, status: str) -> None:
    rest.post(harm(clock, 2))
    (task,) = tasks_of(rest)
    if status != "requested":
        set_status(rest, task, status, clock)
    clock.forward(hours=1)
    rest.post(harm(clock, 1))
    assert [each["id"] for each in tasks_of(rest)] == [task["id"]]
    assert pointers(rest) == [[], [f"Task/{task['id']}"]]


@pytest.mark.parametrize("status", ["completed", "cancelled", "entered-in-error"])
def test_a_closed_task_stands_for_nothing(rest: Rest, clock: Clock, status: str) -> None:
    rest.post(harm(clock, 2))
    set_status(rest, tasks_of(rest)[0], status, clock)
    clock.forward(hours=1)
    rest.post(harm(clock, 2))
    _, second = tasks_of(rest)
    assert "basedOn" not in second
    assert pointers(rest) == [[], []]


@pytest.mark.parametrize("status", ["rejected", "failed"])
def test_a_task_that_nobody_will_take_is_followed_by_a_second_one(rest: Rest, clock: Clock, status: str) -> None:
    rest.post(harm(clock, 2))
    set_status(rest, tasks_of(rest)[0], status, clock)
    clock.forward(hours=1)
    rest.post(harm(clock, 2))
    first, second = tasks_of(rest)
    assert second["basedOn"] == [{"reference": f"Task/{first['id']}"}]


def test_another_flag_has_its_own_task(rest: Rest, clock: Clock) -> None:
    rest.post(harm(clock, 2))
    rest.post(response("leg-pain", {"lp-alarm": ["fever"]}, authored=stamp(clock.now)))
    assert len(tasks_of(rest)) == 2


def test_another_patient_has_its_own_task(rest: Rest, clock: Clock) -> None:
    rest.post(harm(clock, 2))
    rest.post(harm(clock, 2, patient="Patient/p2"))
    assert len(tasks_of(rest)) == 2


def test_a_higher_urgency_raises_the_task_that_nobody_has_begun(rest: Rest, clock: Clock) -> None:
    rest.post(harm(clock, 1))
    (first,) = tasks_of(rest)
    clock.forward(hours=1)
    rest.post(harm(clock, 3))
    (raised,) = tasks_of(rest)
    assert (raised["id"], raised["priority"], raised["meta"]["versionId"]) == (first["id"], "stat", "2")
    assert raised["authoredOn"] == first["authoredOn"]
    assert raised["description"].startswith("NOW: PHQ-9 item 9 = 3 ")
    assert raised["note"][0]["text"].startswith(
        "New answers made this more urgent. Before: SAME DAY: PHQ-9 item 9 = 1 (Several days)."
    )
    assert raised["restriction"]["period"]["end"] == "2026-11-21T13:00:00.000Z"
    assert pointers(rest) == [[], [f"Task/{first['id']}"]]


def test_the_raised_version_is_an_entry_of_its_own(rest: Rest, clock: Clock) -> None:
    rest.post(harm(clock, 1))
    rest.post(harm(clock, 3))
    assert rest.outbox.count_entries()["waiting"] == 3


def test_a_higher_urgency_than_that_of_a_begun_task_is_a_second_one(rest: Rest, clock: Clock) -> None:
    rest.post(harm(clock, 1))
    set_status(rest, tasks_of(rest)[0], "in-progress", clock)
    clock.forward(hours=1)
    rest.post(harm(clock, 3))
    first, second = tasks_of(rest)
    assert (first["priority"], second["priority"]) == ("asap", "stat")
    assert second["basedOn"] == [{"reference": f"Task/{first['id']}"}]


def test_an_amendment_raises_its_own_task(rest: Rest, clock: Clock) -> None:
    made = content(rest.post(harm(clock, 1)))
    clock.forward(hours=1)
    rest.put({**harm(clock, 3), "id": made["id"], "status": "amended"}, version=1)
    (raised,) = tasks_of(rest)
    assert (raised["priority"], raised["meta"]["versionId"]) == ("stat", "2")


def test_an_old_task_of_several_flags_counts_for_each(rest: Rest, clock: Clock) -> None:
    """Before there was a Task for each flag, a submission wrote one for all."""
    rest.post(harm(clock, 2))
    (task,) = tasks_of(rest)
    fever = {
        "type": {"coding": [{"system": "https://w3id.org/sural/CodeSystem/red-flag", "code": "fever"}]},
        "valueCodeableConcept": {"coding": [{"code": "same-day"}]},
    }
    next_version(rest.database, "Task", task["id"], clock.now, input=[*task["input"], fever])
    rest.post(response("leg-pain", {"lp-alarm": ["fever"]}, authored=stamp(clock.now)))
    assert [each["id"] for each in tasks_of(rest)] == [task["id"]]


class TestOldAnswers:
    def test_a_load_of_history_gives_one_task_of_its_own_kind(self, rest: Rest, clock: Clock) -> None:
        for days in range(100, 20, -10):
            rest.post(harm(clock, 2, days=days))
        (task,) = tasks_of(rest)
        assert task["code"]["coding"][0]["code"] == "review-old-answers"
        assert task["priority"] == "routine"

    def test_it_does_not_stand_for_new_answers(self, rest: Rest, clock: Clock) -> None:
        rest.post(harm(clock, 2, days=50))
        rest.post(harm(clock, 2))
        assert sorted(task["priority"] for task in tasks_of(rest)) == ["asap", "routine"]

    def test_an_urgent_task_stands_for_them(self, rest: Rest, clock: Clock) -> None:
        rest.post(harm(clock, 2))
        rest.post(harm(clock, 3, days=50))
        assert [task["priority"] for task in tasks_of(rest)] == ["asap"]

    def test_the_summary_does_not_open_with_it(self, rest: Rest, clock: Clock) -> None:
        rest.post(harm(clock, 2, days=50))
        rest.post(with_total("gad-7", 3, authored=stamp(clock.now)))
        assert not any(
            "OPEN" in each["summary"] or "OVERDUE" in each["summary"] for each in rest.found("ClinicalImpression")
        )


class TestWithdrawal:
    """A flag that is no safety answer: withdrawing its response cancels its Task."""

    def test_a_task_that_other_answers_rely_on_stays(self, rest: Rest, clock: Clock) -> None:
        first = content(rest.post(response("leg-pain", LEGS, authored=stamp(clock.now), id="a")))
        (task,) = tasks_of(rest)
        clock.forward(hours=1)
        rest.post(response("leg-pain", LEGS, authored=stamp(clock.now), id="b"))
        assert len(tasks_of(rest)) == 1
        rest.put({**first, "status": "entered-in-error"}, version=1)
        assert rest.one(f"Task?_id={task['id']}")["status"] == "requested"

    def test_a_task_that_nothing_else_relies_on_is_cancelled(self, rest: Rest, clock: Clock) -> None:
        first = content(rest.post(response("leg-pain", LEGS, authored=stamp(clock.now), id="a")))
        rest.put({**first, "status": "entered-in-error"}, version=1)
        assert [task["status"] for task in tasks_of(rest)] == ["cancelled"]


def test_the_id_of_a_task_names_flag_and_version(rest: Rest, clock: Clock) -> None:
    id = content(rest.post(harm(clock, 2)))["id"]
    assert tasks_of(rest)[0]["id"] == derived_id("Task", "", id, "task/self-harm/1")
