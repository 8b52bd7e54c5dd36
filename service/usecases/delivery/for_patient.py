"""Fits an outbox entry to what the FHIR server says of its patient, who is read once in each attempt.

A Patient that cannot be read, or of which something cannot be used, changes nothing: the entry is sent as it is.
docs/decisions/patient-before-delivery.md
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import structlog

from service.fhir.r4.types import Resource
from service.issues import UnreadableStore
from service.ports.outbox import OutboxEntry
from service.unreadable import unreadable_parts
from service.usecases.delivery.degrade import with_reasons
from service.usecases.delivery.delivery import Delivery
from service.usecases.delivery.references import local_address
from service.usecases.patients.birth_date import Assessor, with_birth_date
from service.usecases.patients.read_patient import (
    FoundPatient,
    birth_date_of,
    death_of,
    is_inactive,
    read_patient,
)
from service.usecases.patients.readdress import readdressed, replaced_note
from service.usecases.patients.tell import (
    death_note,
    is_answered_before,
    requested_tasks,
    with_checks,
    with_told,
)

REPLACED = "the Patient was replaced by another one: the entry is sent for the one that is kept"
UNCLEAR = "the Patient was replaced by none that can be followed: the entry is sent for it all the same"
DEAD = "the record says that the patient has died: nobody is asked to make contact"
INACTIVE = "the record of the patient is marked as not in use"

T = TypeVar("T")

log = structlog.get_logger()


def fit_to_patient(delivery: Delivery, assessor: Assessor | None) -> Delivery:
    """The attempt with the findings by the birth date on the FHIR server, for the Patient that is kept, and with what
    the record says of the patient; without an assessor as it is."""
    if assessor is None:
        return delivery
    addressed = addressed_patient(delivery.entry)
    local = partial(local_address, base=delivery.server.base)
    found = attempted(delivery, lambda: read_patient(delivery.server, addressed, local, delivery.clock), None)
    kept = addressed if found is None else found.address
    if found is not None:
        for step in (assessed_by_age, sent_to_kept, told_of_death, told_of_record):
            delivery = attempted(delivery, partial(step, delivery, found, assessor), delivery)
    entry = replace(delivery.entry, patient=kept)
    return replace(delivery, entry=entry, sent=entry.bundle)


def attempted(delivery: Delivery, step: Callable[[], T], otherwise: T) -> T:
    """What a step gives; after a failure of ours, what is known without it must arrive all the same."""
    try:
        return step()
    except UnreadableStore:
        unreadable_parts.tell(entry=delivery.entry.id)
        delivery.alarm("patient_not_used", "what is stored of the patient cannot be read")
        return otherwise
    except Exception as problem:  # noqa: BLE001 see above
        delivery.alarm("patient_not_used", type(problem).__name__)
        return otherwise


def addressed_patient(entry: OutboxEntry) -> str:
    """The Patient that the Bundle is for: another than that of the entry if an earlier attempt has followed a link."""
    for each in entry.bundle["entry"]:
        reference = each["resource"].get("subject", each["resource"].get("for", {})).get("reference")
        if isinstance(reference, str) and reference.startswith("Patient/"):
            return reference
    return entry.patient


def assessed_by_age(delivery: Delivery, found: FoundPatient, assessor: Assessor) -> Delivery:
    """The attempt with the findings by the birth date."""
    birth_date = birth_date_of(found.resource)
    if birth_date is None:
        return delivery
    return replace(delivery, entry=with_birth_date(delivery.entry, birth_date, assessor, delivery.clock()))


def sent_to_kept(delivery: Delivery, found: FoundPatient, assessor: Assessor) -> Delivery:
    """The attempt with references to the Patient that is kept."""
    entry, kept = delivery.entry, found.address
    delivery = changed(delivery, UNCLEAR, entry.bundle, "patient_link_unclear") if found.is_unclear else delivery
    old = {entry.patient, *found.replaced} - {kept}
    if not old:
        return delivery
    written = {*old, *(f"{delivery.server.base}/{each}" for each in old)}
    note = replaced_note(entry.patient, kept, assessor.context.knowledge.messages)
    entries = [
        {**each, "resource": readdressed(each["resource"], written, kept, note)} for each in entry.bundle["entry"]
    ]
    return changed(delivery, REPLACED, {**entry.bundle, "entry": entries}, "patient_replaced")


def told_of_death(delivery: Delivery, found: FoundPatient, assessor: Assessor) -> Delivery:
    """The attempt with what it says of a dead patient, without the Tasks to make contact.

    Where the answers may be later than the death, the Task asks whose they are.
    """
    death, messages = death_of(found.resource), assessor.context.knowledge.messages
    if death is None:
        return delivery
    note = death_note(death, messages)
    held = tasks_to_hold(delivery, death)
    if held:
        reason = messages.message("task", "not-sent", note=note)
        delivery = replace(delivery, entry=assessor.store.hold_tasks(delivery.entry, held, reason, delivery.clock()))
    bundle = with_checks(with_told(delivery.entry.bundle, note), note, delivery.clock(), messages)
    return changed(delivery, DEAD, bundle, "patient_deceased")


def tasks_to_hold(delivery: Delivery, death: str) -> list[str]:
    """The ids of the Tasks that nobody needs: about answers from before the death, and not on the FHIR server."""
    ids = [task["id"] for task in requested_tasks(delivery.entry.bundle) if is_answered_before(task, death)]
    ids = [id for id in ids if f"Task/{id}" not in delivery.entry.server_versions]
    if not ids or delivery.entry.attempts == 0:
        return ids
    missing = delivery.server.look_up([f"Task/{id}" for id in ids]).missing
    return [id for id in ids if f"Task/{id}" in missing]


def told_of_record(delivery: Delivery, found: FoundPatient, assessor: Assessor) -> Delivery:
    """The attempt with a note if the record of the patient is not in use."""
    if not is_inactive(found.resource):
        return delivery
    note = assessor.context.knowledge.messages.message("note", "inactive")
    return changed(delivery, INACTIVE, with_told(delivery.entry.bundle, note), "patient_inactive")


def changed(delivery: Delivery, reason: str, bundle: Resource, event: str) -> Delivery:
    """The attempt with a changed Bundle. The change is recorded on the entry, and logged once."""
    entry = delivery.entry
    reasons = with_reasons(entry, [reason])
    if reasons == entry.degraded and bundle == entry.bundle:
        return delivery
    if reasons != entry.degraded:
        log.warning(event, entry=entry.id)
    return replace(delivery, entry=delivery.outbox.degrade(entry, reasons, bundle, entry.versions))
