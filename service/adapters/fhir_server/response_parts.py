"""Parts of a response of the FHIR server. Each function has a result for every input."""

import json
import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from service.fhir.r4.operation_outcome import ISSUE_TYPES
from service.fhir.r4.types import Resource

LONGEST_RETRY_AFTER = timedelta(days=1)
SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
# A versionId is a FHIR id: https://hl7.org/fhir/R4/resource.html#Meta
ETAG = re.compile(r'(?:W/)?"([A-Za-z0-9\-.]{1,64})"', re.ASCII)
# The type and id at the end of a Location: https://hl7.org/fhir/R4/http.html#create
ADDRESS_IN_LOCATION = re.compile(
    r"(?:^|/)([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/[^/]{1,64})?$", re.ASCII
)
DIGITS = re.compile(r"[0-9]+", re.ASCII)


def json_object(body: bytes) -> Resource | None:
    """The JSON object in a body, or None."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def issue_codes(content: Resource | None) -> str:
    """The codes of an OperationOutcome, such as "invalid, not-found". Its texts may contain patient data."""
    if content is None or content.get("resourceType") != "OperationOutcome":
        return ""
    issues = content.get("issue") if isinstance(content.get("issue"), list) else []
    codes = (issue.get("code") for issue in issues or () if isinstance(issue, dict))
    return ", ".join(dict.fromkeys(code for code in codes if isinstance(code, str) and code in ISSUE_TYPES))


def parse_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """The wait in Retry-After, given in seconds or as an HTTP date, at most a day; None for anything else.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    text = (value or "").strip()
    if DIGITS.fullmatch(text):
        seconds = timedelta(seconds=int(text)) if SECONDS.fullmatch(text) else LONGEST_RETRY_AFTER
        return min(seconds, LONGEST_RETRY_AFTER)
    try:
        return min(parsedate_to_datetime(text[:100]) - now, LONGEST_RETRY_AFTER)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def version_of_etag(value: str | None) -> str | None:
    """The versionId in an ETag such as `W/"2"`; None for anything else."""
    tagged = ETAG.fullmatch((value or "").strip())
    return tagged[1] if tagged else None


def searchset_resources(content: Resource | None) -> list[Resource] | None:
    """The resources in a searchset Bundle, each with an object as `meta`; None if the content is no such Bundle."""
    if content is None or (content.get("resourceType"), content.get("type")) != ("Bundle", "searchset"):
        return None
    entries = content.get("entry", [])
    if not isinstance(entries, list):
        return None
    found = (entry.get("resource") for entry in entries if isinstance(entry, dict))
    return [with_meta(resource) for resource in found if isinstance(resource, dict)]


def with_meta(resource: Resource) -> Resource:
    """The resource, without a `meta` that is no object."""
    is_valid = isinstance(resource.get("meta", {}), dict)
    return resource if is_valid else {name: value for name, value in resource.items() if name != "meta"}


def links_to_next_page(content: Resource | None) -> list[str]:
    """The addresses of the next page in a Bundle: one, or none on the last page."""
    links = (content or {}).get("link")
    found = [link for link in links if isinstance(link, dict)] if isinstance(links, list) else []
    urls = [link.get("url") for link in found if link.get("relation") == "next"]
    return [url for url in urls if isinstance(url, str)]


def has_next_page(content: Resource | None) -> bool:
    """True if a Bundle has, or may have, another page."""
    links = (content or {}).get("link", [])
    if not isinstance(links, list):
        return True
    return any(not isinstance(link, dict) or link.get("relation") == "next" for link in links)
