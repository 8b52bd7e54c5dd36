"""The page at the root of the service."""

from flask import Blueprint, Response

from service.web.context import app_context

front_page = Blueprint("front_page", __name__)

TEXT = "Sural, a FHIR R4 questionnaire service.\nWhat it offers: /fhir/metadata\nIts forms: /fhir/Questionnaire\n"
TEXT += "The form of the patient: /forms\n"
OPEN_TEXT = "No access control: anybody who reaches this service may read and write everything.\n"


@front_page.get("/")
def show_front_page() -> Response:
    """A text that names the addresses to start from."""
    warning = OPEN_TEXT if app_context().is_open else ""
    return Response(TEXT + warning, content_type="text/plain; charset=utf-8")
