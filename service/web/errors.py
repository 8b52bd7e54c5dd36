"""Responses to failures: an OperationOutcome under /fhir, a plain sentence elsewhere, never a traceback."""

import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from service.fhir.r4.operation_outcome import outcome, status_of
from service.issues import (
    Forbidden,
    Issue,
    IssueType,
    NotAuthenticated,
    Rejected,
    Throttled,
    Unavailable,
    UnreadableStore,
)
from service.unreadable import unreadable_parts
from service.web.offered_methods import offered_methods
from service.web.responses import fhir_response

log = structlog.get_logger()

RETRY_AFTER_SECONDS = "5"
# FHIR issue type by HTTP status; for any other status it is not-supported.
CODES: dict[int, IssueType] = {400: "invalid", 404: "not-found", 413: "too-long", 414: "too-long"}

TEXTS = {
    404: "There is nothing at this address.",
    405: "This method is not offered here.",
    413: "The content is larger than this service accepts.",
}


class NotOffered(NotFound):
    """FHIR defines this address, and the service does not offer it. The description says so."""


class NotHere(NotFound):
    """What the content of a request names is not here. The description says so."""


def register_errors(app: Flask) -> None:
    """Registers a handler for every failure."""
    app.register_error_handler(Rejected, respond_to_rejected)
    app.register_error_handler(Unavailable, respond_to_unavailable)
    app.register_error_handler(UnreadableStore, respond_to_unreadable)
    app.register_error_handler(HTTPException, respond_to_http_exception)
    app.register_error_handler(Exception, respond_to_failure)


def is_fhir_address() -> bool:
    """True if the request is for the FHIR interface."""
    return request.path == "/fhir" or request.path.startswith("/fhir/")


def issue_response(issue: Issue, status: int, headers: dict[str, str] | None = None) -> Response:
    """A response with one issue: an OperationOutcome, or its text outside of the FHIR interface."""
    if is_fhir_address():
        return fhir_response(outcome([issue]), status, headers)
    return Response(f"{issue.text}\n", status, headers, content_type="text/plain; charset=utf-8")


def respond_to_rejected(problem: Rejected) -> Response:
    """400, 401, 403, 404, 412, 422 or 429 with every issue."""
    return fhir_response(outcome(problem.issues), status_of(problem), challenge(problem))


def challenge(problem: Rejected) -> dict[str, str]:
    """The header that tells a client which token it needs, or when to come again.

    https://www.rfc-editor.org/rfc/rfc6750#section-3
    """
    if isinstance(problem, Throttled):
        return {"Retry-After": str(problem.seconds)}
    if isinstance(problem, NotAuthenticated):
        error = "" if problem.error is None else f', error="{problem.error}"'
        return {"WWW-Authenticate": f'Bearer realm="sural"{error}'}
    if isinstance(problem, Forbidden):
        return {"WWW-Authenticate": 'Bearer realm="sural", error="insufficient_scope"'}
    return {}


def respond_to_unavailable(problem: Unavailable) -> Response:
    """503 with Retry-After: the database is unavailable, or other requests kept writing for the same patient."""
    log.error("service_unavailable", reason=str(problem), request=g.get("request_id"))
    issue = Issue("transient", "", "The service is unavailable now. Send the request again later.")
    return issue_response(issue, 503, {"Retry-After": RETRY_AFTER_SECONDS})


def respond_to_unreadable(problem: UnreadableStore) -> Response:
    """503 without Retry-After: what is stored must be mended first. The danger signs that were sent come first."""
    if not is_fhir_address():
        return issue_response(unreadable_issue(), 503)
    return fhir_response(outcome([*problem.signs, unreadable_issue()]), 503)


def unreadable_issue() -> Issue:
    """The issue that something stored cannot be read, which the operator is told too."""
    unreadable_parts.tell(request=g.get("request_id"))
    text = "The service cannot read a part of what it has stored, which this request needs. It has changed nothing. "
    text += f"Tell its operator, who must run: sural store check. The request is {g.get('request_id')}."
    return Issue("exception", "", text)


def respond_to_http_exception(problem: HTTPException) -> Response:
    """The status of Flask or Werkzeug, for example for an unknown address, method, media type or a large body."""
    headers = {"Allow": ", ".join(allowed_methods(problem))} if isinstance(problem, MethodNotAllowed) else {}
    return issue_response(issue_of(problem), problem.code or 500, headers)


def issue_of(problem: HTTPException) -> Issue:
    """The issue that explains a status of Flask or Werkzeug."""
    status = problem.code or 500
    is_explained = isinstance(problem, NotOffered | NotHere)
    text = str(problem.description) if is_explained else TEXTS.get(status) or str(problem.description)
    return Issue("not-supported" if isinstance(problem, NotOffered) else CODES.get(status, "not-supported"), "", text)


def allowed_methods(problem: MethodNotAllowed) -> list[str]:
    """The methods of the routes at this address, without those that only seem to be: `_search` is no id to update."""
    offered = offered_methods()
    return [method for method in problem.valid_methods or () if method in (*offered, "HEAD", "OPTIONS")]


def respond_to_failure(problem: Exception) -> Response:
    """500 with a fixed text."""
    return issue_response(failure_issue(problem), 500)


def failure_issue(problem: Exception) -> Issue:
    """The issue of a failure of ours. Its kind and line are logged, without any content of the request."""
    log.error("request_failed", kind=type(problem).__name__, line=failed_line(problem), request=g.get("request_id"))
    text = f"The service failed. Ask its operator for request {g.get('request_id')}."
    return Issue("exception", "", text)


def failed_line(problem: Exception) -> str:
    """File and line of the innermost call, such as "service/web/errors.py:80", without values."""
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "unknown" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
