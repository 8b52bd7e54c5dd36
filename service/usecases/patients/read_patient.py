"""The Patient on the FHIR server, as far as a delivery needs it; one that is replaced leads to the one that is kept.

https://hl7.org/fhir/R4/patient.html#links
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.fhir.r4.element_definitions import MATCHES
from service.fhir.r4.types import Resource
from service.fhir.r4.unchecked_json import objects_of
from service.ports.fhir_server import FhirServer
from service.screening.rules.age import possible_days

# Patients that are read for one delivery at most: it and those that replace it, one after another.
MOST_READ = 4
# No further Patient is read after this time, so that the attempt ends within its lease.
READ_FOR = timedelta(seconds=10)


@dataclass(frozen=True)
class FoundPatient:
    """The Patient to deliver to: its address, and its content; ``replaced``: the addresses that lead to it.

    ``is_unclear``: it is replaced too, but by none that can be followed.
    """

    address: str
    resource: Resource
    replaced: tuple[str, ...] = ()
    is_unclear: bool = False


def read_patient(
    server: FhirServer, address: str, local: Callable[[str], str | None], now: Callable[[], datetime]
) -> FoundPatient | None:
    """The Patient at an address, or the one that is kept in its place. None if the FHIR server does not tell.

    ``local`` gives the address "Patient/p1" of a reference to this FHIR server, None for another.
    """
    end, found, next_one = now() + READ_FOR, list[FoundPatient](), address
    while len(found) < MOST_READ and now() <= end and next_one.startswith("Patient/"):
        patient = server.look_up([next_one], whole=True).found.get(next_one)
        if patient is None:
            break
        before, following = tuple(each.address for each in found), set(kept_instead(patient))
        found.append(FoundPatient(next_one, patient, before, bool(following)))
        next_one = (local(following.pop()) or "") if len(following) == 1 else ""
        if next_one in (*before, found[-1].address):
            # They replace one another: which one is kept cannot be told.
            return found[0]
    return found[-1] if found else None


def kept_instead(patient: Resource) -> Iterator[str]:
    """The references of the Patients by which this one is replaced, as they are written."""
    for link in objects_of(patient.get("link")):
        other = link.get("other")
        if link.get("type") == "replaced-by" and isinstance(other, dict):
            yield str(other.get("reference"))


def birth_date_of(patient: Resource) -> str | None:
    """`Patient.birthDate`; None without one, or if it is no date."""
    text = patient.get("birthDate")
    return text if is_date(text) else None


def is_date(text: object) -> bool:
    """True for a FHIR date that is in the calendar."""
    if not isinstance(text, str) or not MATCHES["Date"](text):
        return False
    try:
        possible_days(text)
    except ValueError:
        return False
    return True


def death_of(patient: Resource) -> str | None:
    """The day of death, such as "2026-11-20", or only its month or year; empty if the patient is dead since an unknown
    time; None if the patient is not known to be dead."""
    time = patient.get("deceasedDateTime")
    if isinstance(time, str):
        return time[:10] if is_date(time[:10]) else ""
    return "" if patient.get("deceasedBoolean") is True else None


def is_inactive(patient: Resource) -> bool:
    """True if the record of the patient is marked as not in use."""
    return patient.get("active") is False
