"""No alarm unread: a Task that nobody takes in time is escalated, whatever the FHIR server does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.adapters.database.engine import Database
from service.adapters.database.operations.figures import read_figures
from service.screening.rules.urgency import Urgency
from service.usecases.tasks.watch import watch_next
from tests.support.building import response
from tests.support.logging import Log
from tests.support.rest import Clock, content, rest_on
from tests.usecases.tasks.conftest import OWNERS, Site
from tests.usecases.tasks.test_calls import LEGS, harm, stamp


def send(site: Site, value: int = 3) -> None:
    site.rest.post(harm(site.clock, value))
    site.run()


class TestInTime:
    @pytest.mark.parametrize(("value", "minutes"), [(3, 15), (1, 240)])
    def test_a_task_is_escalated_after_the_time_for_its_urgency(self, site: Site, value: int, minutes: int) -> None:
        send(site, value)
        site.run(minutes=minutes - 1)
        assert site.escalations() == []
        site.run(minutes=1)
        (second,) = site.escalations()
        first = site.one_task()
        assert second["owner"] == {"reference": "PractitionerRole/on-call"}
        assert second["basedOn"] == [{"reference": f"Task/{first['id']}"}]
        assert second["code"]["coding"][0]["code"] == "review-escalated"
        assert (second["status"], second["description"]) == ("requested", first["description"])
        assert second["note"][-1]["text"].startswith(f"Nobody has taken Task/{first['id']} since 2026-11-21T12:00:00")

    def test_each_owner_is_asked_once_in_their_order(self, site: Site) -> None:
        send(site)
        for _ in range(5):
            site.run(minutes=15)
        assert [task["owner"]["reference"] for task in site.escalations()] == list(OWNERS)

    @pytest.mark.parametrize("status", ["accepted", "in-progress", "on-hold", "completed", "cancelled"])
    def test_one_that_a_person_has_taken_is_not(self, site: Site, status: str) -> None:
        send(site)
        site.server.person_sets(site.one_task()["id"], status=status)
        site.run(hours=1)
        assert site.escalations() == []

    @pytest.mark.parametrize("status", ["received", "ready", "rejected", "failed", "draft"])
    def test_one_that_nobody_has_taken_is(self, site: Site, status: str) -> None:
        send(site)
        site.server.person_sets(site.one_task()["id"], status=status)
        site.run(minutes=15)
        assert len(site.escalations()) == 1

    def test_one_that_is_given_back_is(self, site: Site) -> None:
        send(site)
        site.server.person_sets(site.one_task()["id"], status="accepted")
        site.run(minutes=20)
        site.server.person_sets(site.one_task()["id"], status="rejected")
        site.run(minutes=5)
        assert len(site.escalations()) == 1

    def test_whoever_takes_the_second_task_ends_it(self, site: Site) -> None:
        send(site)
        site.run(minutes=15)
        site.server.person_sets(site.escalations()[0]["id"], status="accepted")
        site.run(hours=2)
        assert len(site.escalations()) == 1

    def test_old_answers_are_never_escalated(self, site: Site) -> None:
        site.rest.post(harm(site.clock, 3, days=50))
        for _ in range(3):
            site.run(days=1)
        assert site.escalations() == []

    def test_new_answers_call_again_if_everybody_was_asked(self, site: Site) -> None:
        send(site)
        site.run(minutes=15)
        site.run(minutes=15)
        site.run(days=1)
        send(site)
        site.run(minutes=15)
        assert [task["owner"]["reference"] for task in site.escalations()] == [*OWNERS, OWNERS[0]]
        assert len({task["id"] for task in site.escalations()}) == 3


class TestTold:
    def test_a_line_of_the_log_and_a_metric_tell_it(self, site: Site, logged: Log) -> None:
        send(site)
        site.run(minutes=15)
        (line,) = [line for line in logged.lines if line["event"] == "task_escalated"]
        told = {name: line[name] for name in ("level", "entry", "urgency", "step", "reason")}
        assert told == {
            "level": "error",
            "entry": 1,
            "urgency": "emergency",
            "step": 1,
            "reason": "nobody has taken the Task",
        }
        figures = read_figures(site.rest.database, site.clock())
        assert figures.escalated == {"emergency": 1, "same-day": 0}
        assert figures.untaken == {"emergency": timedelta(minutes=15), "same-day": None}
        assert "p1" not in logged.stream.getvalue()

    def test_the_age_ends_when_somebody_takes_it(self, site: Site) -> None:
        send(site)
        site.server.person_sets(site.one_task()["id"], status="accepted")
        site.run(minutes=2)
        assert read_figures(site.rest.database, site.clock()).untaken == {"emergency": None, "same-day": None}

    def test_also_if_the_fhir_server_never_answered(self, site: Site, logged: Log) -> None:
        site.server.down = True
        send(site)
        site.run(minutes=15)
        reasons = [line["reason"] for line in logged.lines if line["event"] == "task_escalated"]
        assert reasons == ["the Task has not reached the FHIR server"]
        site.server.down = False
        site.run(minutes=2)
        assert [task["owner"]["reference"] for task in site.escalations()] == ["PractitionerRole/on-call"]

    def test_also_if_the_fhir_server_went_down_after_the_delivery(self, site: Site, logged: Log) -> None:
        send(site)
        site.server.down = True
        site.run(minutes=15)
        assert [line["step"] for line in logged.lines if line["event"] == "task_escalated"] == [1]

    def test_also_if_the_fhir_server_has_lost_it(self, site: Site, logged: Log) -> None:
        send(site)
        site.server.stored.clear()
        site.run(minutes=15)
        reasons = [line["reason"] for line in logged.lines if line["event"] == "task_escalated"]
        assert reasons == ["the FHIR server does not have the Task"]

    def test_without_an_owner_the_operator_is_told_once(self, database: Database, clock: Clock, logged: Log) -> None:
        site = Site(rest_on(database, clock), clock, owners=())
        send(site)
        for _ in range(3):
            site.run(minutes=15)
        assert [line["step"] for line in logged.lines if line["event"] == "task_escalated"] == [1]
        assert site.escalations() == []

    def test_without_a_fhir_server_too(self, site: Site, logged: Log) -> None:
        site.rest.post(harm(site.clock, 3))
        site.clock.forward(minutes=15)
        assert watch_next(replace(site.watch, server=None))
        assert [line["step"] for line in logged.lines if line["event"] == "task_escalated"] == [1]

    def test_a_task_that_cannot_be_passed_on_is_told_all_the_same(self, site: Site, logged: Log) -> None:
        send(site)
        site.watch.policy = replace(site.watch.policy, owners=(None, *OWNERS))  # type: ignore[arg-type]
        site.watch.knowledge = replace(site.watch.knowledge, codes=None)  # type: ignore[arg-type]
        site.run(minutes=15)
        events = [line["event"] for line in logged.lines if line["event"].startswith("task_")]
        assert events == ["task_escalation_failed", "task_escalated"]

    def test_two_processes_escalate_it_once(self, site: Site, logged: Log) -> None:
        send(site)
        site.clock.forward(minutes=15)
        late = site.watch.board.read_late(site.clock(), site.watch.policy, 9)
        watch_next(site.watch)
        assert not site.watch.board.escalate(late[0], None, site.clock(), lambda: None)
        assert len([line for line in logged.lines if line["event"] == "task_escalated"]) == 1


def test_withdrawing_the_answers_ends_the_watch(site: Site) -> None:
    legs = response("leg-pain", LEGS, authored=stamp(site.clock.now))
    made = content(site.rest.post(legs))
    site.run()
    site.rest.put({**made, "status": "entered-in-error"}, version=1)
    site.run(hours=1)
    assert [task["status"] for task in site.server.of_type("Task")] == ["cancelled"]
    assert site.escalations() == []


def test_the_time_for_each_urgency_is_a_setting(site: Site) -> None:
    limits = {Urgency.EMERGENCY: timedelta(minutes=5), Urgency.SAME_DAY: timedelta(hours=1)}
    site.watch.policy = replace(site.watch.policy, limits=limits)
    send(site)
    site.run(minutes=5)
    assert len(site.escalations()) == 1
