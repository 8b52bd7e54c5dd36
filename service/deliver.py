"""Sending what is due to the FHIR server, and settling what came back.

Retried is what waiting can cure; parked, with its reason, what it cannot. One entry of a patient is in
flight at a time, in order; a parked one does not hold back those behind it.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from service.fhir.guarding import guarded, landed, same_content
from service.fhir.ids import BASE, ID_SYSTEM, PREFIXES
from service.fhir.reading import Resource
from service.fhir.records import Answer, Entry, There
from service.fhir.writing import with_full_urls

# Full jitter: a wait is drawn between nothing and a limit that doubles from 1 s to 60 s.
BACK_OFF = timedelta(seconds=1)
BACK_OFF_CAP = timedelta(seconds=60)
# A missing Patient: from 5 s, doubling to one hour, for seven days in all.
SLOW_BACK_OFF = timedelta(seconds=5)
SLOW_CAP = timedelta(hours=1)
PATIENCE = timedelta(days=7)
RETRY_AFTER_CAP = timedelta(minutes=15)
# Longer than the FHIR server may take to answer, so that no second worker sends what is still under way.
LEASE = timedelta(seconds=120)

WAITING_CURES = {401, 403, 408, 425, 429, 500, 502, 503, 504}
CONFLICTS = {409, 412}


class FhirServer(Protocol):
    """The site's FHIR server."""

    @property
    def base(self) -> str: ...

    def transact(self, bundle: Resource) -> Answer:
        """Sends a transaction."""

    def holds(self, reference: str) -> bool | None:
        """Whether a resource is there; None when the server does not say."""

    def read(self, reference: str) -> Resource | None:
        """A resource as it is there now; None when the server does not give it."""


class Outbox(Protocol):
    """What waits to be sent."""

    def lease(self, now: datetime, until: datetime) -> Entry | None:
        """The next entry that is due, taken until a moment; None when nothing is."""

    def delivered(self, entry: Entry, now: datetime, there: Mapping[str, There]) -> None:
        """Settles an entry: the server has it, under these versions."""

    def wait(
        self,
        entry: Entry,
        due: datetime,
        reason: str,
        bundle: Resource | None = None,
        there: Mapping[str, There] | None = None,
    ) -> None:
        """Puts an entry off, perhaps with another Bundle, or with what the server was found to hold."""

    def park(self, entry: Entry, now: datetime, reason: str) -> None:
        """Sets an entry aside for a person."""


def deliver_next(
    outbox: Outbox, server: FhirServer, now: Callable[[], datetime], draw: Callable[[], float] = random.random
) -> bool:
    """Sends the next entry that is due and settles it; whether there was one. ``draw`` gives the jitter, 0 to 1."""
    start = now()
    entry = outbox.lease(start, start + LEASE)
    if entry is None:
        return False
    bundle = guarded(entry)
    bundle = bundle if entry.attempts == 0 else without_known_tasks(bundle, server)
    if not bundle["entry"]:
        outbox.delivered(entry, start, {})
        return True
    answer = server.transact(with_full_urls(bundle, server.base))
    settle(replace(entry, bundle=bundle), answer, outbox, server, now(), draw)
    return True


def settle(
    entry: Entry, answer: Answer, outbox: Outbox, server: FhirServer, now: datetime, draw: Callable[[], float]
) -> None:
    """Decides what becomes of an entry after an answer."""
    if is_done(answer, entry):
        outbox.delivered(entry, now, landed(entry.bundle, answer, entry.versions))
    elif answer.status in CONFLICTS and is_guarded(entry.bundle):
        settle_conflict(entry, answer, outbox, server, now, draw)
    elif answer.status is None or answer.status in WAITING_CURES or answer.status < 400:
        outbox.wait(entry, now + pause(entry, answer, draw), reason_of(answer))
    else:
        settle_refused(entry, answer, outbox, server, now, draw)


def settle_refused(
    entry: Entry, answer: Answer, outbox: Outbox, server: FhirServer, now: datetime, draw: Callable[[], float]
) -> None:
    """Looks for what the Bundle refers to and the server lacks: the Patient is waited for, the rest replaced."""
    missing = [reference for reference in outside(entry.bundle) if server.holds(reference) is False]
    patient = entry.patient
    if patient in missing:
        if entry.age(now) > PATIENCE:
            outbox.park(entry, now, "the FHIR server still does not hold the Patient of this entry")
        else:
            wait = jitter(SLOW_BACK_OFF, SLOW_CAP, entry.attempts, draw)
            outbox.wait(entry, now + wait, "the FHIR server does not hold the Patient of this entry yet")
    elif missing:
        reason = f"{len(missing)} references that the FHIR server lacks were made logical"
        outbox.wait(entry, now, reason, made_logical(unguarded(entry.bundle), set(missing)))
    elif answer.status in CONFLICTS:
        outbox.wait(entry, now + pause(entry, answer, draw), reason_of(answer))
    else:
        outbox.park(entry, now, reason_of(answer))


def is_guarded(bundle: Resource) -> bool:
    """Whether something in a Bundle hangs on the version that the server holds."""
    return any("ifMatch" in part["request"] for part in bundle["entry"])


def settle_conflict(
    entry: Entry, answer: Answer, outbox: Outbox, server: FhirServer, now: datetime, draw: Callable[[], float]
) -> None:
    """Looks at what somebody else changed: what is equal is done, a Task is theirs, all else is for a person."""
    moved = {url: found for url, found in found_there(entry, server) if is_another(url, found, entry)}
    if not moved:
        outbox.wait(entry, now + pause(entry, answer, draw), reason_of(answer), unguarded(entry.bundle))
        return
    sent = {part["request"]["url"]: part["resource"] for part in entry.bundle["entry"]}
    theirs = [url for url, found in moved.items() if not same_content(sent[url], found)]
    if any(sent[url]["resourceType"] != "Task" for url in theirs):
        outbox.park(entry, now, f"{len(theirs)} resources were changed on the FHIR server by somebody else")
        return
    kept = [part for part in unguarded(entry.bundle)["entry"] if part["request"]["url"] not in theirs]
    there = {url: There(entry.versions.get(url, 1), found["meta"]["versionId"]) for url, found in moved.items()}
    outbox.wait(entry, now, "the FHIR server held other versions", {**entry.bundle, "entry": kept}, there)


def found_there(entry: Entry, server: FhirServer) -> Iterator[tuple[str, Resource]]:
    """What the server holds now of each resource that hangs on a version."""
    for part in entry.bundle["entry"]:
        found = server.read(part["request"]["url"]) if "ifMatch" in part["request"] else None
        if found is not None and "versionId" in found.get("meta", {}):
            yield part["request"]["url"], found


def is_another(url: str, found: Resource, entry: Entry) -> bool:
    """Whether the server holds another version than the one that we wrote."""
    return url in entry.there and found["meta"]["versionId"] != entry.there[url].theirs


def unguarded(bundle: Resource) -> Resource:
    """The Bundle as it is kept: conditions are made anew each time it is sent."""
    parts = [
        {**part, "request": {key: value for key, value in part["request"].items() if key != "ifMatch"}}
        for part in bundle["entry"]
    ]
    return {**bundle, "entry": parts}


def is_done(answer: Answer, entry: Entry) -> bool:
    """Whether the server says of every entry that it was written; anything less is an unknown outcome."""
    if answer.status not in (200, 201) or answer.bundle is None:
        return False
    results = [str(part.get("response", {}).get("status", "")) for part in answer.bundle.get("entry", ())]
    return bool(results) and all(result.startswith("2") for result in results)


def reason_of(answer: Answer) -> str:
    """Why an entry waits or is parked, without anything of its content."""
    if answer.status is None:
        return answer.problem
    if answer.status < 400:
        return f"the FHIR server answered {answer.status} without saying what it wrote"
    return f"the FHIR server answered {answer.status}" + (f" ({answer.problem})" if answer.problem else "")


def pause(entry: Entry, answer: Answer, draw: Callable[[], float]) -> timedelta:
    """How long to wait: as the server asks, up to 15 minutes, else the back-off."""
    if answer.retry_after is not None:
        return min(max(answer.retry_after, timedelta()), RETRY_AFTER_CAP)
    return jitter(BACK_OFF, BACK_OFF_CAP, entry.attempts, draw)


def jitter(base: timedelta, cap: timedelta, attempts: int, draw: Callable[[], float]) -> timedelta:
    """Full jitter on a limit that doubles with each attempt."""
    doubled: int = 2 ** min(attempts, 30)
    return min(cap, base * doubled) * draw()


def without_known_tasks(bundle: Resource, server: FhirServer) -> Resource:
    """The Bundle without Tasks that are there: a person may be working on one, and a second PUT would undo that."""
    entries = [
        entry
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] != "Task" or server.holds(entry["request"]["url"]) is not True
    ]
    return {**bundle, "entry": entries}


def outside(bundle: Resource) -> list[str]:
    """The references of a Bundle to what it does not bring, each once."""
    brought = {entry["request"]["url"] for entry in bundle["entry"]}
    found = dict.fromkeys(reference for entry in bundle["entry"] for reference in references(entry["resource"]))
    return [reference for reference in found if reference not in brought and not reference.startswith("#")]


def references(value: Any) -> Iterator[str]:
    """Every literal reference in a resource."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def made_logical(value: Any, missing: set[str]) -> Any:
    """A copy in which references to what is missing are logical: type, identifier and display."""
    if isinstance(value, list):
        return [made_logical(inner, missing) for inner in value]
    if not isinstance(value, dict):
        return value
    if value.get("reference") in missing:
        return logical(value)
    return {key: made_logical(inner, missing) for key, inner in value.items()}


def logical(reference: Resource) -> Resource:
    """A reference that can stand where its target is not there."""
    target = reference["reference"]
    type_name, _, id = target.rpartition("/")
    type_name = type_name.rsplit("/", 1)[-1]
    ours = id[:2] == f"{PREFIXES.get(type_name, '')}-"
    identifier = {"system": ID_SYSTEM, "value": id} if ours else {"system": f"{BASE}/reference", "value": target}
    kept = {key: inner for key, inner in reference.items() if key != "reference"}
    return {"type": type_name, "identifier": identifier, "display": target, **kept}
