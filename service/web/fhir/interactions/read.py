"""The interactions `read`, `vread` and `history`.

https://hl7.org/fhir/R4/http.html#read
"""

import re

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from service.fhir.interactions import STORED
from service.fhir.r4.types import StoredResource
from service.fhir.search.bundles import add_version_meta, history_bundle
from service.fhir.search.request_parser import RESULT_PARAMETERS, parse_history, raise_if_refused, single_values
from service.fhir.search.subset import Subset, read_subset
from service.issues import Issue
from service.ports.resources import VersionQuery
from service.web.access.door import caller_key, granted_reader
from service.web.context import app_context
from service.web.errors import NotOffered
from service.web.fhir.http.known_parameters import require_known_parameters
from service.web.fhir.http.negotiation import is_lenient, require_json_accepted
from service.web.fhir.http.paging import PAGE, PagedListing
from service.web.fhir.http.routes import TYPE, checked_id, register_converter
from service.web.responses import fhir_response, version_headers

reading = Blueprint("reading", __name__, url_prefix="/fhir")
reading.before_request(require_json_accepted)
reading.record(register_converter)

VERSION = re.compile(r"[1-9]\d{0,8}", re.ASCII)


@reading.get(f"/{TYPE}/<id>")
def read(type_name: str, id: str) -> Response:
    """The current version of a resource."""
    return version_response(type_name, granted_reader(type_name).read(type_name, checked_id(id)))


@reading.get(f"/{TYPE}/<id>/_history/<number>")
def vread(type_name: str, id: str, number: str) -> Response:
    """One version of a resource: https://hl7.org/fhir/R4/http.html#vread"""
    checked_id(id)
    is_number = VERSION.fullmatch(checked_id(number))
    return version_response(
        type_name, granted_reader(type_name).read(type_name, id, int(number)) if is_number else None
    )


def version_response(type_name: str, stored: StoredResource | None) -> Response:
    """A version, or the subset of it that the client asks for; 304 if the client has it.

    Published resources ignore If-None-Match: their content changes with each release while versionId stays 1.
    https://hl7.org/fhir/R4/http.html#cread
    """
    require_known_parameters("_summary", "_elements")
    subset = requested_subset(type_name)
    if stored is None:
        raise NotFound
    response = fhir_response(
        subset.apply(add_version_meta(stored)), headers=version_headers(stored.version, stored.stored)
    )
    if type_name in STORED or "If-None-Match" not in request.headers:
        response.make_conditional(request.environ)
    return response


def requested_subset(type_name: str) -> Subset:
    """The subset in `_summary` or `_elements`. Raises Malformed with every issue of the parameters."""
    issues: list[Issue] = []
    ignored: list[Issue] = []
    values = single_values(list(request.args.items(multi=True)), RESULT_PARAMETERS, issues)
    subset = read_subset(type_name, values, issues, ignored)
    if subset.summary == "count":
        text = "_summary must not be count when one resource is read: only a search has a count."
        issues.append(Issue("value", "http._summary", text))
    raise_if_refused(issues, ignored, is_lenient())
    return subset


@reading.get(f"/{TYPE}/<id>/_history")
def history(type_name: str, id: str) -> Response:
    """A page of the versions of a resource, the newest first: https://hl7.org/fhir/R4/http.html#history"""
    app = app_context()
    parameters = [(name, text) for name, text in request.args.items(multi=True) if name != PAGE]
    asked = parse_history(type_name, parameters, is_lenient())
    listing = PagedListing(
        f"{app.base}/{type_name}/{checked_id(id)}/_history", asked.used, request.args.get(PAGE), caller_key()
    )
    cursor = listing.read_cursor(app.page_key, app.now())
    page = granted_reader(type_name).read_versions(VersionQuery(type_name, id, asked.count, asked.since, cursor))
    if page is None:
        raise NotFound
    next_links = [listing.next_link(page.next, app.page_key, app.now())] if page.next else []
    return fhir_response(history_bundle(page, app.base, [listing.self_link(), *next_links], asked.subset))


@reading.get("/_history", defaults={"type_name": ""})
@reading.get(f"/{TYPE}/_history")
def type_history(type_name: str) -> Response:
    """404: the history of a type or of the whole system is not offered."""
    raise NotOffered("History is offered for one resource: [type]/[id]/_history.")
