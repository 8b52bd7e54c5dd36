"""The Patient on the FHIR server, as far as a delivery needs it.

https://hl7.org/fhir/R4/patient.html
"""

from service.fhir.r4.element_definitions import MATCHES
from service.fhir.r4.types import Resource
from service.ports.fhir_server import FhirServer
from service.screening.rules.age import possible_days


def read_patient(server: FhirServer, address: str) -> Resource | None:
    """The Patient at an address such as "Patient/p1"; None if it is not there or the FHIR server does not tell."""
    return server.look_up([address], whole=True).found.get(address)


def birth_date_of(patient: Resource) -> str | None:
    """`Patient.birthDate`; None without one, or if it is no date."""
    text = patient.get("birthDate")
    if not isinstance(text, str) or not MATCHES["Date"](text):
        return None
    try:
        possible_days(text)
    except ValueError:
        return None
    return text
