"""Operations that are not offered, or not at this level or with this method.

https://hl7.org/fhir/R4/operations.html
"""

from flask import Blueprint, Response, current_app
from werkzeug.exceptions import MethodNotAllowed

from service.web.errors import NotOffered
from service.web.fhir.http.negotiation import require_json_accepted
from service.web.fhir.http.routes import TYPE, register_converter
from service.web.offered_methods import METHODS, REFUSING, offered_methods

refusing = Blueprint(REFUSING, __name__, url_prefix="/fhir")
refusing.before_request(require_json_accepted)
refusing.record(register_converter)


@refusing.route("/$<name>", methods=METHODS, defaults={"type_name": "", "id": ""})
@refusing.route(f"/{TYPE}/$<name>", methods=METHODS, defaults={"id": ""})
@refusing.route(f"/{TYPE}/<id>/$<name>", methods=METHODS)
def refuse_operation(type_name: str, id: str, name: str) -> Response:
    """405 if the operation is offered with other methods, otherwise 404."""
    methods = offered_methods()
    if methods:
        raise MethodNotAllowed(valid_methods=methods)
    raise NotOffered("There is no such operation here. The CapabilityStatement lists the operations offered.")


@refusing.route("", methods=["OPTIONS"])
def list_base_methods() -> Response:
    """The methods at the base: POST for batch and transaction."""
    return current_app.make_default_options_response()
