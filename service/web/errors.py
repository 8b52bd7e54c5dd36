"""All failures in one place: an OperationOutcome under /fhir, a plain sentence elsewhere; never a trace."""

import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, NotFound

from service.fhir.outcomes import outcome, status_of
from service.screening.faults import Fault, Rejected, Unavailable
from service.web.answers import fhir

log = structlog.get_logger()

RETRY_SECONDS = "5"
CODES = {400: "invalid", 404: "not-found", 413: "too-long", 414: "too-long"}

TEXTS = {
    404: "There is nothing at this address.",
    405: "This method is not offered here.",
    413: "The content is larger than this service takes.",
}


class NotOffered(NotFound):
    """An address that FHIR knows and this service does not offer; the description says so."""


def register(app: Flask) -> None:
    """Answers every failure of the application."""
    app.register_error_handler(Rejected, rejected)
    app.register_error_handler(Unavailable, unavailable)
    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(Exception, failed)


def is_fhir() -> bool:
    return request.path == "/fhir" or request.path.startswith("/fhir/")


def answer(fault: Fault, status: int, headers: dict[str, str] | None = None) -> Response:
    """One fault, in the form of the place where it happened."""
    if is_fhir():
        return fhir(outcome([fault]), status, headers)
    return Response(f"{fault.text}\n", status, headers, content_type="text/plain; charset=utf-8")


def rejected(problem: Rejected) -> Response:
    """What was sent cannot be taken."""
    return fhir(outcome(problem.faults), status_of(problem))


def unavailable(problem: Unavailable) -> Response:
    """The database cannot be used now, or others kept writing to the same patient."""
    log.error("unavailable", reason=str(problem), request=g.get("request_id"))
    fault = Fault("transient", "", "The service cannot take this now. Send it again later.")
    return answer(fault, 503, {"Retry-After": RETRY_SECONDS})


def refused(problem: HTTPException) -> Response:
    """A refusal by the web layer: unknown address, method, media type, size."""
    status = problem.code or 500
    explained = isinstance(problem, NotOffered)
    text = str(problem.description) if explained else TEXTS.get(status) or str(problem.description)
    allowed = getattr(problem, "valid_methods", None)
    headers = {"Allow": ", ".join(allowed)} if allowed else {}
    code = "not-supported" if explained else CODES.get(status, "not-supported")
    return answer(Fault(code, "", text), status, headers)


def failed(problem: Exception) -> Response:
    """Our own fault: the caller gets a fixed sentence, the log the kind and place, neither any content."""
    log.error("failed", kind=type(problem).__name__, place=place_of(problem), request=g.get("request_id"))
    text = f"The service failed. Ask its operator for request {g.get('request_id')}."
    return answer(Fault("exception", "", text), 500)


def place_of(problem: Exception) -> str:
    """The innermost line of ours or of a library; without values, which may be a patient's."""
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "unknown" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
