"""The session of a browser: its cookie, and the key that a form must send back.

https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import hmac
from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, redirect, request, url_for
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as BaseResponse

from service.ports.form_visits import FormVisit
from service.usecases.forms.opening import SESSION_TIME, find_opened_visit
from service.web.context import app_context

# The prefix makes the browser refuse a cookie that another host of the domain set. It needs https.
SECURE_COOKIE = "__Host-sural-form"
PLAIN_COOKIE = "sural-form"


class NoVisit(Exception):
    """The browser has no session, or its time has passed."""


class OtherVisit(Exception):
    """The page belongs to another visit, or to a session that has ended."""


def cookie_name() -> str:
    """The name of the cookie: the demo on loopback has no https."""
    return SECURE_COOKIE if is_https() else PLAIN_COOKIE


def is_https() -> bool:
    """True if patients reach the service by https."""
    return request.is_secure or app_context().base.startswith("https://")


def set_session(response: BaseResponse, secret: str) -> BaseResponse:
    """The response with the cookie of the session."""
    seconds = int(SESSION_TIME.total_seconds())
    response.set_cookie(
        cookie_name(), secret, max_age=seconds, path="/", secure=is_https(), httponly=True, samesite="Lax"
    )
    return response


def end_session_cookie(response: BaseResponse) -> BaseResponse:
    """The response that removes the cookie."""
    response.delete_cookie(cookie_name(), path="/", secure=is_https(), httponly=True, samesite="Lax")
    return response


def session_secret() -> str:
    """The secret in the cookie, or an empty text."""
    return request.cookies.get(cookie_name(), "")


def opened_visit() -> FormVisit:
    """The visit of the browser. Raises NoVisit without one."""
    visit = find_opened_visit(session_secret(), app_context().forms)
    if visit is None:
        raise NoVisit
    # A page that tells of a failure is in this language too.
    g.visit_language = visit.session.language
    return visit


def form_key(visit: FormVisit) -> str:
    """The key that a form of this visit sends back. It is bound to the session and to the visit."""
    text = f"form/{session_secret()}/{visit.id}"
    return hmac.new(app_context().page_key, text.encode(), "sha256").hexdigest()


def require_form_key(visit: FormVisit) -> None:
    """Raises OtherVisit unless the form that was sent is one of this visit, in this browser."""
    require_same_origin()
    if not hmac.compare_digest(request.form.get("key", ""), form_key(visit)):
        raise OtherVisit


def require_same_origin() -> None:
    """Raises Forbidden if the browser says that another site sent the form."""
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if site not in (None, "same-origin", "none"):
        raise Forbidden("The form must be sent from its own page.")
    if site is None and origin is not None and urlsplit(origin).netloc != request.host:
        raise Forbidden("The form must be sent from its own page.")


def go_to(endpoint: str, **values: Any) -> Response:
    """A redirect to a page, which the browser loads with GET."""
    response = redirect(url_for(f"patient_form.{endpoint}", **values), 303)
    assert isinstance(response, Response)  # noqa: S101 for the type checker: Flask's own class
    return response
