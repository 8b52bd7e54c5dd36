"""Reads noticed responses from the FHIR server, and picks them up."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from service.fhir.r4.types import Resource
from service.issues import Unavailable, UnreadableStore
from service.ports.fhir_server import TOO_LARGE, ChangeServer, LookUp
from service.ports.pulling.fetched import PickUpOutcome
from service.ports.pulling.notices import Notice, NoticeStore
from service.unreadable import unreadable_parts
from service.usecases.delivery.back_off import SLOW
from service.usecases.pulling.earlier_versions import unseen_versions
from service.usecases.pulling.pick_up import PickUp, fetched_version, pick_up_response, place_of
from service.usecases.refusals.keep import FAILED, NOT_READ, RESPONSE, RefusedContent, Unjudged, keep_refused

# Longer than a look-up and the acceptance of a batch take together.
LEASE = timedelta(seconds=120)
BATCH = 20
# The attempt at which an operator is told.
ALARM_ATTEMPT = 10

log = structlog.get_logger()


@dataclass(frozen=True)
class Puller:
    """Parts that the search for responses on the FHIR server needs. ``now`` is the clock that all processes share.

    ``interval`` is the time between two searches for changes.
    """

    pick_up: PickUp
    notices: NoticeStore
    server: ChangeServer
    now: Callable[[], datetime]
    interval: timedelta
    draw: Callable[[], float] = random.random


def fetch_noticed(puller: Puller) -> Counter[PickUpOutcome] | None:
    """Picks up the responses whose notices are due, and counts the outcomes. None if no notice is due.

    Raises Unavailable if the database is unavailable.
    """
    now = puller.now()
    taken = puller.notices.take_notices(now, now + LEASE, BATCH)
    if not taken:
        return None
    seen = look_up_noticed(taken, puller.server)
    outcomes: Counter[PickUpOutcome] = Counter()
    for notice in taken:
        outcome = settle(notice, seen, puller)
        if outcome is not None:
            outcomes[outcome] += 1
    for kind, count in sorted(outcomes.items()):
        log.info("responses_picked_up", kind=kind, count=count)
    return outcomes


def look_up_noticed(taken: Sequence[Notice], server: ChangeServer) -> LookUp:
    """The noticed responses on the FHIR server, one at a time if they are too large together."""
    addresses = [f"{RESPONSE}/{notice.id}" for notice in taken]
    seen = server.look_up(addresses, whole=True)
    if seen.failure is None or seen.failure.problem != TOO_LARGE or len(addresses) == 1:
        return seen
    found: dict[str, Resource] = {}
    missing: frozenset[str] = frozenset()
    for address in addresses:
        part = server.look_up([address], whole=True)
        found.update(part.found)
        missing |= part.missing
    return LookUp(found, missing, seen.failure)


def settle(notice: Notice, seen: LookUp, puller: Puller) -> PickUpOutcome | None:
    """Picks up a noticed response and deletes the notice. None if it must be tried again, or is no longer there."""
    address = f"{RESPONSE}/{notice.id}"
    if address in seen.found:
        return settle_found(notice, seen.found[address], puller)
    if address in seen.missing:
        puller.notices.settle_notice(notice)
    else:
        problem = seen.failure.problem if seen.failure is not None else ""
        postpone(notice, problem or "the FHIR server did not return the response", puller)
    return None


def settle_found(notice: Notice, found: Resource, puller: Puller) -> PickUpOutcome | None:
    """Picks up a response that the FHIR server returned, after its versions that were not seen yet.

    A failure is tried again later.
    """
    try:
        for version in unseen_versions(found, puller.server, puller.pick_up):
            pick_up_response(version, puller.pick_up, puller.now())
        outcome = pick_up_response(found, puller.pick_up, puller.now())
    except Unavailable as problem:
        postpone(notice, str(problem), puller)
        return None
    except UnreadableStore:
        unreadable_parts.tell(reason="a response on the FHIR server")
        keep_unjudged(notice, found, NOT_READ, puller)
        postpone(notice, NOT_READ.issues[0].text, puller)
        return None
    except Exception as problem:  # noqa: BLE001 one response that this service fails on must not stop the others
        keep_unjudged(notice, found, FAILED, puller)
        postpone(notice, f"this service failed ({type(problem).__name__})", puller)
        return None
    puller.notices.settle_notice(notice)
    return outcome


def keep_unjudged(notice: Notice, found: Resource, why: Unjudged, puller: Puller) -> None:
    """Keeps a trace of a response that cannot be judged, at the first attempt, so that its danger signs are told."""
    if notice.attempts == 0:
        place = place_of(fetched_version(found, puller.pick_up.source))
        keep_refused([RefusedContent(found, [*why.issues, place])], why.status, "", puller.pick_up.keeper)


def postpone(notice: Notice, reason: str, puller: Puller) -> None:
    """Tries again later. An operator is told once, after ``ALARM_ATTEMPT`` attempts."""
    wait = SLOW.wait(notice.attempts, puller.draw)
    puller.notices.postpone_notice(notice, puller.now() + wait)
    if notice.attempts + 1 == ALARM_ATTEMPT:
        log.error("response_not_picked_up", reason=reason, attempts=ALARM_ATTEMPT)
