"""Media types, FHIR version and preferences in the headers of a request.

https://hl7.org/fhir/R4/http.html#mime-type
"""

from collections.abc import Mapping

from flask import request
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import NotAcceptable, UnsupportedMediaType
from werkzeug.http import parse_options_header

from service.web.responses import FHIR_JSON

JSON = (FHIR_JSON, "application/json", "text/json")
FORMATS = (*JSON, "json")
JSON_PATCH = "application/json-patch+json"
FORM = "application/x-www-form-urlencoded"
UTF_8 = ("utf-8", "utf8")
R4 = ("4.0", "4.0.0", "4.0.1")


def parse_media_type(text: str) -> tuple[str, Mapping[str, str]]:
    """A media type in lower case, because case means nothing in it, and its parameters by name in lower case."""
    media_type, options = parse_options_header(text)
    return media_type.lower(), options


def require_json_body() -> None:
    """Raises UnsupportedMediaType unless the body is FHIR R4 JSON in UTF-8, not compressed."""
    media_type, options = parse_media_type(request.headers.get("Content-Type", ""))
    if media_type not in JSON[:2] or options.get("charset", "utf-8").lower() not in UTF_8:
        raise UnsupportedMediaType("Content-Type must be application/fhir+json in UTF-8.")
    if not is_r4(options):
        raise UnsupportedMediaType("Content-Type: fhirVersion must be 4.0.")
    require_uncompressed_body()


def require_json_patch() -> None:
    """Raises UnsupportedMediaType unless the body is a JSON Patch in UTF-8, not compressed."""
    media_type, options = parse_media_type(request.headers.get("Content-Type", ""))
    if media_type != JSON_PATCH or options.get("charset", "utf-8").lower() not in UTF_8:
        raise UnsupportedMediaType(f"Content-Type of a patch must be {JSON_PATCH} in UTF-8.")
    require_uncompressed_body()


def require_form_body() -> None:
    """Raises UnsupportedMediaType unless the body is a form in UTF-8, not compressed."""
    media_type, options = parse_media_type(request.headers.get("Content-Type", ""))
    if media_type != FORM or options.get("charset", "utf-8").lower() not in UTF_8:
        raise UnsupportedMediaType(f"Content-Type of a posted search must be {FORM} in UTF-8.")
    require_uncompressed_body()


def require_uncompressed_body() -> None:
    """Raises UnsupportedMediaType if the body is compressed."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Content-Encoding must be identity: send the body without compression.")


def require_json_accepted() -> None:
    """Raises NotAcceptable unless the client accepts FHIR R4 JSON. `_format` has precedence over Accept."""
    # The form of a posted search may contain it too; other bodies are not read here.
    wanted = (request.values if request.mimetype == FORM else request.args).get("_format")
    if wanted:
        # Decoding turns a plus sign in a query into a space.
        media_type, options = parse_media_type(wanted.strip().replace(" ", "+", 1))
        if media_type not in FORMATS or not is_r4(options):
            raise NotAcceptable("_format must be json: the only format is JSON of FHIR R4.")
    elif request.headers.get("Accept") and not accepts_json():
        raise NotAcceptable("Accept must allow application/fhir+json with fhirVersion=4.0, the only format.")


def accepts_json() -> bool:
    """True if Accept allows JSON. Parameters of a media type are ignored, apart from fhirVersion."""
    accepted = ((parse_media_type(text), quality) for text, quality in request.accept_mimetypes)
    ranges = [(media_type, quality) for (media_type, options), quality in accepted if is_r4(options)]
    return MIMEAccept(ranges).best_match(JSON) is not None


def is_r4(options: Mapping[str, str]) -> bool:
    """True if the parameter fhirVersion of a media type is R4 or absent."""
    return options.get("fhirversion", R4[0]) in R4


def preferences() -> dict[str, str]:
    """The preferences in Prefer, such as {"return": "minimal", "handling": "strict"}."""
    parts = ",".join(request.headers.getlist("Prefer")).replace(";", ",").split(",")
    pairs = (part.strip().partition("=") for part in parts)
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs if value}


def is_lenient() -> bool:
    """True if the client prefers an ignored parameter to an error (Prefer: handling=lenient)."""
    return preferences().get("handling") == "lenient"
