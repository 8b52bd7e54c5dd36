"""Preconditions of an outgoing Bundle: an entry replaces only the version that we know on the FHIR server.

https://hl7.org/fhir/R4/http.html#concurrency
"""

from collections.abc import Mapping

from service.fhir.r4.types import Resource
from service.ports.outbox import OutboxEntry, ServerVersion

# The FHIR server may set or change these in a resource that it stores.
SET_BY_SERVER = ("meta", "text")


def has_preconditions(bundle: Resource) -> bool:
    """True if a Bundle entry has `request.ifMatch`."""
    return any("ifMatch" in entry["request"] for entry in bundle["entry"])


def with_preconditions(outgoing: OutboxEntry) -> Resource:
    """The Bundle with `request.ifMatch`, without the entries that the FHIR server no longer needs."""
    needed = [entry for entry in outgoing.bundle["entry"] if is_still_needed(entry, outgoing)]
    return {**outgoing.bundle, "entry": [with_if_match(entry, outgoing.server_versions) for entry in needed]}


def is_still_needed(entry: Resource, outgoing: OutboxEntry) -> bool:
    """True unless the FHIR server has this version or a later one.

    A Task is sent once, and its cancellation only if the versionId of the server is known.
    """
    url = entry["request"]["url"]
    version, on_server = outgoing.versions.get(url, 1), outgoing.server_versions.get(url)
    if entry["resource"]["resourceType"] == "Task":
        return version == 1 if on_server is None else on_server.local < version and on_server.remote is not None
    return on_server is None or on_server.local <= version


def with_if_match(entry: Resource, server_versions: Mapping[str, ServerVersion]) -> Resource:
    """The Bundle entry with the versionId of the server in `request.ifMatch`, if it is known."""
    on_server = server_versions.get(entry["request"]["url"])
    if on_server is None or on_server.remote is None:
        return entry
    return {**entry, "request": {**entry["request"], "ifMatch": f'W/"{on_server.remote}"'}}
