"""Delivers the next entry of the outbox: sends it to the FHIR server and settles it by the response.

An entry is sent again if waiting can help, and parked with its reason if it cannot. The entries of a patient are sent
one at a time, in order; a parked entry does not block the later ones.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from service.issues import Unavailable
from service.ports.fhir_server import FhirServer
from service.ports.outbox import Outbox
from service.usecases.delivery.back_off import USUAL
from service.usecases.delivery.degrade import fit_to_server
from service.usecases.delivery.delivery import Delivery
from service.usecases.delivery.for_patient import fit_to_patient
from service.usecases.delivery.look_up import look_up_sent
from service.usecases.delivery.pause import Pause
from service.usecases.delivery.preconditions import with_preconditions
from service.usecases.delivery.send import send_bundle
from service.usecases.delivery.settle import settle_look_up_failure, settle_response
from service.usecases.patients.birth_date import Assessor

# Longer than the requests of one attempt may take together, so that no second worker sends the same entry meanwhile.
LEASE = timedelta(seconds=150)
# Failures of this service in a row, kills included, after which an entry is parked.
MAX_FAILURES = 10
READ_BACK = 20


def deliver_next(
    outbox: Outbox,
    server: FhirServer,
    now: Callable[[], datetime],
    draw: Callable[[], float] = random.random,
    read_back: int = READ_BACK,
    pause: Pause | None = None,
    assessor: Assessor | None = None,
) -> bool:
    """Delivers the next entry that is due and settles it, whatever happens. False if no entry is due.

    ``pause`` is begun if the FHIR server denies access, and ended by a delivery. One in ``read_back`` entries is read
    back. With an ``assessor`` the Patient is read first. Raises Unavailable if the database is unavailable.
    """
    started = now()
    entry = outbox.lease(started, started + LEASE)
    if entry is None:
        return False
    delivery = Delivery(entry, outbox, server, now, draw, read_back, entry.bundle, pause or Pause())
    try:
        deliver_entry(delivery, assessor)
    except Unavailable:
        raise
    except Exception as problem:  # noqa: BLE001 an entry that is not settled would be sent again for ever
        settle_own_failure(delivery, type(problem).__name__)
    return True


def deliver_entry(delivery: Delivery, assessor: Assessor | None = None) -> None:
    """Sends the entry, without the resources that an earlier attempt has written."""
    if delivery.entry.failures >= MAX_FAILURES:
        delivery.park(f"the delivery failed {delivery.entry.failures} times in this service")
        return
    capabilities = delivery.server.capabilities()
    delivery = fit_to_server(fit_to_patient(delivery, assessor), capabilities)
    sent = look_up_sent(delivery, with_preconditions(delivery.entry))
    if sent.failure is not None:
        settle_look_up_failure(delivery, sent.failure)
    elif not sent.rest["entry"]:
        delivery.finish(sent.written)
    else:
        response = send_bundle(sent.rest, delivery.server, capabilities, delivery.clock)
        settle_response(delivery.with_sent(sent.rest), response, sent.written)


def settle_own_failure(delivery: Delivery, kind: str) -> None:
    """Sends the entry again later, or parks it after ``MAX_FAILURES`` failures of this service."""
    reason = f"the delivery failed in this service ({kind})"
    if delivery.entry.failures + 1 >= MAX_FAILURES:
        delivery.park(reason)
        return
    due = delivery.clock() + USUAL.wait(delivery.entry.failures, delivery.draw)
    delivery.outbox.record_failure(delivery.entry, due, reason)
    delivery.alarm("delivery_failed", reason)
