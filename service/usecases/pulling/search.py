"""Searches the FHIR server for responses that are new or changed, and asks it for events that were missed.

https://hl7.org/fhir/R4/search.html#lastUpdated
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from service.fhir.r4.datetimes import format_instant, parse_datetime
from service.fhir.r4.types import Resource
from service.fhir.subscriptions.notification import Notification, read_notification
from service.issues import Malformed
from service.ports.fhir_server import ChangesPage, ServerResponse
from service.ports.pulling.notices import MissedEvents, Progress
from service.usecases.delivery.delivery import failure_reason, may_succeed_later
from service.usecases.pulling.fetch import LEASE, Puller
from service.usecases.pulling.notify import receive_notification, response_ids
from service.usecases.pulling.pick_up import as_instant, fetched_version

# A resource may become visible after one with a later `meta.lastUpdated`: each search goes back so far.
OVERLAP = timedelta(minutes=5)
# Pages that are read before the other work of the thread goes on.
MAX_PAGES = 20

log = structlog.get_logger()


def search_changes(puller: Puller) -> bool:
    """Notices the responses that are new or changed on the FHIR server. False if the search is not due, or failed.

    Raises Unavailable if the database is unavailable.
    """
    now, source = puller.now(), puller.server.base
    progress = puller.notices.take_search(source, now, now + LEASE)
    if progress is None:
        return False
    since, failure, is_complete = read_pages(puller, progress, now)
    if failure is not None:
        log.warning("change_search_failed", reason=failure_reason(failure))
    due = now + puller.interval if is_complete or failure is not None else now
    # A server whose clock is ahead, or that lies, must not move the search into the future.
    puller.notices.save_progress(source, min(since, now), due)
    return failure is None


def read_pages(puller: Puller, progress: Progress, now: datetime) -> tuple[datetime, ServerResponse | None, bool]:
    """Reads up to ``MAX_PAGES`` pages. Returns how far they came, the failure if there was one, and whether these were
    all."""
    since = progress.since or now
    page = puller.server.search_changes(format_instant(since - OVERLAP))
    for _ in range(MAX_PAGES):
        if page.failure is not None:
            return since, page.failure, False
        notice_changed(page.resources, puller)
        last = last_updated(page.resources)
        has_moved = last is not None and last > since
        since = last if last is not None and has_moved else since
        if not page.has_more:
            return since, None, True
        page = following_page(page, since, has_moved, puller)
    return since, page.failure, False


def following_page(page: ChangesPage, since: datetime, has_moved: bool, puller: Puller) -> ChangesPage:
    """The next page, by its link or, if that leads elsewhere, by the time of the last resource."""
    if page.next_path is not None:
        return puller.server.search_page(page.next_path)
    if has_moved:
        return puller.server.search_changes(format_instant(since))
    reason = "the link to the next page of a search leads to another address: set SURAL_FHIR_SERVER_ALIASES"
    return ChangesPage(failure=ServerResponse(None, reason))


def notice_changed(resources: Sequence[Resource], puller: Puller) -> None:
    """Saves a notice of each response whose version has not been seen."""
    found = [fetched_version(resource, puller.server.base) for resource in resources]
    ids = set(response_ids((f"QuestionnaireResponse/{each.id}" for each in found), puller.server.base))
    known = puller.pick_up.store.read_fetched(sorted(ids))
    new = [each.id for each in found if each.id in ids and (each.id not in known or each.is_newer_than(known[each.id]))]
    puller.notices.save_notices(new, puller.now())


def last_updated(resources: Sequence[Resource]) -> datetime | None:
    """The latest `meta.lastUpdated`; None if there is none."""
    instants = [as_instant(resource.get("meta", {}).get("lastUpdated")) for resource in resources]
    return max((parse_datetime(each).sort_key for each in instants if each is not None), default=None)


def ask_for_missed(puller: Puller) -> bool:
    """Asks the FHIR server for events whose notifications did not arrive. False if there are none.

    If the server does not tell, the search for changes is made due. Raises Unavailable if the database is unavailable.
    """
    now = puller.now()
    missed = puller.notices.take_missed(now, now + LEASE)
    if missed is None:
        return False
    response = puller.server.read_events(missed.subscription, missed.first, missed.last)
    if response.status != 200 and may_succeed_later(response):
        return True
    told = read_told(response)
    if told is not None:
        receive_notification(told, puller.server.base, puller.notices, now)
    if told is None or not covers(told, missed):
        puller.notices.search_now(puller.server.base, now)
    puller.notices.settle_missed(missed)
    return True


def read_told(response: ServerResponse) -> Notification | None:
    """The events in the response to `$events`; None if it is another response."""
    if response.status != 200 or response.bundle is None:
        return None
    try:
        return read_notification(response.bundle)
    except Malformed:
        return None


def covers(told: Notification, missed: MissedEvents) -> bool:
    """True if every missed event is told."""
    return any(first <= missed.first and missed.last <= last for first, last in told.runs)
