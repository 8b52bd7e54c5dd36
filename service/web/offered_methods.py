"""The methods with which the address of a request is offered, for the header Allow.

https://www.rfc-editor.org/rfc/rfc9110#name-allow
"""

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# The blueprint whose routes refuse what is not offered.
REFUSING = "refusing"
# The ids in an address never begin with these, so `_search` and `$validate` are no ids.
NOT_AN_ID = ("_", "$")


class MethodNamingFlask(Flask):
    """Flask, with a response to OPTIONS that names the methods that are offered at the address, and no others."""

    def make_default_options_response(self) -> Response:
        """200 with Allow."""
        methods = offered_methods()
        head = ["HEAD"] if "GET" in methods else []
        return Response(headers={"Allow": ", ".join([*methods, *head, "OPTIONS"])})


def offered_methods() -> list[str]:
    """The methods with which the address of the request is offered, without HEAD and OPTIONS."""
    adapter = current_app.create_url_adapter(request)
    return [] if adapter is None else [method for method in METHODS if offers_method(adapter, method)]


def offers_method(adapter: MapAdapter, method: str) -> bool:
    """True if the address of the request has a route for this method that does not refuse it."""
    try:
        rule, parts = adapter.match(method=method, return_rule=True)
    except (HTTPException, RequestRedirect):
        return False
    return not str(rule.endpoint).startswith(f"{REFUSING}.") and not str(parts.get("id", "")).startswith(NOT_AN_ID)
