"""How long an address may be, and how many parameters it may have; longer ones are nobody's honest question."""

from flask import request
from werkzeug.exceptions import BadRequest, RequestURITooLarge

MAX_URL = 8_192
MAX_PARAMETERS = 100
MAX_HEADERS = 65_536


def require_short_address() -> None:
    """Refuses an address beyond the limits."""
    query = request.query_string
    if len(request.path.encode()) + 1 + len(query) > MAX_URL:
        raise RequestURITooLarge("The address is longer than this service reads. Ask for less at a time.")
    if query.count(b"&") >= MAX_PARAMETERS:
        raise BadRequest(f"There are more than {MAX_PARAMETERS} parameters. Ask for less at a time.")
