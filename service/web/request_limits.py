"""The limits of an address and of a posted search: length and number of parameters."""

import re

from flask import request
from werkzeug.exceptions import BadRequest, RequestURITooLarge

MAX_URL = 8_192
MAX_PARAMETERS = 100
MAX_HEADERS = 65_536
HOST = re.compile(r"(?:[A-Za-z0-9\-._]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?", re.ASCII)
FORM = "application/x-www-form-urlencoded"


def require_valid_host() -> None:
    """Raises BadRequest if `Host` is missing, repeated or malformed: https://www.rfc-editor.org/rfc/rfc9112#section-3.2"""
    host = request.environ.get("HTTP_HOST")
    if host is None and request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0":
        return
    if host is None or not HOST.fullmatch(host):
        raise BadRequest("Host must be sent once: the name or address of this service, with or without a port.")


def require_few_parameters(query: bytes) -> None:
    """Raises BadRequest if a query, or the form of a posted search, has too many parameters."""
    if query.count(b"&") >= MAX_PARAMETERS:
        raise BadRequest(f"There must be at most {MAX_PARAMETERS} parameters. Ask for less at a time.")


def require_short_request() -> None:
    """Raises RequestURITooLarge or BadRequest if the address, or the form of a posted search, exceeds a limit."""
    query = request.query_string
    if len(request.path.encode()) + 1 + len(query) > MAX_URL:
        raise RequestURITooLarge(f"The address must have at most {MAX_URL} bytes. Ask for less at a time.")
    require_few_parameters(query)
    if request.mimetype == FORM:
        require_few_parameters(request.get_data())
