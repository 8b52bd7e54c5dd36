"""Sets headers on every response, and logs one line per request without any of its content."""

import re
import time
import uuid

import structlog
from flask import Flask, Response, g, request

from service.web.context import WATCHING, app_context
from service.work import limit_wait, limit_work

log = structlog.get_logger()

CORRELATION_ID = re.compile(r"[A-Za-z0-9\-._]{1,64}")
# https://www.rfc-editor.org/rfc/rfc6797#section-6.1
TWO_YEARS = 63_072_000
# Everything but what the service says of itself may be about a patient, so no cache may store it.
CACHEABLE = (
    "capabilities.metadata",
    "capabilities.smart_configuration",
    "well_known.show_keys",
    "patient_form.show_asset",
)


def register_middleware(app: Flask) -> None:
    """Registers the functions that run before and after every request."""
    app.before_request(start_request)
    app.after_request(finish_request)
    app.teardown_request(release_limits)


def start_request() -> None:
    """Gives the request an id and a budget of work, and remembers when it started."""
    limit_work()
    limit_wait()
    g.request_id = str(uuid.uuid4())
    g.started = time.perf_counter()


def release_limits(problem: BaseException | None) -> None:
    """Ends the budget of the request, so that later work of this thread has none."""
    limit_work(None)
    limit_wait(None)


def finish_request(response: Response) -> Response:
    """The response with its ids and security headers. Logs route, status and duration."""
    response.headers["X-Request-Id"] = g.request_id
    sent = request.headers.get("X-Request-Id", "")
    if CORRELATION_ID.fullmatch(sent):
        response.headers["X-Correlation-Id"] = sent
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if app_context().base.startswith("https://"):
        response.headers["Strict-Transport-Security"] = f"max-age={TWO_YEARS}"
    if app_context().is_open:
        response.headers["X-Insecure-Dev-Mode"] = "1"
    is_read = request.method in ("GET", "HEAD") and response.status_code < 400
    if not is_read or request.endpoint not in CACHEABLE:
        response.headers["Cache-Control"] = "no-store"
    is_routine = request.endpoint in WATCHING and response.status_code == 200
    write = log.debug if is_routine else log.info
    write(
        "request_finished",
        request=g.request_id,
        method=request.method,
        route=str(request.url_rule or "none"),
        status=response.status_code,
        milliseconds=round((time.perf_counter() - g.started) * 1000, 1),
    )
    return response
