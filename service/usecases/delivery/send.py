"""Sends a Bundle: as a transaction, or one resource after another to a FHIR server without transactions.

https://hl7.org/fhir/R4/http.html#update
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from service.fhir.r4.types import Resource
from service.fhir.r4.unchecked_json import references_in
from service.fhir.results.bundle import with_full_urls
from service.ports.fhir_server import Capabilities, FhirServer, ServerResponse

# Less than a lease, together with the look-ups before and after.
SINGLY_SECONDS = timedelta(seconds=50)


def send_bundle(
    bundle: Resource, server: FhirServer, capabilities: Capabilities, now: Callable[[], datetime]
) -> ServerResponse:
    """The response of the server to a Bundle.

    Without transactions, it is the first response that confirms nothing, or a transaction-response made of all of them.
    """
    if capabilities.transaction:
        return server.transact(with_full_urls(bundle, server.base))
    return send_singly(bundle, server, now)


def send_singly(bundle: Resource, server: FhirServer, now: Callable[[], datetime]) -> ServerResponse:
    """Sends each resource by itself, those first that others refer to."""
    end, confirmed = now() + SINGLY_SECONDS, {}
    for entry in in_reference_order(bundle["entry"]):
        if now() > end:
            return ServerResponse(None, "the resources could not all be sent in time")
        address = entry["request"]["url"]
        response = server.update(entry["resource"], entry["request"].get("ifMatch"))
        if response.status not in (200, 201):
            return response
        location = f"{address}/_history/{response.version}" if response.version else address
        confirmed[address] = {"response": {"status": str(response.status), "location": location}}
    entries = [confirmed[entry["request"]["url"]] for entry in bundle["entry"]]
    return ServerResponse(200, bundle={"resourceType": "Bundle", "type": "transaction-response", "entry": entries})


def in_reference_order(entries: Sequence[Resource]) -> list[Resource]:
    """The entries, each after those that it refers to. In a circle, the first in the Bundle is first."""
    by_address = {entry["request"]["url"]: entry for entry in entries}
    ordered: dict[str, Resource] = {}
    for address in by_address:
        for each in with_referenced(address, by_address, ordered.keys() | set()):
            ordered.setdefault(each, by_address[each])
    return list(ordered.values())


def with_referenced(address: str, by_address: dict[str, Resource], seen: set[str]) -> Iterator[str]:
    """Yields the addresses that an entry refers to, directly or through others, and then its own."""
    if address in seen:
        return
    seen.add(address)
    for reference in references_in(by_address[address]["resource"]):
        if reference in by_address:
            yield from with_referenced(reference, by_address, seen)
    yield address
