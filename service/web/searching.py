"""Searching: by address, or by a posted form that keeps what is searched for out of addresses.

https://hl7.org/fhir/R4/http.html#search
"""

import re
from dataclasses import replace

from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed

from service import find
from service.fhir.records import Page
from service.fhir.search_requests import Given
from service.fhir.searchsets import searchset
from service.web.addresses import TYPE, register, shelf
from service.web.answers import fhir
from service.web.negotiation import is_strict, require_form_body, require_json_answer
from service.web.paging import LIFE, PAGE, POSTED, Listing, unknown_page
from service.web.services import services

NAME = re.compile(r"[\w\-]{1,64}", re.ASCII)

searching = Blueprint("searching", __name__, url_prefix="/fhir")
searching.before_request(require_json_answer)
searching.record(register)


@searching.get(f"/{TYPE}")
def search(type_name: str) -> Response:
    """A page of what a search finds: https://hl7.org/fhir/R4/http.html#search"""
    given = list(request.args.items(multi=True))
    posted = request.args.get(POSTED)
    if posted is None:
        return found(type_name, given, None)
    return found(type_name, posted_before(type_name, posted, given), posted)


@searching.post(f"/{TYPE}/_search")
def search_by_post(type_name: str) -> Response:
    """The same with the parameters in a form; those in the address count too."""
    require_form_body()
    given = [*request.args.items(multi=True), *request.form.items(multi=True)]
    return found(type_name, given, "")


@searching.get(f"/{TYPE}/_search")
def search_by_get(type_name: str) -> Response:
    """This address takes a form alone."""
    raise MethodNotAllowed(valid_methods=["POST"])


def posted_before(type_name: str, posted: str, given: Given) -> Given:
    """What was posted, for a further page of it. Raises Malformed when it is not kept any more."""
    known = NAME.fullmatch(posted) is not None
    kept = services().searches.kept(posted, type_name, services().now()) if known else None
    if kept is None:
        raise unknown_page()
    return [*kept, *((name, text) for name, text in given if name in (PAGE, "_format"))]


def found(type_name: str, given: Given, posted: str | None) -> Response:
    """A page of results. ``posted`` names the kept search, is empty for a new one, None for one by address."""
    own = services()
    page_of = dict(given).get(PAGE)
    asked = [(name, text) for name, text in given if name not in (PAGE, POSTED)]
    wanted = find.understand(type_name, asked, (*own.desk.bases, own.base), is_strict())
    used = (*wanted.used, ("_count", str(wanted.query.count)))
    listing = Listing(f"{own.base}/{type_name}", used, page_of)
    place = listing.place(own.page_key, own.now())
    page = shelf(type_name).search(replace(wanted.query, after=place))
    links = [listing.link(), *next_link(type_name, listing, page, posted)]
    return fhir(searchset(page, own.base, links, wanted.ignored, wanted.subset))


def next_link(type_name: str, listing: Listing, page: Page, posted: str | None) -> list[tuple[str, str]]:
    """The link to the next page, if there is one; what was posted is kept for it, not written into it."""
    own, now = services(), services().now()
    if page.next is None:
        return []
    if posted == "":
        posted = own.searches.keep(type_name, listing.used, now, now + LIFE)
    return [listing.next(page.next, own.page_key, now, posted)]
