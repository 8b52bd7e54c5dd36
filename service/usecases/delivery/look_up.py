"""Looks up what an earlier attempt has written, so that nothing is written twice and no work on a Task is undone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.fhir.r4.types import Resource
from service.fhir.results.versions import says_the_same
from service.ports.fhir_server import LookUp, ServerResponse
from service.ports.outbox import ServerVersion
from service.usecases.delivery.delivery import Delivery
from service.usecases.delivery.preconditions import SET_BY_SERVER
from service.usecases.delivery.transaction_response import version_id_of


@dataclass(frozen=True)
class SentBefore:
    """The Bundle without the resources that the FHIR server has already, and the versions of these by address.

    ``failure`` is the response of the server if it did not tell.
    """

    rest: Resource
    written: Mapping[str, ServerVersion] = field(default_factory=dict)
    failure: ServerResponse | None = None


def look_up_sent(delivery: Delivery, bundle: Resource) -> SentBefore:
    """Searches the FHIR server for the resources of a Bundle that an earlier attempt may have sent."""
    if delivery.entry.attempts == 0 or not bundle["entry"]:
        return SentBefore(bundle)
    addresses = [entry["request"]["url"] for entry in bundle["entry"]]
    seen = delivery.server.look_up(addresses, whole=True)
    tasks = {address for address in addresses if address.startswith("Task/")}
    untold = tasks - seen.found.keys() - seen.missing
    if seen.failure is not None or untold:
        return SentBefore(bundle, failure=seen.failure or ServerResponse(None, "the FHIR server did not find Tasks"))
    rest = [entry for entry in bundle["entry"] if must_be_sent(entry, seen)]
    written = {
        url: ServerVersion(delivery.entry.versions.get(url, 1), version_id_of(seen.found[url]))
        for entry in bundle["entry"]
        if is_equal(entry, seen.found.get(url := entry["request"]["url"]))
    }
    return SentBefore({**bundle, "entry": rest}, written)


def must_be_sent(entry: Resource, seen: LookUp) -> bool:
    """False if the FHIR server has an equal resource, or a Task that this entry creates: a person may work on it."""
    current = seen.found.get(entry["request"]["url"])
    is_new_task = entry["resource"]["resourceType"] == "Task" and "ifMatch" not in entry["request"]
    return not is_equal(entry, current) and not (is_new_task and current is not None)


def is_equal(entry: Resource, current: Resource | None) -> bool:
    """True if the FHIR server has the resource of a Bundle entry with the same content."""
    return current is not None and says_the_same(entry["resource"], current, SET_BY_SERVER)
