"""Resources with the meta of their version, and the Bundles of a search or a history.

https://hl7.org/fhir/R4/bundle.html#searchset
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from service.fhir.ids import PREFIXES, name_uuid
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.operation_outcome import outcome
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource, StoredResource
from service.fhir.search.query import ResultPage
from service.fhir.search.subset import Subset
from service.issues import Issue

# How the ids begin that this service gives to created responses. A client chose other ids with PUT.
CREATED_REFERENCE = f"QuestionnaireResponse/{PREFIXES['QuestionnaireResponse']}-"


class BundleLink(NamedTuple):
    """A Bundle.link, e.g. ``BundleLink("next", "https://sural.example/fhir/Observation?_page=...")``."""

    relation: Literal["self", "next"]
    url: str


def add_version_meta(stored: StoredResource) -> Resource:
    """Returns a stored resource with ``meta.versionId`` and ``meta.lastUpdated``."""
    resource = stored.resource
    version = {"versionId": str(stored.version), "lastUpdated": format_instant(stored.stored)}
    head: Resource = {key: resource[key] for key in ("resourceType", "id") if key in resource}
    rest = {key: value for key, value in resource.items() if key not in ("resourceType", "id", "meta")}
    return {**head, "meta": {**resource.get("meta", {}), **version}, **rest}


def searchset(
    page: ResultPage,
    included: Sequence[StoredResource],
    base: str,
    links: Sequence[BundleLink],
    ignored: Sequence[Issue],
    subset: Subset,
) -> Resource:
    """Returns a page of search results. Ignored parameters are in an OperationOutcome in the last entry."""
    entries = [search_entry(stored, base, subset, "match") for stored in page.found]
    entries += [search_entry(stored, base, Subset(), "include") for stored in included]
    if ignored:
        warnings = outcome(ignored)
        # The outcome has no url, but an entry of a searchset must have a fullUrl.
        full_url = f"urn:uuid:{name_uuid(encode(warnings))}"
        entries.append({"fullUrl": full_url, "resource": warnings, "search": {"mode": "outcome"}})
    return page_bundle("searchset", page.total, links, entries)


def history_bundle(page: ResultPage, base: str, links: Sequence[BundleLink], subset: Subset) -> Resource:
    """Returns a page of the versions of resources, newest first."""
    return page_bundle("history", page.total, links, [version_entry(stored, base, subset) for stored in page.found])


def page_bundle(
    type_name: Literal["searchset", "history"],
    total: int | None,
    links: Sequence[BundleLink],
    entries: Sequence[Resource],
) -> Resource:
    """Returns a Bundle with the total of all pages if it is known, and the links and entries of a page."""
    return {
        "resourceType": "Bundle",
        "type": type_name,
        **({} if total is None else {"total": total}),
        "link": [link._asdict() for link in links],
        **({"entry": entries} if entries else {}),
    }


def search_entry(stored: StoredResource, base: str, subset: Subset, mode: Literal["match", "include"]) -> Resource:
    """Returns the entry of a search result."""
    resource = add_version_meta(stored)
    url = f"{base}/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": url, "resource": subset.apply(resource), "search": {"mode": mode}}


def version_entry(stored: StoredResource, base: str, subset: Subset) -> Resource:
    """Returns the entry of a version, with the request that created it. No client sends requests for results: their
    entries have the request that would have the same effect."""
    resource = add_version_meta(stored)
    type_name = resource["resourceType"]
    reference = f"{type_name}/{resource['id']}"
    is_first = stored.version == 1
    is_post = is_first and reference.startswith(CREATED_REFERENCE)
    return {
        "fullUrl": f"{base}/{reference}",
        "resource": subset.apply(resource),
        "request": {"method": "POST", "url": type_name} if is_post else {"method": "PUT", "url": reference},
        "response": {
            "status": "201 Created" if is_first else "200 OK",
            "location": f"{base}/{reference}/_history/{stored.version}",
            "etag": f'W/"{stored.version}"',
            "lastModified": format_instant(stored.stored),
        },
    }
