"""Several workers deliver to a real FHIR server at once: each resource arrives once, with its references; and HAPI's
rules for ids."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from service import clock
from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.outbox import DatabaseOutbox
from service.adapters.fhir_server.client import HttpFhirServer
from service.fhir.r4.types import Resource
from service.fhir.r4.unchecked_json import references_in
from service.worker import Worker
from tests.hapi.conftest import IS_ELSEWHERE, Hapi
from tests.support.building import scored, with_total
from tests.support.rest import Clock, Rest, rest_on
from tests.support.running.serving import wait_until

pytestmark = pytest.mark.hapi

# The server of somebody else gets few requests at a time.
WORKERS, THREADS, PATIENTS, OF_ONE = (2, 1, 2, 2) if IS_ELSEWHERE else (4, 2, 12, 6)
SECONDS = 300


@dataclass
class Site:
    """The service with its database, and the server. Each worker has an outbox of its own, as a process has."""

    rest: Rest
    hapi: Hapi

    def put(self, name: str, resource: Resource) -> str:
        """Stores a response under an id of this run. Returns the id."""
        id = self.hapi.own(name)
        assert self.rest.put({**resource, "id": id}).status_code == 201
        return id

    def deliver(self) -> None:
        """Delivers with all workers at once."""
        with working(self.rest.database, self.hapi.base):
            wait_until(lambda: not self.rest.outbox.count_entries()["waiting"], SECONDS)

    def versions(self) -> dict[str, str]:
        """The number of versions of each resource that is stored here, by its address."""
        columns = (t.resource.c.type, t.resource.c.id, func.max(t.resource.c.version))
        with self.rest.database.read() as connection:
            rows = connection.execute(select(*columns).group_by(*columns[:2])).all()
        return {f"{row[0]}/{row[1]}": str(row[2]) for row in rows}


@contextmanager
def working(database: Database, base: str) -> Iterator[None]:
    """Runs the workers."""
    stops: list[Callable[[], None]] = []
    for number in range(WORKERS):
        outbox = DatabaseOutbox(database)
        outbox.owner = f"worker {number}"
        stops.append(Worker(outbox, HttpFhirServer(base), clock.now, THREADS, read_back=1).start())
    try:
        yield
    finally:
        for stop in stops:
            stop()


@pytest.fixture
def site(hapi: Hapi, tmp_path: Path) -> Iterator[Site]:
    with closing(Database(f"sqlite:///{tmp_path / 'sural.db'}")) as database:
        database.create()
        yield Site(rest_on(database, Clock(clock.now()), names=f"{hapi.run}-r"), hapi)


def is_ours(reference: str) -> bool:
    return reference.partition("/")[0] in ("Observation", "ClinicalImpression", "QuestionnaireResponse", "Task")


def require_each_once(site: Site, found: list[dict[str, Any]]) -> None:
    """The server has what is stored here and nothing else, in as many versions, and each reference leads to it."""
    assert site.rest.outbox.count_entries()["parked"] == 0
    there = {f"{each['resourceType']}/{each['id']}": each for each in found}
    assert len(there) == len(found)
    assert {address: each["meta"]["versionId"] for address, each in there.items()} == site.versions()
    references = {text for each in found for text in references_in(each) if is_ours(text)}
    assert references
    assert references <= there.keys()


def test_entries_of_many_patients(site: Site) -> None:
    patients = [site.hapi.add_patient(f"many-{number}") for number in range(PATIENTS)]
    for number, patient in enumerate(patients):
        site.put(f"many-{number}", with_total("phq-9", 12, last=2, patient=patient))
        site.put(f"more-{number}", scored("gad-7", [1] * 7, patient=patient))
    site.deliver()
    found = [each for patient in patients for each in site.hapi.of_patient(patient.partition("/")[2])]
    require_each_once(site, found)
    for patient in patients:
        of_patient = [each for each in found if patient in references_in(each)]
        kinds = [each["resourceType"] for each in of_patient]
        assert (kinds.count("QuestionnaireResponse"), kinds.count("Task")) == (2, 1)


def test_entries_of_one_patient_arrive_in_their_order(site: Site) -> None:
    patient = site.hapi.add_patient("one")
    ids = [
        site.put(
            f"one-{n}", {**with_total("phq-9", n + 1, patient=patient), "authored": f"2026-11-{n + 1:02}T09:00:00Z"}
        )
        for n in range(OF_ONE)
    ]
    site.deliver()
    found = site.hapi.of_patient(patient.partition("/")[2])
    require_each_once(site, found)
    impressions = {
        f"ClinicalImpression/{each['id']}": each for each in found if each["resourceType"] == "ClinicalImpression"
    }
    previous = [each["previous"]["reference"] for each in impressions.values() if "previous" in each]
    assert len(impressions) == len(ids)
    assert len(set(previous)) == len(previous) == len(ids) - 1


def test_amendments_of_one_response_arrive_in_their_order_beside_others(site: Site) -> None:
    patient, other = site.hapi.add_patient("amended"), site.hapi.add_patient("beside")
    response = {
        **scored("gad-7", [0] * 7, patient=patient),
        "id": site.put("amended", scored("gad-7", [0] * 7, patient=patient)),
    }
    for weight in (1, 2, 3):
        changed = {**scored("gad-7", [weight] * 7, patient=patient), "id": response["id"], "status": "amended"}
        assert site.rest.put(changed).status_code == 200
    site.put("beside", scored("gad-7", [1] * 7, patient=other))
    site.deliver()
    found = [each for each_patient in (patient, other) for each in site.hapi.of_patient(each_patient.partition("/")[2])]
    require_each_once(site, found)
    (stored,) = [each for each in found if each["id"] == response["id"]]
    assert stored["meta"]["versionId"] == "4"
    assert [item["answer"][0] for item in stored["item"]] == [item["answer"][0] for item in changed["item"]]


@pytest.mark.parametrize("name", ["a.b-C.9", "x" * 40])
def test_an_id_with_every_kind_of_character_that_fhir_allows_arrives(site: Site, name: str) -> None:
    patient = site.hapi.add_patient("ids")
    id = site.put(name, scored("gad-7", [1] * 7, patient=patient))
    site.deliver()
    assert site.hapi.get(f"QuestionnaireResponse/{id}").status_code == 200


def test_an_id_of_digits_alone_which_hapi_would_refuse_is_refused_here(site: Site) -> None:
    patient = site.hapi.add_patient("digits")
    response = {**scored("gad-7", [1] * 7, patient=patient), "id": "20261129"}
    answer = site.rest.put(response)
    assert answer.status_code == 400
    assert site.hapi.put(response).status_code == 400
    assert site.rest.outbox.count_entries()["waiting"] == 0
