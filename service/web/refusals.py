"""Operations that are not offered, or not in this way.

https://hl7.org/fhir/R4/operations.html
"""

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import MethodNotAllowed

from service.web.addresses import TYPE, register
from service.web.errors import NotOffered
from service.web.negotiation import require_json_answer

refusals = Blueprint("refusals", __name__, url_prefix="/fhir")
refusals.before_request(require_json_answer)
refusals.record(register)

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@refusals.route("/$<name>", methods=METHODS, defaults={"type_name": "", "id": ""})
@refusals.route(f"/{TYPE}/$<name>", methods=METHODS, defaults={"id": ""})
@refusals.route(f"/{TYPE}/<id>/$<name>", methods=METHODS)
def not_offered(type_name: str, id: str, name: str) -> Response:
    """No operation of this name at this level, or it wants to be posted to."""
    others = methods_of(f"/fhir/{type_name}/{'<id>/' if id else ''}${name}")
    if others:
        raise MethodNotAllowed(valid_methods=others)
    raise NotOffered("There is no such operation here. The CapabilityStatement lists those that are offered.")


def methods_of(rule: str) -> list[str]:
    """The methods that an offered operation takes."""
    same = [known.methods or set() for known in current_app.url_map.iter_rules() if known.rule == rule]
    return sorted(set().union(*same) - {"HEAD", "OPTIONS", request.method})


@refusals.route("", methods=["OPTIONS"])
@refusals.route("/", methods=["OPTIONS"])
def base() -> Response:
    """Nothing is offered at the base itself: no batch, no transaction, no search across types."""
    return current_app.make_default_options_response()
