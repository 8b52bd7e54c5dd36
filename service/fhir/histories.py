"""The versions of a resource as a Bundle, each with what was asked and answered when it was stored.

https://hl7.org/fhir/R4/http.html#history
"""

from collections.abc import Sequence

from service.fhir.reading import Resource
from service.fhir.records import Held, Page
from service.fhir.searchsets import as_answered
from service.fhir.subsetting import Subset
from service.fhir.times import instant


def history_bundle(page: Page, base: str, links: Sequence[tuple[str, str]], subset: Subset) -> Resource:
    """A page of versions, the newest first."""
    entries = [version_entry(held, base, subset) for held in page.found]
    return {
        "resourceType": "Bundle",
        "type": "history",
        "total": page.total,
        "link": [{"relation": relation, "url": url} for relation, url in links],
        **({"entry": entries} if entries else {}),
    }


def version_entry(held: Held, base: str, subset: Subset) -> Resource:
    """One version. How a first one came is not kept: it is shown as created, and every later one as updated."""
    resource = as_answered(held)
    type_name = resource["resourceType"]
    place = f"{type_name}/{resource['id']}"
    created = held.version == 1
    return {
        "fullUrl": f"{base}/{place}",
        "resource": subset.of(resource),
        "request": {"method": "POST", "url": type_name} if created else {"method": "PUT", "url": place},
        "response": {
            "status": "201 Created" if created else "200 OK",
            "location": f"{base}/{place}/_history/{held.version}",
            "etag": f'W/"{held.version}"',
            "lastModified": instant(held.stored),
        },
    }
