"""One attempt to deliver an entry of the outbox, and the ways in which it can end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from service.fhir.r4.types import Resource
from service.ports.fhir_server import UNTRUSTED, FhirServer, ServerResponse
from service.ports.outbox import PAUSED, Outbox, OutboxEntry, ServerVersion
from service.usecases.delivery.back_off import SLOW, USUAL, wait_after
from service.usecases.delivery.pause import PAUSE, Pause

# If the FHIR server lacks the Patient, the entry waits for this time.
PATIENCE = timedelta(days=7)
# Attempts that may be repeated at once. A server that answers each of them with a new conflict has to wait.
PROMPT_ATTEMPTS = 5
# HTTP status of a server that does not let us write: an operator must see to it. Until then the queue is paused.
DENIED = {401, 403}
# HTTP status after which the same request may succeed later; so may every status from 506.
RETRIED = {*DENIED, 408, 425, 429, 500, 502, 503, 504}

log = structlog.get_logger()


@dataclass(frozen=True)
class Delivery:
    """One attempt to deliver an entry. ``draw`` gives the jitter, from 0 to 1; ``sent`` is the Bundle as it is sent.

    One in ``read_back`` entries is read back after its delivery, and each entry with a Task; with 0 only the latter.
    """

    entry: OutboxEntry
    outbox: Outbox
    server: FhirServer
    clock: Callable[[], datetime]
    draw: Callable[[], float]
    read_back: int
    sent: Resource
    pause: Pause = field(default_factory=Pause)

    @property
    def is_read_back(self) -> bool:
        """True if the resources are read back after the delivery."""
        is_urgent = any(entry["resource"]["resourceType"] == "Task" for entry in self.entry.bundle["entry"])
        return is_urgent or (self.read_back > 0 and self.entry.id % self.read_back == 0)

    def with_sent(self, bundle: Resource) -> "Delivery":
        """The same attempt with the Bundle as it is sent."""
        return replace(self, sent=bundle)

    def finish(self, server_versions: Mapping[str, ServerVersion]) -> None:
        """Ends the delivery of the entry."""
        self.outbox.mark_delivered(self.entry, self.clock(), server_versions)
        log.info("entry_delivered", entry=self.entry.id, attempts=self.entry.attempts + 1)
        if self.pause.end(self.entry.id) and self.outbox.end_pause():
            log.info("delivery_resumed", entry=self.entry.id)

    def postpone(
        self,
        wait: timedelta,
        reason: str,
        bundle: Resource | None = None,
        server_versions: Mapping[str, ServerVersion] | None = None,
    ) -> None:
        """Sends the entry again after a wait. The first time, a warning is logged."""
        self.outbox.postpone(self.entry, self.clock() + wait, reason, bundle, server_versions)
        if self.entry.reason is None:
            log.warning("entry_postponed", entry=self.entry.id, attempts=self.entry.attempts + 1, reason=reason)

    def postpone_after(self, response: ServerResponse) -> None:
        """Sends the entry again later."""
        if response.status is not None and 300 <= response.status < 400:
            self.alarm("fhir_server_redirects")
        if response.status in DENIED:
            self.wait_for_access(response)
            return
        if response.problem == UNTRUSTED:
            self.alarm("fhir_server_untrusted")
        self.postpone(wait_after(response, self.entry.attempts, self.draw), failure_reason(response))

    def wait_for_access(self, response: ServerResponse) -> None:
        """Pauses the queue, and sends the entry again after the pause. One that is denied alone waits by itself."""
        self.alarm("fhir_server_denies_access")
        if self.pause.begin(self.entry.id):
            self.postpone(PAUSE, PAUSED)
        else:
            self.postpone(USUAL.wait(self.entry.attempts, self.draw), failure_reason(response))

    def repeat(
        self, reason: str, bundle: Resource | None = None, server_versions: Mapping[str, ServerVersion] | None = None
    ) -> None:
        """Sends the entry again at once; from the attempt ``PROMPT_ATTEMPTS`` on, after the usual wait."""
        late = self.entry.attempts - PROMPT_ATTEMPTS
        wait = timedelta() if late < 0 else USUAL.wait(late, self.draw)
        self.postpone(wait, reason, bundle, server_versions)

    def wait_for_patient(self) -> None:
        """Sends the entry again later, for up to ``PATIENCE``."""
        if self.entry.age(self.clock()) > PATIENCE:
            self.park("the FHIR server still lacks the Patient of this entry")
            return
        wait = SLOW.wait(self.entry.attempts, self.draw)
        self.postpone(wait, "the FHIR server lacks the Patient of this entry")

    def park(self, reason: str) -> None:
        """Leaves the entry to an operator."""
        self.outbox.park(self.entry, self.clock(), reason)
        self.alarm("entry_parked", reason)

    def alarm(self, event: str, reason: str | None = None, count: int | None = None) -> None:
        """Logs an error that an operator must see."""
        details = {"reason": reason, "count": count}
        given = {name: value for name, value in details.items() if value is not None}
        log.error(event, entry=self.entry.id, attempts=self.entry.attempts + 1, **given)


def may_succeed_later(response: ServerResponse) -> bool:
    """True if the same request may succeed later."""
    status = response.status
    return status is None or status in RETRIED or status < 400 or status >= 506


def failure_reason(response: ServerResponse) -> str:
    """The reason for a postponed or parked entry, without any content of the response."""
    if response.status is None:
        return response.problem
    if response.status < 400:
        return f"the FHIR server returned status {response.status} without the result of each entry"
    return f"the FHIR server returned status {response.status}" + (f" ({response.problem})" if response.problem else "")
