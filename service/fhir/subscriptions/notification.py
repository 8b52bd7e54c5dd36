"""Notifications of a topic-based Subscription, as R4 servers send them: what happened, with event numbers.

http://hl7.org/fhir/uv/subscriptions-backport/notifications.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from service.fhir.r4.types import Resource
from service.issues import Issue, Malformed

# Of both databases.
GREATEST_NUMBER = 2**31 - 1
# The name of each part, in Parameters (R4) and in SubscriptionStatus (R4B).
EVENT = ("notification-event", "notificationEvent")
NUMBER = ("event-number", "eventNumber")
SINCE_START = ("events-since-subscription-start", "eventsSinceSubscriptionStart")
STATUS_TYPES = ("Parameters", "SubscriptionStatus")


@dataclass(frozen=True)
class NotifiedEvent:
    """One event. ``focus`` is the reference to the resource that changed; None if the payload is empty."""

    number: int | None
    focus: str | None


@dataclass(frozen=True)
class Notification:
    """One notification. ``kind``: handshake, heartbeat, event-notification, query-status or query-event.

    ``subscription`` is the reference to the Subscription, ``count`` the number of events since its start.
    """

    subscription: str | None
    kind: str
    count: int | None
    events: Sequence[NotifiedEvent]

    @property
    def runs(self) -> Iterator[tuple[int, int]]:
        """The event numbers as ranges without a gap, in order: first and last of each."""
        numbers = sorted({event.number for event in self.events if event.number is not None})
        starts = numbers[:1] + [after for before, after in pairwise(numbers) if after != before + 1]
        ends = [before for before, after in pairwise(numbers) if after != before + 1] + numbers[-1:]
        return zip(starts, ends, strict=True)


def read_notification(bundle: Resource) -> Notification:
    """The notification in a Bundle. Raises Malformed if its first entry does not tell what happened."""
    entries = bundle.get("entry")
    entry = entries[0] if isinstance(entries, list) and entries else None
    status = entry.get("resource") if isinstance(entry, dict) else None
    if bundle.get("resourceType") != "Bundle" or not isinstance(status, dict):
        raise not_a_notification()
    if status.get("resourceType") not in STATUS_TYPES:
        raise not_a_notification()
    parts = as_parts(status)
    subscription = reference_in(first_of(parts, "subscription"))
    kind, count = first_of(parts, "type"), whole_number(first_of(parts, *SINCE_START))
    events = [read_event(value) for name, value in parts if name in EVENT and isinstance(value, dict | list)]
    return Notification(subscription, kind if isinstance(kind, str) else "", count, events)


def not_a_notification() -> Malformed:
    """The failure that a Bundle is no notification."""
    text = "The first entry must be the Parameters or SubscriptionStatus of a notification."
    return Malformed([Issue("structure", "Bundle.entry[0].resource", text)])


def as_parts(status: Resource) -> list[tuple[str, Any]]:
    """Name and value of each part of Parameters, or of each element of another resource."""
    if status.get("resourceType") == "Parameters":
        return list(parameters_in(status.get("parameter")))
    values = ((name, value if isinstance(value, list) else [value]) for name, value in status.items())
    return [(name, each) for name, several in values for each in several]


def parameters_in(parameters: Any) -> Iterator[tuple[str, Any]]:
    """Name and value of each parameter. The value of one with parts is the list of these."""
    for parameter in parameters if isinstance(parameters, list) else ():
        if isinstance(parameter, dict) and isinstance(parameter.get("name"), str):
            values = [value for name, value in parameter.items() if name.startswith("value")]
            yield parameter["name"], parameter["part"] if "part" in parameter else next(iter(values), None)


def read_event(value: Any) -> NotifiedEvent:
    """One event, from the parts of Parameters or the elements of SubscriptionStatus."""
    parts = list(parameters_in(value)) if isinstance(value, list) else list(value.items())
    return NotifiedEvent(whole_number(first_of(parts, *NUMBER)), reference_in(first_of(parts, "focus")))


def first_of(parts: Sequence[tuple[str, Any]], *names: str) -> Any:
    """The value of the first part with one of these names; None if there is none."""
    return next((value for name, value in parts if name in names), None)


def reference_in(value: Any) -> str | None:
    """`Reference.reference` of a value; None for anything else."""
    reference = value.get("reference") if isinstance(value, dict) else None
    return reference if isinstance(reference, str) else None


def whole_number(value: Any) -> int | None:
    """A number from 0 on, also as text, because R4 has no integer64; None for anything else."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    is_number = text.isascii() and text.isdecimal() and len(text) < 11
    return int(text) if is_number and int(text) <= GREATEST_NUMBER else None
