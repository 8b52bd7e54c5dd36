"""The requests in a batch or transaction Bundle: which of them are supported, and what they ask for.

https://hl7.org/fhir/R4/http.html#transaction
"""

import re
from collections.abc import Iterator

from flask import request

from service.fhir.r4.bundle_entries import BundleEntry
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.fhir.search.query import SearchQuery
from service.issues import Issue, Malformed
from service.usecases.responses.if_match import Precondition
from service.usecases.responses.submit import ResendCondition
from service.usecases.responses.transaction import EntryRequest
from service.web.context import app_context
from service.web.fhir.http.conditional_create import parse_idempotency_key, parse_if_none_exist
from service.web.fhir.http.if_match import parse_entity_tags
from service.web.fhir.http.routes import ID

TYPE = "QuestionnaireResponse"
RESPONSE = re.compile(rf"{TYPE}/({ID.pattern})", re.ASCII)
# The elements of Bundle.entry.request that are not headers of a create or update.
IGNORED_HEADERS = ("ifNoneMatch", "ifModifiedSince")


def entry_request(entry: BundleEntry) -> EntryRequest:
    """The create or update that an entry asks for. Raises Malformed with every issue if it asks for another thing."""
    issues = list(entry_issues(entry))
    if issues or entry.resource is None:
        raise Malformed(issues)
    method, url = entry.request["method"], local_url(entry)
    return EntryRequest(
        index=entry.index,
        resource=entry.resource,
        body=encode(entry.resource),
        full_url=entry.full_url,
        resend=ResendCondition(idempotency_key(entry), if_none_exist(entry)),
        id=url.removeprefix(f"{TYPE}/") if method == "PUT" else None,
        condition=Precondition(
            parse_entity_tags(entry.request.get("ifMatch"), "If-Match", f"{entry.path}.request.ifMatch")
        ),
    )


def local_url(entry: BundleEntry) -> str:
    """The address of the request, relative to the base."""
    return str(entry.request.get("url", "")).removeprefix(f"{app_context().base}/").strip("/")


def entry_issues(entry: BundleEntry) -> Iterator[Issue]:
    """An issue for each part of an entry that is missing or not supported."""
    method, url = entry.request.get("method"), local_url(entry)
    supported = f"POST {TYPE}, or PUT {TYPE}/[id]"
    if not entry.request:
        yield Issue("required", f"{entry.path}.request", f"`request` is missing. Add {supported}.")
        return
    if (method, url) != ("POST", TYPE) and not (method == "PUT" and RESPONSE.fullmatch(url)):
        yield Issue("not-supported", f"{entry.path}.request", f"`request` must be {supported}. Leave this entry out.")
    for name in IGNORED_HEADERS:
        if name in entry.request:
            text = f"`{name}` is not supported here. Leave it out."
            yield Issue("not-supported", f"{entry.path}.request.{name}", text)
    if method == "PUT" and "ifNoneExist" in entry.request:
        text = "`ifNoneExist` belongs to POST. Leave it out, or send POST."
        yield Issue("not-supported", f"{entry.path}.request.ifNoneExist", text)
    if entry.resource is None:
        yield Issue("required", f"{entry.path}.resource", f"`resource` is missing. Add the {TYPE}.")
    elif method == "PUT" and RESPONSE.fullmatch(url):
        yield from id_issues(entry.resource, url.removeprefix(f"{TYPE}/"), f"{entry.path}.resource.id")


def id_issues(resource: Resource, id: str, path: str) -> Iterator[Issue]:
    """An issue if `id` is not the one in the address, or has digits only, which other FHIR servers refuse."""
    if resource.get("id") != id:
        yield Issue("invalid", path, "`id` must be the same as the id in the address.")
    elif id.isdigit():
        yield Issue("value", path, "`id` must have at least one character that is not a digit.")


def if_none_exist(entry: BundleEntry) -> SearchQuery | None:
    """The query in `ifNoneExist`. Raises Malformed, with the place in the Bundle, if it is not supported."""
    if "ifNoneExist" not in entry.request:
        return None
    try:
        return parse_if_none_exist(entry.request["ifNoneExist"])
    except Malformed as problem:
        path = f"{entry.path}.request.ifNoneExist"
        raise Malformed([Issue(issue.code, path, issue.text) for issue in problem.issues]) from None


def idempotency_key(entry: BundleEntry) -> str | None:
    """The Idempotency-Key of the request with the place of the entry: each entry has a key of its own."""
    key = request.headers.get("Idempotency-Key")
    return None if key is None else f"{parse_idempotency_key(key)}#{entry.index}"
