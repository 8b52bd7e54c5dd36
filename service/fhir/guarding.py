"""Later versions on their way: what the FHIR server holds by now decides what is sent, and on which condition.

https://hl7.org/fhir/R4/http.html#concurrency
"""

from collections.abc import Mapping

from service.fhir.reading import Resource
from service.fhir.records import Answer, Entry, There


def guarded(entry: Entry) -> Resource:
    """The Bundle without what the server has in a newer version; the rest on condition that nobody changed it."""
    wanted = [part for part in entry.bundle["entry"] if is_due(part, entry)]
    return {**entry.bundle, "entry": [on_condition(part, entry.there) for part in wanted]}


def is_due(part: Resource, entry: Entry) -> bool:
    """Whether an entry still says something: a Task is sent once, and cancelled only where we know it stands."""
    url = part["request"]["url"]
    ours, there = entry.versions.get(url, 1), entry.there.get(url)
    if part["resource"]["resourceType"] == "Task":
        return ours == 1 if there is None else there.ours < ours and there.theirs is not None
    return there is None or there.ours <= ours


def on_condition(part: Resource, there: Mapping[str, There]) -> Resource:
    """The entry with the version of the server that it may replace, when we know that."""
    known = there.get(part["request"]["url"])
    if known is None or known.theirs is None:
        return part
    return {**part, "request": {**part["request"], "ifMatch": f'W/"{known.theirs}"'}}


def landed(bundle: Resource, answer: Answer, versions: Mapping[str, int]) -> dict[str, There]:
    """What the server holds after it took a Bundle."""
    results = (answer.bundle or {}).get("entry", ())
    urls = [part["request"]["url"] for part in bundle["entry"]]
    return {
        url: There(versions.get(url, 1), version_of(result.get("response", {})))
        for url, result in zip(urls, results, strict=False)
    }


def version_of(response: Resource) -> str | None:
    """The version in the answer to one entry: from its etag, else from its location."""
    etag, location = str(response.get("etag", "")), str(response.get("location", ""))
    if etag:
        return etag.removeprefix("W/").strip('"') or None
    return location.rpartition("/_history/")[2] if "/_history/" in location else None


def same_content(sent: Resource, found: Resource) -> bool:
    """Whether the server holds what was sent, apart from what it notes by itself."""
    return without_notes(sent) == without_notes(found)


def without_notes(resource: Resource) -> Resource:
    return {key: value for key, value in resource.items() if key not in ("meta", "text")}
