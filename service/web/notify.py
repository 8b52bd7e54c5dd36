"""/notify: the FHIR server tells here that responses on it are new or changed.

Only ids are used: the worker reads each response from the FHIR server itself. So a notification that is repeated, late
or forged changes no content.
https://hl7.org/fhir/R4/subscription.html
"""

import hmac
from collections.abc import Callable

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import NotFound

from service.fhir.r4.strict_json import load
from service.fhir.subscriptions.notification import read_notification
from service.issues import Issue, Malformed, Unavailable
from service.ports.pulling.notices import TooManyNotices
from service.usecases.pulling.notify import receive_notification, response_ids
from service.web.context import NotificationContext, app_context

SCHEME = "Bearer "

notify = Blueprint("notify", __name__, url_prefix="/notify")


@notify.before_request
def require_secret() -> Response | None:
    """401 without the secret. Raises NotFound if no notifications are received here."""
    context = app_context().notifications
    if context is None:
        raise NotFound
    sent = request.headers.get("Authorization", "")
    is_sent = sent.startswith(SCHEME) and hmac.compare_digest(
        sent.removeprefix(SCHEME).encode(), context.secret.encode()
    )
    if not is_sent:
        text = "Authorization must be Bearer with the secret of this address.\n"
        return Response(text, 401, {"WWW-Authenticate": "Bearer"}, content_type="text/plain; charset=utf-8")
    g.notifications = context
    return None


@notify.put("/QuestionnaireResponse/<id>")
def receive_response(id: str) -> Response:
    """200: the response is noticed. Its content and If-Match, the version of the FHIR server, are not read."""
    context: NotificationContext = g.notifications
    ids = response_ids([f"QuestionnaireResponse/{id}"], context.source)
    if not ids:
        raise Malformed([Issue("value", "", "The id in the address must be one of a FHIR resource.")])
    save_or_refuse(lambda: context.notices.save_notices(ids, app_context().now()))
    return Response(status=200)


@notify.post("")
def receive_notification_bundle() -> Response:
    """200: the responses that a notification names are noticed. An empty body says only that something has changed."""
    context: NotificationContext = g.notifications
    body, now = request.get_data(), app_context().now()
    if not body:
        context.notices.search_now(context.source, now)
        return Response(status=200)
    notification = read_notification(load(body))
    save_or_refuse(lambda: receive_notification(notification, context.source, context.notices, now))
    return Response(status=200)


def save_or_refuse(save: Callable[[], None]) -> None:
    """Saves notices. Raises Unavailable if too many wait: the search for changes finds these responses."""
    try:
        save()
    except TooManyNotices:
        raise Unavailable("too many responses wait to be picked up") from None
