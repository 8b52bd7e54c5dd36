"""The transaction-response of the FHIR server: whether it confirms every Bundle entry, and with which versions.

https://hl7.org/fhir/R4/http.html#transaction-response
"""

import re
from collections.abc import Mapping
from typing import Any

from service.fhir.r4.element_definitions import MATCHES
from service.fhir.r4.types import Resource
from service.ports.fhir_server import ServerResponse
from service.ports.outbox import ServerVersion

WRITTEN = re.compile(r"20[01](\s.*)?", re.ASCII | re.DOTALL)
ETAG = re.compile(r'(?:W/)?"([^"]*)"')
# The longest `entry.response.location` that is read.
MAX_LOCATION = 8_192


def confirms_all(response: ServerResponse, bundle: Resource) -> bool:
    """True if the response confirms each entry of the Bundle; otherwise the outcome is unknown.

    It must be a transaction-response with as many entries as were sent, each with status 200 or 201 and with
    a `location` that names the type and id sent.
    """
    if response.status not in (200, 201) or not is_transaction_response(response.bundle):
        return False
    results, sent = entry_responses(response), [entry["request"]["url"] for entry in bundle["entry"]]
    return len(results) == len(sent) and all(map(confirms, results, sent))


def is_transaction_response(bundle: Resource | None) -> bool:
    """True for a Bundle of type transaction-response."""
    return bundle is not None and (bundle.get("resourceType"), bundle.get("type")) == ("Bundle", "transaction-response")


def entry_responses(response: ServerResponse) -> list[Resource]:
    """`Bundle.entry.response` of each entry; an empty object in place of anything that is no object."""
    entries = (response.bundle or {}).get("entry")
    return [as_object(as_object(entry).get("response")) for entry in entries] if isinstance(entries, list) else []


def as_object(value: Any) -> Resource:
    """The value if it is an object, otherwise an empty object."""
    return value if isinstance(value, dict) else {}


def confirms(result: Resource, address: str) -> bool:
    """True if an `entry.response` says that the resource with this address was written."""
    status, location = result.get("status"), result.get("location")
    if not isinstance(status, str) or not isinstance(location, str) or len(location) > MAX_LOCATION:
        return False
    target = location.partition("/_history/")[0]
    return WRITTEN.fullmatch(status) is not None and (target == address or target.endswith(f"/{address}"))


def versions_written(
    bundle: Resource, response: ServerResponse, versions: Mapping[str, int]
) -> dict[str, ServerVersion]:
    """The versions on the FHIR server after it has accepted a Bundle, by address."""
    urls = [entry["request"]["url"] for entry in bundle["entry"]]
    return {
        url: ServerVersion(versions.get(url, 1), server_version_id(result))
        for url, result in zip(urls, entry_responses(response), strict=False)
    }


def server_version_id(result: Resource) -> str | None:
    """The versionId in `entry.response`: from `etag`, otherwise from `location`. None if it is no FHIR id."""
    etag, location = result.get("etag"), result.get("location")
    tagged = ETAG.fullmatch(etag) if isinstance(etag, str) and len(etag) < MAX_LOCATION else None
    if tagged is not None:
        return as_version_id(tagged[1])
    return as_version_id(location.rpartition("/_history/")[2] if isinstance(location, str) else None)


def as_version_id(value: Any) -> str | None:
    """The value if it is a FHIR id, otherwise None. It will be part of a request header."""
    return value if isinstance(value, str) and MATCHES["Id"](value) else None


def version_id_of(resource: Resource) -> str | None:
    """`meta.versionId` of a resource that the FHIR server returned."""
    return as_version_id(as_object(resource.get("meta")).get("versionId"))
