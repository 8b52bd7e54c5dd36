"""Before a delivery, a submission is assessed again with the birth date that the FHIR server has."""

from collections.abc import Collection
from datetime import timedelta

import pytest

from service.adapters.database.engine import Database
from service.fhir.r4.types import Resource
from service.fhir.r4.unchecked_json import references_in
from service.issues import UnreadableStore
from service.ports.fhir_server import Capabilities, LookUp, ServerResponse
from service.ports.submissions import RevisionConflict
from service.usecases.patients import birth_date as module
from tests.support.building import phq, response, scored
from tests.support.logging import Log
from tests.support.other_systems.fhir_server import StoringServer
from tests.support.other_systems.patients import PATIENT, PatientSite, flags_in
from tests.support.rest import Clock, rest_on

# Under 18 on the day of the answers (2026-11-21); EX-44 and EX-91 of the mappings.
CHILD, ADULT = "2012-05-01", "1980-05-01"
LIMITED = {"lp-side": ["left"], "lp-impact": ["a-lot"]}
NO_WEIGHT = {"lp-side": ["left"], "lp-alarm": ["no-weight"]}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(database: Database, clock: Clock) -> PatientSite:
    return PatientSite(rest_on(database, clock), clock)


def versions_of(site: PatientSite, path: str) -> list[str]:
    return [each["meta"]["versionId"] for each in site.rest.found(path)]


def test_findings_that_age_decides_arrive_with_the_first_delivery(site: PatientSite) -> None:
    site.has(birthDate=CHILD)
    site.rest.post(phq())
    assert "under-18" not in flags_in(site.rest.one("ClinicalImpression"))
    assert (site.deliver(), site.states()) == (1, ["delivered"])
    assert flags_in(site.impression())["under-18"] == "soon"
    assert site.impression()["meta"]["versionId"] == "1"
    stored = site.rest.one("ClinicalImpression")
    assert flags_in(stored) == flags_in(site.impression())
    assert stored["meta"]["versionId"] == "2"
    assert site.birth_dates() == [CHILD]


def test_each_reference_of_what_arrives_is_to_something_there(site: PatientSite) -> None:
    site.has(birthDate=CHILD)
    site.rest.post(phq())
    site.deliver()
    targets = {each["reference"] for trace in site.server.of_type("Provenance") for each in trace["target"]}
    assert len(site.server.of_type("Provenance")) == 2
    assert targets <= site.server.stored.keys()


def test_a_date_that_changes_no_finding_is_kept_and_writes_nothing(site: PatientSite) -> None:
    site.has(birthDate=ADULT)
    site.rest.post(phq())
    site.deliver()
    assert versions_of(site, "ClinicalImpression") == ["1"]
    assert (site.birth_dates(), len(site.server.of_type("Provenance"))) == ([ADULT], 1)


def test_a_flag_that_age_raises_calls_a_person(site: PatientSite) -> None:
    site.has(birthDate=CHILD)
    site.rest.post(response("leg-pain", LIMITED))
    before = {task["id"] for task in site.rest.found("Task")}
    site.deliver()
    (task,) = [each for each in site.server.of_type("Task") if each["id"] not in before]
    assert (task["status"], task["priority"]) == ("requested", "asap")
    assert flags_in(site.impression())["under-18"] == "same-day"


def test_a_lower_level_leaves_the_task_as_it_was(site: PatientSite) -> None:
    """Unknown, the age counts as 65 or more; a call that was made is never taken back by a computation."""
    site.has(birthDate=ADULT)
    site.rest.post(response("leg-pain", NO_WEIGHT))
    assert "emergency" in flags_in(site.rest.one("ClinicalImpression")).values()
    site.deliver()
    assert "emergency" not in flags_in(site.impression()).values()
    assert [task["priority"] for task in site.server.of_type("Task")] == ["stat"]


def test_a_correction_keeps_the_age(site: PatientSite) -> None:
    site.has(birthDate=CHILD)
    sent = site.rest.post({**phq(), "id": "a-1"}).get_json()
    site.deliver()
    amended = {**phq(), "id": sent["id"], "status": "amended", "language": "en"}
    assert site.rest.put(amended).status_code == 200
    assert flags_in(site.rest.one("ClinicalImpression"))["under-18"] == "soon"
    site.server.stored.pop(PATIENT)
    site.deliver()
    assert flags_in(site.impression())["under-18"] == "soon"


def test_a_corrected_birth_date_counts_from_the_next_delivery_on(site: PatientSite) -> None:
    site.has(birthDate=CHILD)
    sent = site.rest.post(phq()).get_json()
    site.deliver()
    site.has(birthDate=ADULT)
    site.rest.put({**phq(), "id": sent["id"], "status": "amended", "language": "en"})
    site.deliver()
    assert site.birth_dates() == [ADULT]
    assert "under-18" not in flags_in(site.impression())
    assert set(site.states()) == {"delivered"}


class Strict(StoringServer):
    """Refuses a Bundle that refers to an Observation which is not there."""

    refused = 0

    def transact(self, bundle: Resource) -> ServerResponse:
        there = {*self.stored, *(entry["request"]["url"] for entry in bundle["entry"])}
        named = [text for text in references_in(bundle) if text.startswith("Observation/")]
        if self.down or there.issuperset(named):
            return super().transact(bundle)
        self.refused += 1
        return ServerResponse(400)


def test_an_older_version_that_still_waits_is_not_assessed_with_newer_answers(database: Database, clock: Clock) -> None:
    site = PatientSite(rest_on(database, clock), clock, server := Strict())
    site.has(birthDate=CHILD)
    server.down = True
    sent = site.rest.post(scored("phq-9", [1] * 7 + [None, 0])).get_json()
    site.deliver()
    amended = {**scored("phq-9", [1] * 8 + [0]), "id": sent["id"], "status": "amended"}
    assert site.rest.put(amended).status_code == 200
    server.down = False
    site.deliver(hours=2)
    assert (site.states(), server.refused) == (["delivered"] * 2, 0)
    assert flags_in(site.impression())["under-18"] == "soon"
    assert site.rest.one("ClinicalImpression")["summary"] == site.impression()["summary"]


def test_a_date_that_was_used_is_not_used_again(site: PatientSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.has(birthDate=CHILD)
    sent = site.rest.post(phq()).get_json()
    site.deliver()
    monkeypatch.setattr(site.assessor.store, "save_reassessment", lambda *_: pytest.fail("assessed again"))
    assert site.rest.put({**phq(), "id": sent["id"], "status": "amended", "language": "en"}).status_code == 200
    site.deliver()
    assert site.states() == ["delivered"] * 2


@pytest.mark.parametrize("wrong", ["1980-13-01", "1980-02-30", "05/01/1980", "", 1980, None, ["1980"]])
def test_a_birth_date_that_is_none_changes_nothing(site: PatientSite, wrong: object) -> None:
    site.has(birthDate=wrong)
    site.rest.post(phq())
    site.deliver()
    assert (site.states(), site.birth_dates()) == (["delivered"], [None])


def test_the_patient_is_read_once_in_each_attempt(site: PatientSite) -> None:
    site.has(birthDate=CHILD)
    site.rest.post(phq())
    site.deliver()
    assert site.server.asked.count([PATIENT]) == 1


class Silent(StoringServer):
    """Takes what is sent, and refuses every search."""

    def look_up(self, addresses: Collection[str], whole: bool = False) -> LookUp:
        return LookUp(failure=ServerResponse(403))


def test_a_server_that_does_not_tell_gets_the_entry_all_the_same(database: Database, clock: Clock) -> None:
    site = PatientSite(rest_on(database, clock), clock, Silent())
    site.rest.post({**phq(), "status": "completed"})
    site.deliver()
    assert site.server.of_type("ClinicalImpression")
    assert site.birth_dates() == [None]


def test_a_failure_of_the_assessment_is_told_and_stops_nothing(
    site: PatientSite, logged: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "reassess_submission", lambda *_: 1 / 0)
    site.has(birthDate=CHILD)
    site.rest.post(phq())
    site.deliver()
    assert logged.of("patient_not_used") == [("error", 1, 1, "ZeroDivisionError")]
    assert site.states() == ["delivered"]


def test_what_cannot_be_read_beside_the_entry_is_told_and_stops_nothing(
    site: PatientSite, logged: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise UnreadableStore

    monkeypatch.setattr(module, "read_sources", broken)
    site.has(birthDate=CHILD)
    site.rest.post(phq())
    site.deliver()
    assert logged.of("patient_not_used") == [("error", 1, 1, "what is stored of the patient cannot be read")]
    assert [line[1] for line in logged.of("store_unreadable")] == [1]
    assert site.states() == ["delivered"]


def test_another_writer_comes_first_and_it_is_assessed_once_more(
    site: PatientSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.has(birthDate=CHILD)
    site.rest.post(phq())
    save, tries = site.assessor.store.save_reassessment, []

    def interrupted(entry: object, made: object) -> object:
        tries.append(1)
        if len(tries) == 1:
            site.rest.post(response("leg-pain", LIMITED, id="r-9"))
        return save(entry, made)  # type: ignore[arg-type]

    monkeypatch.setattr(site.assessor.store, "save_reassessment", interrupted)
    site.deliver()
    assert site.states() == ["delivered"] * 2
    assert site.birth_dates() == [CHILD] * 2
    assert len(tries) == 3


def test_a_server_without_impressions_gets_the_age_in_the_observation(database: Database, clock: Clock) -> None:
    class Plain(StoringServer):
        def capabilities(self) -> Capabilities:
            return Capabilities(types=frozenset({"QuestionnaireResponse", "Observation", "Task", "Provenance"}))

    site = PatientSite(rest_on(database, clock), clock, Plain())
    site.rest.post(phq())
    site.server.down = True
    site.deliver()
    site.server.down = False
    site.has(birthDate=CHILD)
    site.deliver(hours=2)
    assert site.states() == ["delivered"]
    summaries = [each["valueString"] for each in site.server.of_type("Observation") if "valueString" in each]
    assert len([each for each in summaries if "nder 18" in each]) == 1
    assert site.server.of_type("ClinicalImpression") == []


def test_a_lost_lease_writes_nothing(site: PatientSite, clock: Clock) -> None:
    site.rest.post(phq())
    entry = site.rest.outbox.lease(clock.now, clock.now + timedelta(minutes=1))
    assert entry is not None
    site.rest.outbox.retry([entry.id], clock.now)
    with pytest.raises(RevisionConflict):
        module.with_birth_date(entry, CHILD, site.assessor, clock.now)
    assert (site.birth_dates(), versions_of(site, "ClinicalImpression")) == ([None], ["1"])
