"""Cross-origin requests of browsers, for exactly the origins that the settings list.

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from collections.abc import Callable, Collection

from flask import Flask, Response, request

from service.web.errors import is_fhir_address

EXPOSED_HEADERS = "ETag, Location, Last-Modified, Retry-After, X-Request-Id"
# `X-Medplum` is what @medplum/core adds to every request; a browser asks for it too.
REQUEST_HEADERS = (
    "Accept, Authorization, Content-Type, If-Match, If-None-Exist, If-None-Match, If-Modified-Since, "
    "If-Unmodified-Since, Idempotency-Key, Prefer, X-Medplum, X-Request-Id"
)
MAX_AGE_SECONDS = "600"


def register_cors(app: Flask, origins: Collection[str]) -> None:
    """Registers the function that adds the headers of CORS to the responses of the FHIR interface."""
    if origins:
        app.after_request(cors_headers(frozenset(origins)))


def cors_headers(origins: frozenset[str]) -> Callable[[Response], Response]:
    """A function that adds the headers to a response to one of these origins."""

    def add_headers(response: Response) -> Response:
        if not is_fhir_address():
            return response
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin in origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
            if is_preflight() and response.status_code == 200:
                allow_request(response)
        return response

    return add_headers


def is_preflight() -> bool:
    """True if a browser asks whether it may send a request."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def allow_request(response: Response) -> None:
    """Turns the response to OPTIONS into 204 with the methods and headers that a browser may send."""
    response.status_code = 204
    response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
    response.headers["Access-Control-Allow-Headers"] = REQUEST_HEADERS
    response.headers["Access-Control-Max-Age"] = MAX_AGE_SECONDS
