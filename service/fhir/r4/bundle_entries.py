"""Reads the entries of a batch or transaction Bundle, without their resources, which each entry checks itself.

https://hl7.org/fhir/R4/http.html#transaction
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from service.fhir.r4.structure import check_structure
from service.fhir.r4.types import Resource
from service.issues import Issue, Malformed

MAX_ENTRIES = 100
BundleType = Literal["batch", "transaction"]
STAND_IN = {"resourceType": "Basic", "code": {"text": "stand-in"}}


@dataclass(frozen=True)
class BundleEntry:
    """One entry: its place, ``fullUrl``, request and resource."""

    index: int
    full_url: str | None
    request: Resource
    resource: Resource | None

    @property
    def path(self) -> str:
        """The FHIRPath of the entry, such as "Bundle.entry[0]"."""
        return entry_path(self.index)


def entry_path(index: int) -> str:
    """Returns the FHIRPath of an entry."""
    return f"Bundle.entry[{index}]"


def read_bundle_type(bundle: Resource) -> BundleType:
    """Returns the type of the Bundle. Raises Malformed with every issue if it is no batch or transaction."""
    entries = bundle.get("entry")
    stripped = [replace_resource(entry) for entry in entries] if isinstance(entries, list) else entries
    check_structure({**bundle, "entry": stripped} if "entry" in bundle else bundle, "Bundle")
    if isinstance(entries, list) and len(entries) > MAX_ENTRIES:
        text = f"`entry` must have at most {MAX_ENTRIES} entries. Divide the Bundle into several."
        raise Malformed([Issue("too-costly", "Bundle.entry", text)])
    issues = list(repeated_urls(bundle.get("entry", ())))
    if issues:
        raise Malformed(issues)
    if bundle["type"] == "batch":
        return "batch"
    if bundle["type"] == "transaction":
        return "transaction"
    raise Malformed([Issue("not-supported", "Bundle.type", "`type` must be batch or transaction.")])


def repeated_urls(entries: Sequence[Resource]) -> Iterator[Issue]:
    """Yields an issue for each entry with the ``fullUrl`` of an earlier one: a reference to it would have two meanings.

    https://hl7.org/fhir/R4/bundle.html#bdl-7
    """
    text = "`fullUrl` must be of one entry only (bdl-7). Give each entry one of its own, such as a new urn:uuid."
    seen = set()
    for index, entry in enumerate(entries):
        if entry.get("fullUrl") in seen:
            yield Issue("invariant", f"{entry_path(index)}.fullUrl", text)
        seen |= {entry["fullUrl"]} if "fullUrl" in entry else set()


def replace_resource(entry: Any) -> Any:
    """Returns the entry with a minimal resource in place of the one sent."""
    if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
        return {**entry, "resource": STAND_IN}
    return entry


def read_entries(bundle: Resource) -> Iterator[BundleEntry]:
    """Yields the entries of a Bundle whose structure is valid."""
    for index, entry in enumerate(bundle.get("entry", ())):
        yield BundleEntry(index, entry.get("fullUrl"), entry.get("request", {}), entry.get("resource"))


def resolve_references(value: Any, addresses: dict[str, str]) -> Any:
    """Returns the value with each reference to the ``fullUrl`` of an entry replaced by the address of its resource.

    https://hl7.org/fhir/R4/http.html#trules
    """
    if isinstance(value, list):
        return [resolve_references(each, addresses) for each in value]
    if not isinstance(value, dict):
        return value
    resolved = {name: resolve_references(each, addresses) for name, each in value.items()}
    reference = resolved.get("reference")
    if isinstance(reference, str) and reference in addresses:
        resolved["reference"] = addresses[reference]
    return resolved
