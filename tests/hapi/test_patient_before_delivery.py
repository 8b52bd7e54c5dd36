"""What a real FHIR server says of the Patient is read before delivery: docs/decisions/patient-before-delivery.md"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from service import clock
from service.adapters.database.engine import Database
from service.adapters.database.reassessments import DatabaseReassessments
from service.adapters.database.store import DatabaseStore
from service.adapters.fhir_server.client import HttpFhirServer
from service.fhir.r4.types import Resource
from service.fhir.r4.unchecked_json import references_in
from service.usecases.delivery.deliver import deliver_next
from service.usecases.patients.birth_date import Assessor
from tests.hapi.conftest import Hapi
from tests.support.building import context, phq
from tests.support.other_systems.patients import flags_in
from tests.support.rest import Clock, Rest, rest_on

pytestmark = pytest.mark.hapi

# Under 18 on the day of the answers (2026-11-21): EX-44 of the mappings.
CHILD, ADULT = "2012-05-01", "1980-05-01"


@dataclass
class Site:
    """The service and the server. Delivers when told to, one entry after another."""

    rest: Rest
    hapi: Hapi
    assessor: Assessor = field(init=False)

    def __post_init__(self) -> None:
        store, written = DatabaseStore(self.rest.database), DatabaseReassessments(self.rest.outbox)
        self.assessor = Assessor(context(), store, written)

    def submit(self, patient: str, **elements: Any) -> Resource:
        """Stores a PHQ-9 under an id of this run, named after the patient."""
        made = phq(patient=patient, **elements)
        sent = {**made, "id": f"{patient.partition('/')[2]}-phq"}
        assert self.rest.put(sent).status_code in (200, 201)
        return sent

    def deliver(self) -> None:
        server = HttpFhirServer(self.hapi.base)
        while deliver_next(self.rest.outbox, server, clock.now, read_back=0, assessor=self.assessor):
            pass
        counted = self.rest.outbox.count_entries()
        assert (counted["waiting"], counted["parked"]) == (0, 0)

    def arrived(self, patient: str, kind: str) -> list[Resource]:
        """What the server holds of a patient, of one type."""
        return [each for each in self.hapi.of_patient(patient.partition("/")[2]) if each["resourceType"] == kind]

    def impression(self, patient: str) -> Resource:
        (found,) = self.arrived(patient, "ClinicalImpression")
        return found


def notes(impression: Resource) -> str:
    return " ".join(note["text"] for note in impression["note"])


@pytest.fixture
def site(hapi: Hapi, tmp_path: Path) -> Iterator[Site]:
    with closing(Database(f"sqlite:///{tmp_path / 'sural.db'}")) as database:
        database.create()
        yield Site(rest_on(database, Clock(clock.now()), names=f"{hapi.run}-b"), hapi)


def test_the_findings_that_the_birth_date_decides_arrive_with_the_first_delivery(site: Site) -> None:
    child, adult = site.hapi.add_patient("child", birthDate=CHILD), site.hapi.add_patient("adult", birthDate=ADULT)
    site.submit(child)
    site.submit(adult)
    site.deliver()
    assert flags_in(site.impression(child))["under-18"] == "soon"
    assert "under-18" not in flags_in(site.impression(adult))
    assert site.impression(child)["meta"]["versionId"] == "1"


def test_a_birth_date_that_was_just_corrected_is_the_one_that_counts(site: Site) -> None:
    """HAPI answers a search that it has answered in the last minute from memory, unless it is told not to."""
    patient = site.hapi.add_patient("corrected", birthDate=ADULT)
    sent = site.submit(patient)
    site.deliver()
    assert "under-18" not in flags_in(site.impression(patient))
    site.hapi.add_patient("corrected", birthDate=CHILD)
    assert site.rest.put({**sent, "status": "amended", "language": "en"}).status_code == 200
    site.deliver()
    assert flags_in(site.impression(patient))["under-18"] == "soon"


def test_nobody_is_asked_to_call_a_patient_who_died_after_the_answers(site: Site) -> None:
    patient = site.hapi.add_patient("dead", deceasedDateTime="2026-11-22")
    site.submit(patient, last=1)
    site.deliver()
    assert "died on 2026-11-22" in notes(site.impression(patient))
    assert site.arrived(patient, "Task") == []
    assert len(site.arrived(patient, "QuestionnaireResponse")) == 1
    assert site.rest.one("Task")["status"] == "cancelled"


def test_answers_that_may_be_later_than_the_death_ask_whose_they_are(site: Site) -> None:
    patient = site.hapi.add_patient("maybe-dead", deceasedBoolean=True)
    site.submit(patient, last=1)
    before = site.rest.one("Task")
    site.deliver()
    (task,) = site.arrived(patient, "Task")
    assert (task["status"], task["priority"]) == ("requested", before["priority"])
    assert "whose answers these are before anybody makes contact" in task["description"]


def test_a_record_that_is_not_in_use_is_told_and_somebody_is_still_called(site: Site) -> None:
    patient = site.hapi.add_patient("inactive", active=False)
    site.submit(patient, last=1)
    site.deliver()
    assert "not in use" in notes(site.impression(patient))
    assert [task["status"] for task in site.arrived(patient, "Task")] == ["requested"]


def test_everything_goes_to_the_patient_that_is_kept(site: Site) -> None:
    kept = site.hapi.add_patient("kept", birthDate=CHILD, active=True)
    between = site.hapi.add_patient("between", active=False, **replaced_by(kept))
    replaced = site.hapi.add_patient("replaced", active=False, birthDate=ADULT, **replaced_by(between))
    site.submit(replaced, last=1)
    site.deliver()
    impression = site.impression(kept)
    assert flags_in(impression)["under-18"] == "soon"
    assert replaced in notes(impression)
    assert "not in use" not in notes(impression)
    assert [len(site.arrived(kept, kind)) for kind in ("QuestionnaireResponse", "Task")] == [1, 1]
    found = site.hapi.of_patient(kept.partition("/")[2])
    assert {text for each in found for text in references_in(each) if "Patient/" in text} == {kept}
    assert site.hapi.of_patient(replaced.partition("/")[2]) == []
    assert site.rest.one("ClinicalImpression")["subject"] == {"reference": replaced}


def replaced_by(reference: str) -> dict[str, Any]:
    """`Patient.link` with the Patient that is kept."""
    return {"link": [{"other": {"reference": reference}, "type": "replaced-by"}]}
