"""Our public keys, by which an authorization server knows us: https://www.rfc-editor.org/rfc/rfc7517#section-5"""

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from service.fhir.r4.strict_json import encode
from service.web.context import app_context

well_known = Blueprint("well_known", __name__, url_prefix="/.well-known")
# As long as an authorization server may take to see a new key.
CACHED = "public, max-age=3600"


@well_known.get("/jwks.json")
def show_keys() -> Response:
    """200 with the public parts of all our keys. Raises NotFound if we have none."""
    keys = app_context().public_keys
    if keys is None:
        raise NotFound
    return Response(encode(keys), content_type="application/json", headers={"Cache-Control": CACHED})
