"""The FHIR interface.

https://hl7.org/fhir/R4/http.html
"""

from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from service import find, submit
from service.fhir.capability import PUBLISHED, STORED
from service.fhir.reading import load
from service.fhir.searchsets import as_answered, searchset
from service.web.answers import fhir, version_headers
from service.web.conditions import once
from service.web.negotiation import preferences, require_json_answer, require_json_body
from service.web.receipts import taken
from service.web.services import services

api = Blueprint("fhir", __name__, url_prefix="/fhir")
api.before_request(require_json_answer)


@api.get("/metadata")
def metadata() -> Response:
    """What this interface offers."""
    return fhir(services().capability)


@api.post("/QuestionnaireResponse")
def create() -> Response:
    """Takes a response in: https://hl7.org/fhir/R4/http.html#create"""
    require_json_body()
    body, own = request.get_data(), services()
    return taken(submit.submit(load(body), body, own.desk, own.store, own.now(), own.new_id, once()))


@api.get("/<type_name>/<id>")
def read(type_name: str, id: str) -> Response:
    """The current version of a resource: https://hl7.org/fhir/R4/http.html#read"""
    held = shelf(type_name).read(type_name, id)
    if held is None:
        raise NotFound
    return fhir(as_answered(held), headers=version_headers(held.version, held.stored))


@api.get("/<type_name>")
def search(type_name: str) -> Response:
    """A page of what a search finds: https://hl7.org/fhir/R4/http.html#search"""
    given = [(name, value) for name in request.args for value in request.args.getlist(name)]
    own = services()
    strict = preferences().get("handling") == "strict"
    wanted = find.understand(type_name, given, (*own.desk.bases, own.base), strict) if known(type_name) else None
    if wanted is None:
        raise NotFound
    page = shelf(type_name).search(wanted.query)
    links = [("self", link(type_name, wanted, wanted.query.after))]
    if page.next is not None:
        links.append(("next", link(type_name, wanted, page.next)))
    return fhir(searchset(page.found, page.total, own.base, links, wanted.ignored))


def link(type_name: str, wanted: find.Request, place: tuple[int, int] | None) -> str:
    """The address of a page, with the parameters really used."""
    parameters = [*wanted.used, ("_count", str(wanted.query.count))]
    if place is not None:
        parameters.append(("_page", find.place_text(place)))
    return f"{services().base}/{type_name}?{urlencode(parameters)}"


def known(type_name: str) -> bool:
    return type_name in STORED or type_name in PUBLISHED


def shelf(type_name: str) -> find.Store:
    """Where resources of a type are read and searched."""
    if type_name in STORED:
        return services().store
    if type_name in PUBLISHED:
        return services().library
    raise NotFound
