"""Headers on every answer, and one log line per request that holds nothing of it."""

import re
import time
import uuid

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger()


def register(app: Flask) -> None:
    """Hooks in before and after every request."""
    app.before_request(start)
    app.after_request(finish)


def start() -> None:
    g.request_id = str(uuid.uuid4())
    g.started = time.perf_counter()


def finish(response: Response) -> Response:
    """Security headers, ids of the request, and the log line: route, status, duration."""
    response.headers["X-Request-Id"] = g.request_id
    sent = request.headers.get("X-Request-Id", "")
    if re.fullmatch(r"[A-Za-z0-9\-._]{1,64}", sent):
        response.headers["X-Correlation-Id"] = sent
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Insecure-Dev-Mode"] = "1"
    if request.endpoint != "fhir.metadata":
        response.headers["Cache-Control"] = "no-store"
    log.info(
        "request",
        request=g.request_id,
        method=request.method,
        route=str(request.url_rule or "none"),
        status=response.status_code,
        milliseconds=round((time.perf_counter() - g.started) * 1000, 1),
    )
    return response
