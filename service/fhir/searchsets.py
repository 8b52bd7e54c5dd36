"""Resources as they are answered: with their version, and in searchset Bundles with links.

https://hl7.org/fhir/R4/bundle.html#searchset
"""

from collections.abc import Sequence

from service.fhir.encoding import encode
from service.fhir.ids import name_uuid
from service.fhir.outcomes import outcome
from service.fhir.reading import Resource
from service.fhir.records import Held, Page
from service.fhir.subsetting import Subset
from service.fhir.times import instant
from service.screening.faults import Fault


def as_answered(held: Held) -> Resource:
    """A resource with the version and time under which it is kept."""
    meta = {**held.resource.get("meta", {}), "versionId": str(held.version), "lastUpdated": instant(held.stored)}
    head: Resource = {key: held.resource[key] for key in ("resourceType", "id") if key in held.resource}
    rest = {key: value for key, value in held.resource.items() if key not in ("resourceType", "id", "meta")}
    return {**head, "meta": meta, **rest}


def searchset(
    page: Page, base: str, links: Sequence[tuple[str, str]], ignored: Sequence[Fault], subset: Subset
) -> Resource:
    """A page of results; what was left out of account stands in an outcome at the end."""
    entries: list[Resource] = [match(held, base, subset) for held in page.found]
    if ignored:
        told = outcome(ignored)
        # It stands at no address, and an entry of a searchset has an identity all the same.
        own = f"urn:uuid:{name_uuid(encode(told))}"
        entries.append({"fullUrl": own, "resource": told, "search": {"mode": "outcome"}})
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": page.total,
        "link": [{"relation": relation, "url": url} for relation, url in links],
        **({"entry": entries} if entries else {}),
    }


def match(held: Held, base: str, subset: Subset) -> Resource:
    resource = as_answered(held)
    url = f"{base}/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": url, "resource": subset.of(resource), "search": {"mode": "match"}}
