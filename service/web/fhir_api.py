"""The FHIR interface: what it offers, and taking responses in.

https://hl7.org/fhir/R4/http.html
"""

from flask import Blueprint, Response, request

from service import submit
from service.fhir.outcomes import outcome
from service.fhir.reading import load
from service.fhir.records import Held, Receipt
from service.fhir.searchsets import as_answered
from service.fhir.writing import with_full_urls
from service.screening.faults import Fault, Malformed
from service.web.answers import fhir, version_headers
from service.web.negotiation import preferences, require_json_answer, require_json_body
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
    refuse_condition()
    body, own = request.get_data(), services()
    receipt = submit.submit(load(body), body, own.desk, own.store, own.now(), own.new_id)
    return created(receipt)


def refuse_condition() -> None:
    """A condition that is not looked at would create what its sender has already."""
    if "If-None-Exist" in request.headers:
        text = "Conditional create is not offered. Send an identifier: the same one again creates nothing."
        raise Malformed([Fault("not-supported", "", text)])


def created(receipt: Receipt) -> Response:
    """201 for a new response, 200 for one that was taken before; the content as the client prefers."""
    location = f"{services().base}/QuestionnaireResponse/{receipt.id}/_history/{receipt.version}"
    headers = {"Location": location, **version_headers(receipt.version, receipt.stored)}
    wanted = preferences().get("return")
    held = Held(receipt.resource, receipt.version, receipt.stored)
    content = outcome(receipt.warnings) if wanted == "OperationOutcome" else as_answered(held)
    return fhir(None if wanted == "minimal" else content, 201 if receipt.created else 200, headers)


@api.post("/QuestionnaireResponse/$extract")
def extract() -> Response:
    """The Bundle that a response gives; nothing is written: https://hl7.org/fhir/uv/sdc/OperationDefinition/QuestionnaireResponse-extract"""
    require_json_body()
    own = services()
    bundle = submit.dry_run([load(request.get_data())], own.desk, own.now())
    return fhir(with_full_urls(bundle, own.desk.bases[0] if own.desk.bases else own.base))
