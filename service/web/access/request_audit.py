"""The end of each request at the door: what it did is in the audit trail before it is answered.

If the trail cannot be written, nothing is served.
"""

import re
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from service.issues import Forbidden, Unavailable
from service.usecases.access.audit import RequestAudit
from service.web.access.door import NEEDS, granted, type_of
from service.web.context import app_context
from service.web.errors import respond_to_unavailable

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)


def register_audit(app: Flask) -> None:
    """Registers the function that writes the audit trail, after those that only set headers."""
    app.after_request(finish_audit)


def finish_audit(response: Response) -> Response:
    """The response, once its AuditEvents are kept; 503 if they cannot be."""
    audit: RequestAudit | None = g.pop("audit", None)
    trail = app_context().audit
    if audit is None or trail is None:
        return response
    events = audit.events_at_end(response.status_code, granted_patient(), addressed(), sent_query())
    try:
        trail.append_events(events)
    except Unavailable as problem:
        return respond_to_unavailable(problem)
    return response


def granted_patient() -> str | None:
    """The patient whose data alone the caller may see; None without one, or if nothing was granted."""
    need = NEEDS.get(request.endpoint or "")
    if need is None or g.get("caller") is None:
        return None
    try:
        return granted(need.letter, type_of(need)).patient
    except Forbidden:
        return None


def addressed() -> str | None:
    """The reference to the resource in the address, such as "Observation/o-1"; None without one."""
    parts: dict[str, Any] = request.view_args or {}
    need = NEEDS.get(request.endpoint or "")
    id = parts.get("id")
    if need is None or not isinstance(id, str) or not ID.fullmatch(id):
        return None
    return f"{type_of(need)}/{id}"


def sent_query() -> str | None:
    """The parameters of a search as they were sent, in the address and in the body; None without a search.

    A token that was sent among them is not kept.
    """
    need = NEEDS.get(request.endpoint or "")
    if need is None or need.interaction != "search-type":
        return None
    texts = [request.query_string]
    try:
        texts += [request.get_data()] if request.method == "POST" else []
        names = {*request.args, *request.form}
    except RequestEntityTooLarge:
        # It was refused unread.
        names = {*request.args}
    return "" if "access_token" in names else "&".join(text.decode("utf-8", "replace") for text in texts if text)
