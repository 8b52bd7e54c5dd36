"""What the client sends and wants: media types, Prefer.

https://hl7.org/fhir/R4/http.html#mime-type
"""

from flask import request
from werkzeug.exceptions import NotAcceptable, UnsupportedMediaType
from werkzeug.http import parse_options_header

FHIR_JSON = "application/fhir+json"
JSON = (FHIR_JSON, "application/json", "text/json")
FORMATS = (*JSON, "json")


def require_json_body() -> None:
    """Refuses a body that is not FHIR JSON, or is compressed."""
    media_type, options = parse_options_header(request.headers.get("Content-Type", ""))
    charset = options.get("charset", "utf-8").lower()
    version = options.get("fhirversion", options.get("fhirVersion", "4.0"))
    if media_type not in JSON[:2] or charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("Send the resource as application/fhir+json in UTF-8.")
    if not version.startswith("4.0"):
        raise UnsupportedMediaType("This is a FHIR R4 service: fhirVersion=4.0.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body as it is, not compressed.")


def require_json_answer() -> None:
    """Refuses a request whose answer may not be FHIR JSON. ``_format`` counts before ``Accept``."""
    wanted = request.args.get("_format")
    if wanted is not None:
        # A plus sign in a query is a space once decoded.
        if wanted.split(";")[0].strip().replace(" ", "+") not in FORMATS:
            raise NotAcceptable("The only format here is JSON: _format=json.")
        return
    if request.headers.get("Accept") and not request.accept_mimetypes.best_match(JSON):
        raise NotAcceptable("The only format here is application/fhir+json.")


def preferences() -> dict[str, str]:
    """The preferences of the client by name."""
    parts = ",".join(request.headers.getlist("Prefer")).replace(";", ",").split(",")
    pairs = (part.strip().partition("=") for part in parts)
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs if value}
