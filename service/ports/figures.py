"""How much was accepted and assessed, and what waits in the outbox: for whoever watches the service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from service.ports.outbox import OutboxState


@dataclass(frozen=True)
class Figures:
    """Numbers and ages of now, of all processes together.

    ``accepted`` counts versions of responses, ``assessed`` versions of impressions. ``retries`` are the attempts beyond
    the first of the entries that are not delivered; ``paused`` of them wait because the FHIR server denies access. An
    age is that of the oldest such entry, None if there is none: ``urgent`` by urgency, of the entries that are not
    delivered, waiting or parked. ``deliveries`` are the times from acceptance to delivery of the latest deliveries,
    ``since_delivery`` is the time since the last one. ``notices``: responses on the FHIR server that wait to be picked
    up, ``noticed`` is the age of the oldest notice. By urgency: ``untaken`` are the ages of the oldest Tasks that
    nobody has taken, ``escalated`` counts their escalations.
    """

    accepted: int
    assessed: int
    entries: Mapping[OutboxState, int]
    retries: int
    waiting: timedelta | None
    parked: timedelta | None
    urgent: Mapping[str, timedelta | None]
    deliveries: tuple[timedelta, ...] = field(default=())
    since_delivery: timedelta | None = None
    notices: int = 0
    noticed: timedelta | None = None
    untaken: Mapping[str, timedelta | None] = field(default_factory=dict)
    escalated: Mapping[str, int] = field(default_factory=dict)
    paused: int = 0
