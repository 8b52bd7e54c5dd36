"""Reading: the current version of a resource, one version of it, and its history.

https://hl7.org/fhir/R4/http.html#read
"""

import re

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from service import find
from service.fhir.capability import STORED
from service.fhir.histories import history_bundle
from service.fhir.records import Held, Query
from service.fhir.search_requests import RESULT_PARAMETERS, once, refuse, understand_history
from service.fhir.searchsets import as_answered
from service.fhir.subsetting import Subset, read_subset
from service.screening.faults import Fault
from service.web.addresses import TYPE, checked, register, shelf
from service.web.answers import fhir, version_headers
from service.web.errors import NotOffered
from service.web.negotiation import is_strict, require_json_answer
from service.web.paging import PAGE, Listing
from service.web.services import services

reading = Blueprint("reading", __name__, url_prefix="/fhir")
reading.before_request(require_json_answer)
reading.record(register)

VERSION = re.compile(r"[1-9]\d{0,8}", re.ASCII)


@reading.get(f"/{TYPE}/<id>")
def read(type_name: str, id: str) -> Response:
    """The current version: https://hl7.org/fhir/R4/http.html#read"""
    return version(type_name, shelf(type_name).read(type_name, checked(id)))


@reading.get(f"/{TYPE}/<id>/_history/<number>")
def vread(type_name: str, id: str, number: str) -> Response:
    """One version: https://hl7.org/fhir/R4/http.html#vread"""
    id, known = checked(id), VERSION.fullmatch(checked(number))
    return version(type_name, shelf(type_name).read(type_name, id, int(number)) if known else None)


def version(type_name: str, held: Held | None) -> Response:
    """A version or what is wanted of it; 304 without content to a client that has it already.

    What is published changes with the program and keeps its version number, so there only the time counts:
    https://hl7.org/fhir/R4/http.html#cread
    """
    wanted = subset(type_name)
    if held is None:
        raise NotFound
    answer = fhir(wanted.of(as_answered(held)), headers=version_headers(held.version, held.stored))
    if type_name in STORED or "If-None-Match" not in request.headers:
        answer.make_conditional(request.environ)
    return answer


def subset(type_name: str) -> Subset:
    """What a client wants to see of a resource. Raises Malformed."""
    faults: list[Fault] = []
    ignored: list[Fault] = []
    shaping = once(list(request.args.items(multi=True)), RESULT_PARAMETERS, faults)
    wanted = read_subset(type_name, shaping, faults, ignored)
    if wanted.summary == "count":
        faults.append(Fault("value", "http._summary", "_summary=count is for searches: one resource has no count."))
    refuse(faults, ignored, is_strict())
    return wanted


@reading.get(f"/{TYPE}/<id>/_history")
def history(type_name: str, id: str) -> Response:
    """Every version, the newest first: https://hl7.org/fhir/R4/http.html#history"""
    own = services()
    given = [(name, text) for name, text in request.args.items(multi=True) if name != PAGE]
    wanted = understand_history(type_name, given, is_strict())
    listing = Listing(f"{own.base}/{type_name}/{checked(id)}/_history", wanted.used, request.args.get(PAGE))
    query = Query(type_name, (), wanted.count, listing.place(own.page_key, own.now()))
    page = find.history(shelf(type_name), type_name, id, wanted.since, query)
    if page is None:
        raise NotFound
    links = [listing.link(), *([listing.next(page.next, own.page_key, own.now())] if page.next else [])]
    return fhir(history_bundle(page, own.base, links, wanted.subset))


@reading.get("/_history", defaults={"type_name": ""})
@reading.get(f"/{TYPE}/_history")
def wide_history(type_name: str) -> Response:
    """History beyond one resource is not offered."""
    raise NotOffered("History is offered for one resource: [type]/[id]/_history.")
