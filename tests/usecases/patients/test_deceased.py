"""A patient who is dead, or whose record is not in use: the results arrive and say so, and nobody calls the dead."""

from typing import Any

import pytest

from service.adapters.database.engine import Database
from service.fhir.r4.types import Resource
from tests.support.building import phq
from tests.support.logging import Log
from tests.support.other_systems.patients import PatientSite
from tests.support.rest import Clock, rest_on

# The answers are of 2026-11-21.
BEFORE_DEATH = ["2026-11-22", "2026-11-22T08:00:00Z", "2026-12"]
MAYBE_AFTER_DEATH = ["2026-11-21", "2026-11-20T23:00:00+01:00", "2026-11", "2026", "yesterday"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(database: Database, clock: Clock) -> PatientSite:
    return PatientSite(rest_on(database, clock), clock)


def urgent() -> Resource:
    """A PHQ-9 for which a person is called."""
    return phq(last=1)


def notes(impression: Resource) -> str:
    return " ".join(note["text"] for note in impression["note"])


@pytest.mark.parametrize("death", BEFORE_DEATH)
def test_nobody_is_asked_to_call_a_patient_who_died_after_the_answers(
    site: PatientSite, logged: Log, death: str
) -> None:
    site.has(deceasedDateTime=death)
    site.rest.post(urgent())
    site.deliver()
    assert (site.states(), site.server.of_type("Task")) == (["delivered"], [])
    assert f"died on {death[:10]}" in notes(site.impression())
    assert site.server.of_type("QuestionnaireResponse")
    stored = site.rest.one("Task")
    assert (stored["status"], "died" in stored["statusReason"]["text"]) == ("cancelled", True)
    assert len(logged.of("patient_deceased")) == 1


@pytest.mark.parametrize("said", [{"deceasedBoolean": True}, *({"deceasedDateTime": day} for day in MAYBE_AFTER_DEATH)])
def test_answers_that_may_be_later_than_the_death_ask_whose_they_are(site: PatientSite, said: dict[str, Any]) -> None:
    site.has(**said)
    site.rest.post(urgent())
    before = site.rest.one("Task")
    site.deliver()
    (task,) = site.server.of_type("Task")
    assert task["status"] == "requested"
    assert "whose answers these are before anybody makes contact" in task["description"]
    assert before["description"] in task["description"]
    assert (task["priority"], task["input"]) == (before["priority"], before["input"])
    assert "died" in notes(site.impression())


def test_a_task_that_may_have_been_sent_already_is_not_taken_out_unseen(site: PatientSite) -> None:
    site.has()
    site.rest.post(urgent())
    site.server.loses_answers = True
    site.deliver()
    assert (site.states(), len(site.server.of_type("Task"))) == (["waiting"], 1)
    site.server.loses_answers = False
    site.has(deceasedDateTime="2026-11-25")
    site.deliver(hours=2)
    assert site.states() == ["delivered"]
    assert site.rest.one("Task")["status"] == "requested"


def test_what_waited_before_the_death_was_known_is_taken_out(site: PatientSite) -> None:
    site.has()
    site.rest.post(urgent())
    site.server.down_for_writes = True
    site.deliver()
    site.server.down_for_writes = False
    site.has(deceasedDateTime="2026-11-25")
    site.deliver(hours=2)
    assert (site.states(), site.server.of_type("Task")) == (["delivered"], [])
    assert site.rest.one("Task")["status"] == "cancelled"


@pytest.mark.parametrize("said", [{"deceasedBoolean": False}, {"deceasedBoolean": "true"}, {"active": True}, {}])
def test_a_living_patient_gets_no_note(site: PatientSite, said: dict[str, Any]) -> None:
    site.has(**said)
    site.rest.post(urgent())
    before = site.rest.one("ClinicalImpression")["note"]
    site.deliver()
    assert site.impression()["note"] == before
    assert len(site.server.of_type("Task")) == 1


def test_a_record_that_is_not_in_use_is_told_and_somebody_is_still_called(site: PatientSite, logged: Log) -> None:
    site.has(active=False)
    site.rest.post(urgent())
    site.deliver()
    assert "not in use" in notes(site.impression())
    assert "not in use" in site.impression()["text"]["div"]
    assert [task["status"] for task in site.server.of_type("Task")] == ["requested"]
    assert len(logged.of("patient_inactive")) == 1
