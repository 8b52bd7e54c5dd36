"""HTTP responses with FHIR content.

https://hl7.org/fhir/R4/http.html
"""

from collections.abc import Mapping
from datetime import datetime

from flask import Response
from werkzeug.http import http_date

from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource

FHIR_JSON = "application/fhir+json"


def fhir_response(resource: Resource | None, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A response with a resource as FHIR JSON, or without content."""
    body = b"" if resource is None else encode(resource)
    return Response(body, status, headers, content_type=f"{FHIR_JSON}; charset=utf-8")


def version_headers(version: int, stored: datetime) -> dict[str, str]:
    """ETag and Last-Modified of a version."""
    return {"ETag": f'W/"{version}"', "Last-Modified": http_date(stored)}
