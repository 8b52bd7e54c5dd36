"""The Task for urgent flags: the contact after PHQ-9 item 9, and its end in the time zone of the site."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.fhir.ids import derived_id
from service.fhir.r4.types import Resource
from service.fhir.results.tasks.review_task import contact_end, overdue_task
from service.screening.rules.urgency import Urgency
from service.usecases.operations.preview import dry_run
from tests.support.building import NOW, context, response, scored, with_total
from tests.support.responses.written import one, written


def task_of(
    *resources: Resource,
    now: datetime = NOW,
    zone: str = "UTC",
    birth: str | None = None,
    phone: Resource | None = None,
) -> Resource:
    used = context()
    sited = replace(used, knowledge=replace(used.knowledge, time_zone=ZoneInfo(zone)))
    return one(dry_run(resources, sited, now, birth, phone=phone), "Task")


def inputs_of(task: Resource) -> dict[str, Any]:
    """The value of each input by the code of its type."""
    return {
        entry["type"]["coding"][0]["code"]: next(value for name, value in entry.items() if name.startswith("value"))
        for entry in task["input"]
    }


class TestItem9:
    def test_a_value_of_2_with_safety(self) -> None:
        unsafe = with_total("phq-9", 15, last=2, answers={"safe-now": ["yes"]})
        task = task_of(unsafe, with_total("gad-7", 11), birth="1975-01-01")
        assert task["priority"] == "asap"
        assert task["code"]["text"] == "Contact and safety assessment (PHQ-9 item 9)"
        assert task["description"] == (
            "SAME DAY: PHQ-9 item 9 = 2 (More than half the days). Able to stay safe: yes. "
            "PHQ-9 15 (moderately severe), GAD-7 11 (moderate). Answered 2026-11-21, 09:00:00Z. "
            "A person makes contact and assesses safety, whatever the total."
        )
        given = inputs_of(task)
        flag = given.pop("self-harm")
        assert flag["coding"][0]["code"] == "same-day"
        expected = {"item-9": 2, "safe-now": "yes", "phq-9": 15, "gad-7": 11, "age": 51}
        assert given == {**expected, "answered": "2026-11-21T09:00:00Z"}

    @pytest.mark.parametrize(("safe", "said"), [("no", "no"), ("unsure", "not sure")])
    def test_not_safe_is_at_once(self, safe: str, said: str) -> None:
        task = task_of(with_total("phq-9", 5, last=1, answers={"safe-now": [safe]}))
        assert task["priority"] == "stat"
        assert task["description"].startswith(f"NOW: PHQ-9 item 9 = 1 (Several days). Able to stay safe: {said}. ")

    def test_left_open_with_ten_points(self) -> None:
        task = task_of(scored("phq-9", [2, 2, 2, 2, 2, None, None, None, None], status="stopped"))
        assert task["description"].startswith(
            "SAME DAY: self-harm question left open (PHQ-9 item 9, 10 points answered). Ask the question. "
        )
        assert inputs_of(task)["points-answered"] == 10

    def test_the_author_who_is_not_the_patient_is_named(self) -> None:
        nurse = {"reference": "Practitioner/n1"}
        task = task_of(with_total("phq-9", 5, last=3, answers={"safe-now": ["yes"]}, author=nurse))
        assert inputs_of(task)["answered-by"] == nurse

    def test_a_phone_on_record_is_named(self) -> None:
        phone = {"system": "phone", "value": "555 0100"}
        harm = with_total("phq-9", 5, last=1, answers={"safe-now": ["yes"]})
        assert inputs_of(task_of(harm, phone=phone))["contact"] == phone
        assert "contact" not in inputs_of(task_of(harm))

    def test_another_flag_has_a_task_of_its_own(self) -> None:
        harm = with_total("phq-9", 5, last=1, answers={"safe-now": ["yes"]})
        bundle = dry_run([response("leg-pain", {"lp-alarm": ["very-ill"]}), harm], context(), NOW)
        told = {task["priority"]: task["description"] for task in written(bundle, "Task")}
        assert told["asap"].startswith("SAME DAY: PHQ-9 item 9 = 1 ")
        assert told["stat"].startswith(
            "NOW: very ill, faint or confused. Answered by somebody (the response does not say who)"
        )

    def test_its_id_is_that_of_the_flag_and_the_version_of_the_response(self) -> None:
        task = task_of(with_total("phq-9", 5, last=1, answers={"safe-now": ["yes"]}))
        assert task["id"] == derived_id("Task", "", "phq-9-1", "task/self-harm/1")


class TestOldAnswers:
    """Answers of more than 14 days before they come are not urgent (ruleset.yaml)."""

    @pytest.mark.parametrize(
        ("authored", "code", "priority"),
        [
            ("2026-11-07T12:00:00Z", "review-red-flags", "asap"),
            ("2026-11-07T11:59:00Z", "review-old-answers", "routine"),
        ],
    )
    def test_they_have_a_task_of_their_own_kind(self, authored: str, code: str, priority: str) -> None:
        task = task_of(with_total("phq-9", 5, last=1, answers={"safe-now": ["yes"]}, authored=authored))
        assert (task["code"]["coding"][0]["code"], task["priority"]) == (code, priority)

    def test_it_says_so_and_asks_for_no_contact_by_a_time(self) -> None:
        old = {"authored": "2025-11-07T12:00:00Z"}
        task = task_of(with_total("phq-9", 5, last=1, answers={"safe-now": ["yes"]}, **old))
        assert task["description"].startswith(
            "Found in old answers, not urgent now. What was said then: SAME DAY: PHQ-9 item 9 = 1 "
        )
        assert "restriction" not in task


class TestEnd:
    def test_an_emergency_ends_at_acceptance(self) -> None:
        task = task_of(response("leg-pain", {"lp-alarm": ["very-ill"]}))
        assert task["restriction"]["period"]["end"] == "2026-11-21T12:00:00.000Z"

    @pytest.mark.parametrize(
        ("now", "zone", "end"),
        [
            ("2026-11-21T12:00:00", "UTC", "2026-11-21T23:59:59"),
            ("2026-11-21T12:00:00", "Europe/Zurich", "2026-11-21T22:59:59"),
            ("2026-11-21T22:00:00", "UTC", "2026-11-22T02:00:00"),
            ("2026-11-21T23:30:00", "Europe/Zurich", "2026-11-22T22:59:59"),
        ],
    )
    def test_the_same_day_ends_with_the_day_at_the_site_but_not_within_four_hours(
        self, now: str, zone: str, end: str
    ) -> None:
        at, wanted = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, end))
        assert contact_end(Urgency.SAME_DAY, at, ZoneInfo(zone)) == wanted


class TestOverdue:
    HARM = with_total("phq-9", 5, last=1, answers={"safe-now": ["yes"]})

    def test_after_its_end_it_has_the_highest_priority_and_says_so(self) -> None:
        task = task_of(self.HARM)
        raised = overdue_task(task, NOW + timedelta(days=1), context().knowledge)
        assert raised is not None
        assert raised["priority"] == "stat"
        assert raised["lastModified"] == "2026-11-22T12:00:00.000Z"
        assert raised["note"][0]["text"].startswith("No contact is known by 2026-11-21T23:59:59.000Z")
        kept = task.keys() - {"priority", "lastModified"}
        assert {name: raised[name] for name in kept} == {name: task[name] for name in kept}

    def test_before_its_end_it_stays(self) -> None:
        assert overdue_task(task_of(self.HARM), NOW + timedelta(hours=11), context().knowledge) is None

    @pytest.mark.parametrize("change", [{"status": "accepted"}, {"status": "completed"}, {"priority": "stat"}])
    def test_one_that_a_person_has_begun_or_that_is_raised_already_stays(self, change: dict[str, str]) -> None:
        task = {**task_of(self.HARM), **change}
        assert overdue_task(task, NOW + timedelta(days=1), context().knowledge) is None
