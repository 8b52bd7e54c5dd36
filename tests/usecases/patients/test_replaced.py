"""A Patient whose record was replaced: what is sent goes to the one that is kept, and says so."""

from typing import Any

import pytest

from service.adapters.database.engine import Database
from service.fhir.r4.types import Resource
from service.fhir.r4.unchecked_json import references_in
from service.ports.fhir_server import ServerResponse
from tests.support.building import phq, scored
from tests.support.logging import Log
from tests.support.other_systems.fhir_server import StoringServer
from tests.support.other_systems.patients import PATIENT, PatientSite
from tests.support.rest import Clock, rest_on

KEPT = "Patient/kept"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(database: Database, clock: Clock) -> PatientSite:
    return PatientSite(rest_on(database, clock), clock)


def by(*references: str) -> dict[str, Any]:
    """`Patient.link` with what it is replaced by."""
    return {"link": [{"other": {"reference": each}, "type": "replaced-by"} for each in references]}


def patients_in(site: PatientSite) -> set[str]:
    """Every Patient that what was delivered refers to."""
    sent = [each for url, each in site.server.stored.items() if not url.startswith("Patient/")]
    return {text for each in sent for text in references_in(each) if "Patient/" in text}


def told(impression: Resource) -> list[str]:
    """What the impression says of a replaced record."""
    return [note["text"] for note in impression["note"] if "replaced" in note["text"]]


@pytest.mark.parametrize("written", [KEPT, f"http://fhir.example/base/{KEPT}"])
def test_everything_goes_to_the_one_that_is_kept(site: PatientSite, logged: Log, written: str) -> None:
    site.has(active=False, **by(written))
    site.has(KEPT, active=True)
    site.rest.post({**phq(last=1), "source": {"reference": PATIENT}})
    site.deliver()
    assert (site.states(), patients_in(site)) == (["delivered"], {KEPT})
    (note,) = told(site.impression())
    assert {PATIENT, KEPT} <= {word.strip(".,") for word in note.split()}
    assert note in site.impression()["text"]["div"]
    assert not [each for each in site.impression()["note"] if "not in use" in each["text"]]
    assert len(logged.of("patient_replaced")) == 1


def test_the_birth_date_is_that_of_the_one_that_is_kept(site: PatientSite) -> None:
    site.has(birthDate="1980-01-01", **by(KEPT))
    site.has(KEPT, birthDate="2012-05-01")
    site.rest.post(phq())
    site.deliver()
    assert site.birth_dates() == ["2012-05-01"]
    assert patients_in(site) == {KEPT}


def test_what_is_stored_here_stays_with_the_patient_it_came_for(site: PatientSite) -> None:
    site.has(**by(KEPT))
    site.has(KEPT)
    site.rest.post(phq())
    site.deliver()
    assert site.rest.one("ClinicalImpression")["subject"] == {"reference": PATIENT}


def test_a_chain_is_followed_to_its_end(site: PatientSite) -> None:
    site.has(**by("Patient/b"))
    site.has("Patient/b", **by(KEPT))
    site.has(KEPT)
    site.rest.post(phq())
    site.deliver()
    assert patients_in(site) == {KEPT}


@pytest.mark.parametrize(
    "links",
    [
        by("Patient/nowhere"),
        by("http://elsewhere.example/Patient/kept"),
        by(KEPT, "Patient/other"),
        by("Group/kept"),
        by(PATIENT),
        by("Patient/round"),
        {"link": [{"type": "replaced-by", "other": {"identifier": {"value": "1"}}}]},
    ],
)
def test_a_link_that_cannot_be_followed_leaves_the_entry_as_it_was(
    site: PatientSite, logged: Log, links: dict[str, Any]
) -> None:
    site.has(**links)
    for address in (KEPT, "Patient/other"):
        site.has(address)
    site.has("Patient/round", **by(PATIENT))
    site.rest.post(phq())
    site.deliver()
    assert (site.states(), patients_in(site)) == (["delivered"], {PATIENT})
    assert told(site.impression()) == []
    assert len(logged.of("patient_link_unclear")) == 1


@pytest.mark.parametrize(
    "links",
    [
        {"link": [{"type": "replaces", "other": {"reference": KEPT}}]},
        {"link": [{"type": "seealso", "other": {"reference": KEPT}}]},
        {"link": "replaced-by"},
        {"link": [None, 3, {"type": "replaced-by"}, {"type": "replaced-by", "other": KEPT}]},
        {"link": {"type": "replaced-by", "other": {"reference": KEPT}}},
        {},
    ],
)
def test_other_links_say_nothing(site: PatientSite, logged: Log, links: dict[str, Any]) -> None:
    site.has(**links)
    site.has(KEPT)
    site.rest.post(phq())
    site.deliver()
    assert (site.states(), patients_in(site)) == (["delivered"], {PATIENT})
    assert logged.of("patient_link_unclear") + logged.of("patient_not_used") == []


def test_patients_that_replace_one_another_without_end_are_read_a_few_times(site: PatientSite) -> None:
    for number in range(1, 20):
        site.has(f"Patient/p{number}", **by(f"Patient/p{number + 1}"))
    site.rest.post(phq())
    site.deliver()
    assert site.states() == ["delivered"]
    assert len([asked for asked in site.server.asked if asked[0].startswith("Patient/")]) == 4


def test_a_later_attempt_goes_on_where_the_first_has_followed(site: PatientSite, logged: Log) -> None:
    site.has(**by(KEPT))
    site.has(KEPT)
    site.rest.post(phq())
    site.server.down_for_writes = True
    site.deliver()
    assert site.states() == ["waiting"]
    site.server.stored.pop(PATIENT)
    site.server.down_for_writes = False
    site.deliver(hours=2)
    assert (site.states(), patients_in(site)) == (["delivered"], {KEPT})
    assert len(told(site.impression())) == 1
    assert len(logged.of("patient_replaced")) == 1


def test_a_correction_goes_to_the_one_that_is_kept_too(site: PatientSite) -> None:
    site.has(**by(KEPT))
    site.has(KEPT)
    sent = site.rest.post(phq()).get_json()
    site.deliver()
    site.rest.put({**scored("phq-9", [2] * 8 + [0]), "id": sent["id"], "status": "amended"})
    site.deliver()
    assert (site.states(), patients_in(site)) == (["delivered"] * 2, {KEPT})
    assert len(told(site.impression())) == 1


def test_one_that_is_replaced_between_two_attempts_is_followed_again(site: PatientSite) -> None:
    site.has(**by("Patient/b"))
    site.has("Patient/b")
    site.rest.post(phq())
    site.server.down_for_writes = True
    site.deliver()
    site.server.down_for_writes = False
    site.has("Patient/b", **by(KEPT))
    site.has(KEPT)
    site.deliver(hours=2)
    assert (site.states(), patients_in(site)) == (["delivered"], {KEPT})


def test_a_kept_one_that_has_gone_meanwhile_is_waited_for(database: Database, clock: Clock) -> None:
    class Forgetful(StoringServer):
        """Loses the kept Patient before the write, which it refuses."""

        def transact(self, bundle: Resource) -> ServerResponse:
            self.stored.pop(KEPT, None)
            return ServerResponse(400)

    site = PatientSite(rest_on(database, clock), clock, Forgetful())
    site.has(**by(KEPT))
    site.has(KEPT)
    site.rest.post(phq())
    site.deliver()
    (entry,) = site.rest.outbox.list_entries("waiting")
    assert entry.reason == "the FHIR server lacks the Patient of this entry"
