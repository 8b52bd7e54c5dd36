"""Answers of the FHIR interface: resources with their headers, outcomes, Bundles."""

from collections.abc import Mapping
from datetime import datetime

from flask import Response
from werkzeug.http import http_date

from service.fhir.encoding import encode
from service.fhir.reading import Resource
from service.web.negotiation import FHIR_JSON


def fhir(resource: Resource | None, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A resource as FHIR JSON, or an answer without content."""
    body = b"" if resource is None else encode(resource)
    return Response(body, status, headers, content_type=f"{FHIR_JSON}; charset=utf-8")


def version_headers(version: int, stored: datetime) -> dict[str, str]:
    """ETag and Last-Modified of a version."""
    return {"ETag": f'W/"{version}"', "Last-Modified": http_date(stored)}
