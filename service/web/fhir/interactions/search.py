"""The interaction `search`: by GET, or by POST, which keeps the parameters out of addresses.

https://hl7.org/fhir/R4/http.html#search
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from flask import Blueprint, Response, request

from service.fhir.search.bundles import BundleLink, searchset
from service.fhir.search.query import ResultPage
from service.fhir.search.request_parser import QueryParameters, parse_search
from service.issues import Issue
from service.usecases.included import find_included
from service.web.access.door import caller_key, granted_reader
from service.web.context import app_context
from service.web.fhir.http.negotiation import is_lenient, require_form_body, require_json_accepted
from service.web.fhir.http.paging import LINK_LIFETIME, PAGE, POSTED, PagedListing, unknown_page
from service.web.fhir.http.routes import TYPE, register_converter
from service.web.responses import fhir_response

SEARCH_NAME = re.compile(r"[\w\-]{1,64}", re.ASCII)

searching = Blueprint("searching", __name__, url_prefix="/fhir")
searching.before_request(require_json_accepted)
searching.record(register_converter)


@searching.get(f"/{TYPE}")
@searching.get(f"/{TYPE}/_search")
def search_by_get(type_name: str) -> Response:
    """A page of the resources that match; with `_posted`, a further page of a posted search."""
    parameters = list(request.args.items(multi=True))
    posted = request.args.get(POSTED)
    if posted is None:
        return search_response(type_name, parameters, None)
    return search_response(type_name, parameters_of_posted(type_name, posted, parameters), posted)


@searching.post(f"/{TYPE}/_search")
def search_by_post(type_name: str) -> Response:
    """A page of the resources that match. The parameters are in the form and in the address."""
    require_form_body()
    parameters = [*request.args.items(multi=True), *request.form.items(multi=True)]
    return search_response(type_name, parameters, "")


def parameters_of_posted(type_name: str, posted: str, parameters: QueryParameters) -> QueryParameters:
    """The parameters of a posted search, and `_page` and `_format` of this request. Raises Malformed if expired."""
    app = app_context()
    is_name = SEARCH_NAME.fullmatch(posted) is not None
    saved = app.posted_searches.find_search(posted, type_name, app.now(), caller_key()) if is_name else None
    if saved is None:
        raise unknown_page()
    return [*saved, *((name, text) for name, text in parameters if name in (PAGE, "_format"))]


def search_response(type_name: str, parameters: QueryParameters, posted: str | None) -> Response:
    """A page of results. ``posted`` is None for a search by GET, "" for a new posted search, otherwise its name."""
    app = app_context()
    criteria = [(name, text) for name, text in parameters if name not in (PAGE, POSTED)]
    asked = parse_search(type_name, criteria, app.bases, is_lenient())
    used = (*asked.used, ("_count", str(asked.query.count)))
    listing = PagedListing(f"{app.base}/{type_name}", used, dict(parameters).get(PAGE), caller_key())
    cursor = listing.read_cursor(app.page_key, app.now())
    page = granted_reader(type_name).search(replace(asked.query, after=cursor))
    links = [listing.self_link(), *next_links(type_name, listing, page, posted)]
    included = find_included(page.found, asked.includes, granted_reader)
    notes = [*asked.ignored, *edition_notes(type_name, asked.used)]
    return fhir_response(searchset(page, included, app.base, links, notes, asked.subset))


def edition_notes(type_name: str, parameters: QueryParameters) -> Iterator[Issue]:
    """Yields that a `url` of Questionnaire is that of an edition: its form is published by others, and taken."""
    catalogue = app_context().assessment_context.catalogue
    urls = [text for name, text in parameters if type_name == "Questionnaire" and name == "url"]
    for form in (catalogue.find(url) for text in urls for url in text.split(",")):
        if form is not None and form.edition is not None:
            text = f"{form.edition.url} is published by others and not served here. Responses to it are accepted, and "
            text += f"read as responses to {form.instrument.canonical}."
            yield Issue("informational", "Questionnaire.url", text, severity="information")


def next_links(type_name: str, listing: PagedListing, page: ResultPage, posted: str | None) -> list[BundleLink]:
    """The link to the next page if there is one. The parameters of a new posted search are saved for it."""
    app, now = app_context(), app_context().now()
    if page.next is None:
        return []
    if posted == "":
        posted = app.posted_searches.save_search(type_name, listing.used, now, now + LINK_LIFETIME, caller_key())
    return [listing.next_link(page.next, app.page_key, now, posted)]
