"""Changes an outbox entry for a FHIR server that cannot take it as it is, and records what was changed.

https://hl7.org/fhir/R4/capabilitystatement.html
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from service.fhir.r4.types import Resource
from service.fhir.r4.unchecked_json import references_in
from service.fhir.results.impression_observation import (
    IMPRESSION,
    OBSERVATION,
    impression_observation,
    observation_address,
)
from service.ports.fhir_server import Capabilities
from service.ports.outbox import OutboxEntry
from service.usecases.delivery.delivery import Delivery
from service.usecases.delivery.references import with_logical_references

SINGLY = "the FHIR server has no transactions: each resource is sent by itself, references first"
OWN_IDS = "the FHIR server assigns ids itself: ours are identifiers or tags there"
AS_OBSERVATION = "the FHIR server has no ClinicalImpression: the impression is sent as an Observation"

log = structlog.get_logger()


@dataclass(frozen=True)
class DegradedBundle:
    """A Bundle as the FHIR server can take it, our version numbers by the new addresses, and what was changed."""

    bundle: Resource
    versions: Mapping[str, int]
    reasons: tuple[str, ...]


def fit_to_server(delivery: Delivery, capabilities: Capabilities) -> Delivery:
    """The attempt with the entry as the FHIR server can take it. A change is recorded on the entry, and logged once."""
    entry = delivery.entry
    degraded = degrade(entry.bundle, entry.versions, capabilities)
    reason = with_reasons(entry, degraded.reasons)
    if reason == (entry.degraded or "") and degraded.bundle == entry.bundle:
        return delivery
    changed = delivery.outbox.degrade(entry, reason, degraded.bundle, degraded.versions)
    log.warning("entry_degraded", entry=entry.id, reason=reason)
    return replace(delivery, entry=changed, sent=changed.bundle)


def with_reasons(entry: OutboxEntry, reasons: Iterable[str]) -> str:
    """What was changed in an entry before, and these, each once."""
    return "; ".join(dict.fromkeys([*filter(None, (entry.degraded or "").split("; ")), *reasons]))


def degrade(bundle: Resource, versions: Mapping[str, int], capabilities: Capabilities) -> DegradedBundle:
    """The Bundle without resources of types that the FHIR server does not have; references to them become logical.

    An impression becomes an Observation if the server has these.
    """
    reasons = [] if capabilities.transaction else [SINGLY]
    if capabilities.without_update_create & {entry["resource"]["resourceType"] for entry in bundle["entry"]}:
        reasons.append(OWN_IDS)
    if not capabilities.has(IMPRESSION) and capabilities.has(OBSERVATION) and names_impressions(bundle):
        bundle, versions = with_impression_observations(bundle), with_observation_addresses(versions)
        reasons.append(AS_OBSERVATION)
    types = {entry["resource"]["resourceType"] for entry in bundle["entry"]}
    lacking = sorted(name for name in types if not capabilities.has(name))
    if lacking:
        kept = [entry for entry in bundle["entry"] if entry["resource"]["resourceType"] not in lacking]
        bundle = {**bundle, "entry": with_logical_references(kept, references_to(kept, lacking))}
        versions = {address: number for address, number in versions.items() if address.split("/")[0] not in lacking}
        reasons += [f"the FHIR server has no {name}: it is not sent" for name in lacking]
    return DegradedBundle(bundle, versions, tuple(reasons))


def names_impressions(bundle: Resource) -> bool:
    """True if the Bundle contains an impression, or refers to one."""
    return any(reference.startswith(f"{IMPRESSION}/") for reference in all_references(bundle["entry"]))


def all_references(entries: Collection[Resource]) -> list[str]:
    """The address of each entry, and every reference in it."""
    return [text for entry in entries for text in (entry["request"]["url"], *references_in(entry["resource"]))]


def references_to(entries: Collection[Resource], types: Collection[str]) -> set[str]:
    """The references to resources of these types."""
    return {text for entry in entries for text in references_in(entry["resource"]) if text.split("/")[0] in types}


def with_impression_observations(bundle: Resource) -> Resource:
    """The Bundle with Observations for impressions, and with the references to them."""
    entries = []
    for entry in bundle["entry"]:
        resource, request = entry["resource"], entry["request"]
        if resource["resourceType"] == IMPRESSION:
            resource = impression_observation(resource)
            request = {**request, "url": f"{OBSERVATION}/{resource['id']}"}
        entries.append({**entry, "resource": with_observation_references(resource), "request": request})
    return {**bundle, "entry": entries}


def with_observation_references(value: Any) -> Any:
    """A copy in which each reference to an impression is one to its Observation."""
    if isinstance(value, list):
        return [with_observation_references(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    changed = {key: with_observation_references(inner) for key, inner in value.items()}
    reference = value.get("reference")
    if isinstance(reference, str) and reference.startswith(f"{IMPRESSION}/"):
        changed["reference"] = observation_address(reference)
    return changed


def with_observation_addresses(versions: Mapping[str, int]) -> dict[str, int]:
    """Version numbers by address, with that of the Observation for each impression."""
    return {
        observation_address(address) if address.startswith(f"{IMPRESSION}/") else address: number
        for address, number in versions.items()
    }
