"""Receives notifications of the FHIR server: each makes notices of responses, none is believed about their content."""

import re
from collections.abc import Iterable
from datetime import datetime

import structlog

from service.fhir.subscriptions.notification import Notification
from service.ports.pulling.notices import NoticeStore
from service.usecases.delivery.references import local_address
from service.usecases.refusals.keep import RESPONSE

VERSION = re.compile(r"/_history/[A-Za-z0-9\-.]{1,64}$", re.ASCII)
SUBSCRIPTION = re.compile(r"(?:.*/)?(Subscription/[A-Za-z0-9\-.]{1,64})", re.ASCII)

log = structlog.get_logger()


def receive_notification(notification: Notification, source: str, notices: NoticeStore, now: datetime) -> None:
    """Notices the responses that a notification names, and the events that were missed before it.

    Raises TooManyNotices. ``source`` is the base of the FHIR server.
    """
    notices.save_notices(response_ids((event.focus for event in notification.events), source), now)
    if not all(response_ids([event.focus], source) for event in notification.events):
        # An empty payload, or a reference to another place: only a search tells what has changed.
        notices.search_now(source, now)
    subscription = subscription_of(notification)
    if subscription is not None:
        count_events(notification, subscription, notices, now)


def response_ids(references: Iterable[str | None], source: str) -> list[str]:
    """The ids of the responses that references mean, each once."""
    addresses = (local_address(VERSION.sub("", text), source) for text in references if text is not None)
    ids = (address.partition("/")[2] for address in addresses if address and address.startswith(f"{RESPONSE}/"))
    return list(dict.fromkeys(ids))


def subscription_of(notification: Notification) -> str | None:
    """The address of the Subscription, such as "Subscription/1"; None if the notification does not tell."""
    match = SUBSCRIPTION.fullmatch(notification.subscription or "")
    return match[1] if match else None


def count_events(notification: Notification, subscription: str, notices: NoticeStore, now: datetime) -> None:
    """Compares the event numbers with those of earlier notifications. Logs a warning if some are missing."""
    if notification.kind == "handshake":
        notices.start_events(subscription, notification.count or 0)
        return
    missing = sum(notices.save_events(subscription, first, last, now) for first, last in notification.runs)
    if notification.kind == "heartbeat" and notification.count is not None:
        # All events up to the count have happened: none of them is in this notification.
        missing += notices.save_events(subscription, notification.count + 1, notification.count, now)
    if missing:
        log.warning("notifications_missed", count=missing)
