"""Two addresses for whoever runs the service: does the process answer, and could it store a submission now?

They are outside of the FHIR interface, tell nothing about a patient, and are answered however many requests wait.
"""

import structlog
from flask import Blueprint, Response

from service.fhir.r4.strict_json import encode
from service.issues import Unavailable
from service.web.context import app_context
from service.web.errors import RETRY_AFTER_SECONDS
from service.work import limit_wait

# Shorter than a request may wait: whoever asks, asks again soon.
READY_SECONDS = 1.0

health = Blueprint("health", __name__, url_prefix="/health")
log = structlog.get_logger()


@health.get("/live")
def show_live() -> Response:
    """200: the process answers. It touches nothing else, so a failing database does not restart the service."""
    return json_response({"status": "live"}, 200)


@health.get("/ready")
def show_ready() -> Response:
    """200 if a submission could be stored now, otherwise 503 with the reason."""
    limit_wait(READY_SECONDS)
    try:
        app_context().require_ready()
    except Unavailable as problem:
        log.warning("service_not_ready", reason=str(problem))
        response = json_response({"status": "not ready", "reason": str(problem)}, 503)
        response.headers["Retry-After"] = RETRY_AFTER_SECONDS
        return response
    return json_response({"status": "ready"}, 200)


def json_response(content: dict[str, str], status: int) -> Response:
    """A response with a small JSON object."""
    return Response(encode(content), status, content_type="application/json")
