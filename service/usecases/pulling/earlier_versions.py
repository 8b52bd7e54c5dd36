"""The versions of a response between the last one that was seen and the current one: somebody may have been in danger.

https://hl7.org/fhir/R4/http.html#vread
"""

from collections.abc import Iterator

import structlog

from service.fhir.r4.types import Resource
from service.ports.fhir_server import ChangeServer
from service.usecases.pulling.pick_up import PickUp, fetched_version
from service.usecases.refusals.keep import RESPONSE

# The latest of the versions that were not seen. More of them are those of a form that saves itself while it is filled.
MOST = 20
# HTTP status of a version that was deleted, or that the server does not keep.
GONE = {404, 410}

log = structlog.get_logger()


def unseen_versions(found: Resource, server: ChangeServer, parts: PickUp) -> Iterator[Resource]:
    """Yields the versions before the current one that were not seen yet, the oldest first.

    R4 does not order versionIds: only numbers are read. A server that does not tell a version does not hold up the
    current one; it is logged.
    """
    current = fetched_version(found, parts.source)
    if current.version is None or not current.version.isdecimal():
        return
    last = int(current.version)
    for number in range(max(last_seen(current.id, parts) + 1, last - MOST), last):
        address = f"{RESPONSE}/{current.id}"
        response = server.read_version(address, str(number))
        version = response.bundle or {}
        if response.status == 200 and (version.get("resourceType"), version.get("id")) == (RESPONSE, current.id):
            yield version
        elif response.status not in GONE:
            log.warning("earlier_versions_not_read", count=last - number, status=response.status)
            return


def last_seen(id: str, parts: PickUp) -> int:
    """The number of the last version that was seen, or that this service wrote; 0 if there is none."""
    known, delivered = parts.store.read_fetched([id]).get(id), parts.store.read_delivered(f"{RESPONSE}/{id}")
    versions = [None if known is None else known.version, None if delivered is None else delivered.remote]
    return max((int(each) for each in versions if each is not None and each.isdecimal()), default=0)
