"""What the client sends and wants: media types, FHIR version, Prefer.

https://hl7.org/fhir/R4/http.html#mime-type
"""

from collections.abc import Mapping

from flask import request
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import NotAcceptable, UnsupportedMediaType
from werkzeug.http import parse_options_header

FHIR_JSON = "application/fhir+json"
JSON = (FHIR_JSON, "application/json", "text/json")
FORMATS = (*JSON, "json")
FORM = "application/x-www-form-urlencoded"
UTF_8 = ("utf-8", "utf8")
R4 = ("4.0", "4.0.0", "4.0.1")


def require_json_body() -> None:
    """Refuses a body that is not FHIR JSON, or is compressed."""
    media_type, options = parse_options_header(request.headers.get("Content-Type", ""))
    if media_type not in JSON[:2] or options.get("charset", "utf-8").lower() not in UTF_8:
        raise UnsupportedMediaType("Send the resource as application/fhir+json in UTF-8.")
    if not is_r4(options):
        raise UnsupportedMediaType("This is a FHIR R4 service: fhirVersion=4.0.")
    refuse_compressed()


def require_form_body() -> None:
    """Refuses the body of a search that is not a form."""
    media_type, options = parse_options_header(request.headers.get("Content-Type", ""))
    if media_type != FORM or options.get("charset", "utf-8").lower() not in UTF_8:
        raise UnsupportedMediaType(f"Send the parameters of a search as {FORM} in UTF-8.")
    refuse_compressed()


def refuse_compressed() -> None:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body as it is, not compressed.")


def require_json_answer() -> None:
    """Refuses a request whose answer may not be FHIR JSON. ``_format`` counts before ``Accept``."""
    # The form of a posted search may hold it too; other bodies are not looked at here.
    wanted = (request.values if request.mimetype == FORM else request.args).get("_format")
    if wanted:
        # A plus sign in a query is a space once decoded.
        media_type, options = parse_options_header(wanted.strip().replace(" ", "+", 1))
        if media_type not in FORMATS or not is_r4(options):
            raise NotAcceptable("The only format here is JSON of FHIR R4: _format=json.")
    elif request.headers.get("Accept") and not accepts_json():
        raise NotAcceptable("The only format here is application/fhir+json of FHIR R4: fhirVersion=4.0.")


def accepts_json() -> bool:
    """Whether one of the media types asked for is JSON; parameters but the FHIR version do not matter."""
    asked = ((parse_options_header(text), quality) for text, quality in request.accept_mimetypes)
    ranges = [(media_type, quality) for (media_type, options), quality in asked if is_r4(options)]
    return MIMEAccept(ranges).best_match(JSON) is not None


def is_r4(options: Mapping[str, str]) -> bool:
    """Whether the FHIR version in the parameters of a media type is ours, or there is none."""
    return options.get("fhirversion", R4[0]) in R4


def preferences() -> dict[str, str]:
    """The preferences of the client by name."""
    parts = ",".join(request.headers.getlist("Prefer")).replace(";", ",").split(",")
    pairs = (part.strip().partition("=") for part in parts)
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs if value}


def is_strict() -> bool:
    """Whether the client wants a refusal rather than something left out."""
    return preferences().get("handling") == "strict"
