"""Fits an outbox entry to what the FHIR server says of its patient, who is read once in each attempt.

A Patient that cannot be read, or of which something cannot be used, changes nothing: the entry is sent as it is.
docs/decisions/patient-before-delivery.md
"""

from dataclasses import replace

from service.usecases.delivery.delivery import Delivery
from service.usecases.patients.birth_date import Assessor, with_birth_date
from service.usecases.patients.read_patient import birth_date_of, read_patient


def fit_to_patient(delivery: Delivery, assessor: Assessor | None) -> Delivery:
    """The attempt with the findings by the birth date on the FHIR server; without an assessor as it is."""
    if assessor is None:
        return delivery
    try:
        return assessed_by_age(delivery, assessor)
    except Exception as problem:  # noqa: BLE001 what is known without the Patient must arrive all the same
        delivery.alarm("patient_not_used", type(problem).__name__)
        return delivery


def assessed_by_age(delivery: Delivery, assessor: Assessor) -> Delivery:
    """The attempt with the findings by the birth date on the FHIR server."""
    patient = read_patient(delivery.server, delivery.entry.patient)
    birth_date = None if patient is None else birth_date_of(patient)
    if birth_date is None:
        return delivery
    entry = with_birth_date(delivery.entry, birth_date, assessor, delivery.clock())
    return replace(delivery, entry=entry, sent=entry.bundle)
