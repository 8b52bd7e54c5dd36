"""Rate limits, and the address of whoever asks: https://www.rfc-editor.org/rfc/rfc6585#section-4"""

from flask import request

from service.issues import Forbidden, Issue, Throttled
from service.ports.access.rate_limits import LimitKind
from service.web.context import app_context


def require_within_limit(kind: LimitKind, name: str) -> None:
    """Counts this request. Raises Throttled if there were too many."""
    limits = app_context().limits
    seconds = None if limits is None else limits.count_request(kind, name)
    if seconds is not None:
        text = "There were too many requests. Send it again later."
        raise Throttled([Issue("throttled", "", text)], seconds)


def require_encrypted() -> None:
    """Raises Forbidden if a proxy says that the request came to it in clear: the token on it has been readable.

    There is no redirect: a client that is sent on would send its next token in clear too.
    """
    app = app_context()
    is_told = request.remote_addr in app.proxies and app.base.startswith("https://")
    if is_told and request.headers.get("X-Forwarded-Proto", "https").lower() != "https":
        text = "Requests must be sent by https. Replace the token that was sent with this one."
        raise Forbidden([Issue("security", "", text)])


def client_address() -> str:
    """The address that asks. Behind a proxy of the settings, the last one that the proxy names and that is no proxy.

    Whatever else sends the header X-Forwarded-For is not believed.
    """
    proxies = app_context().proxies
    address = request.remote_addr or "unknown"
    named = [text.strip() for text in request.headers.get("X-Forwarded-For", "").split(",") if text.strip()]
    while address in proxies and named:
        address = named.pop()
    return address
