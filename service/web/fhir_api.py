"""The FHIR interface: what it offers, and taking responses in.

https://hl7.org/fhir/R4/http.html
"""

from flask import Blueprint, Response, request

from service import submit
from service.fhir.reading import load
from service.web.answers import fhir
from service.web.conditions import once
from service.web.negotiation import require_json_answer, require_json_body
from service.web.receipts import taken
from service.web.services import services

api = Blueprint("fhir", __name__, url_prefix="/fhir")
api.before_request(require_json_answer)


@api.get("/metadata")
def metadata() -> Response:
    """What this interface offers: https://hl7.org/fhir/R4/http.html#capabilities"""
    answer = fhir(services().capability)
    answer.add_etag(weak=True)
    answer.make_conditional(request.environ)
    return answer


@api.post("/QuestionnaireResponse")
def create() -> Response:
    """Takes a response in: https://hl7.org/fhir/R4/http.html#create"""
    require_json_body()
    body, own = request.get_data(), services()
    return taken(submit.submit(load(body), body, own.desk, own.store, own.now(), own.new_id, once()))
