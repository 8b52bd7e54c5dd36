"""A service whose worker reads the Patient on its FHIR server before each delivery."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from service.adapters.database import tables as t
from service.adapters.database.reassessments import DatabaseReassessments
from service.adapters.database.store import DatabaseStore
from service.fhir.r4.types import Resource
from service.usecases.delivery.deliver import deliver_next
from service.usecases.patients.birth_date import Assessor
from tests.support.building import context
from tests.support.other_systems.fhir_server import StoringServer
from tests.support.rest import Clock, Rest

PATIENT = "Patient/p1"


@dataclass
class PatientSite:
    """The service, its clock and its FHIR server."""

    rest: Rest
    clock: Clock
    server: StoringServer = field(default_factory=StoringServer)

    def __post_init__(self) -> None:
        store, written = DatabaseStore(self.rest.database), DatabaseReassessments(self.rest.outbox)
        self.assessor = Assessor(context(), store, written)

    def has(self, address: str = PATIENT, **elements: Any) -> None:
        """The FHIR server has a Patient with these elements."""
        self.server.write(address, {"resourceType": "Patient", "id": address.partition("/")[2], **elements})

    def deliver(self, **later: float) -> int:
        """Delivers what is due, some time later. Returns the number of attempts."""
        self.clock.forward(**later)
        attempts = 0
        while deliver_next(self.rest.outbox, self.server, self.clock, read_back=0, assessor=self.assessor):
            attempts += 1
        return attempts

    def states(self) -> list[str]:
        """The state of each outbox entry."""
        with self.rest.database.read() as connection:
            return list(connection.scalars(select(t.outbox.c.state).order_by(t.outbox.c.id)))

    def birth_dates(self) -> list[str | None]:
        """The date with which each submission was assessed."""
        with self.rest.database.read() as connection:
            return list(connection.scalars(select(t.act.c.birth_date).order_by(t.act.c.sequence)))

    def impression(self) -> Resource:
        """The one impression on the FHIR server."""
        (found,) = self.server.of_type("ClinicalImpression")
        return found


def flags_in(impression: Resource) -> dict[str, str]:
    """The level of each finding of an impression, by code."""
    return {
        each["itemCodeableConcept"]["coding"][0]["code"]: each["extension"][0]["valueCode"]
        for each in impression.get("finding", ())
    }
