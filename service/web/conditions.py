"""What makes a request that is sent again the same request: a key of the client, or a condition on what is stored.

https://hl7.org/fhir/R4/http.html#ccreate
https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
"""

import re
from urllib.parse import parse_qsl

from flask import request

from service import find
from service.fhir.records import Receipt
from service.screening.faults import Fault, Malformed, Outdated
from service.submit import Once
from service.web.services import services

KEY = re.compile(r'"?[\x21\x23-\x5b\x5d-\x7e]{1,255}"?')
TYPE = "QuestionnaireResponse"


def once() -> Once:
    """By what a resend of this request is known."""
    key, condition = request.headers.get("Idempotency-Key"), request.headers.get("If-None-Exist")
    if key is not None and not KEY.fullmatch(key):
        raise Malformed([Fault("value", "", "An Idempotency-Key has up to 255 visible characters.")])
    return Once(
        key=None if key is None else key.strip('"'),
        found=lambda: None if condition is None else found(condition),
    )


def found(condition: str) -> Receipt | None:
    """The one response that meets a condition. Raises Malformed for one that cannot be told, Outdated for many."""
    criteria = parse_qsl(condition.removeprefix("?"), keep_blank_values=True)
    if not criteria or any(not text or (name.startswith("_") and name != "_id") for name, text in criteria):
        raise Malformed([Fault("not-supported", "", "If-None-Exist names search parameters of the response.")])
    own = services()
    wanted = find.understand(TYPE, criteria, (*own.desk.bases, own.base), strict=True)
    page = own.store.search(wanted.query)
    if page.total > 1:
        text = "More than one response meets the condition. Nothing was created."
        raise Outdated([Fault("multiple-matches", "", text)])
    held = next(iter(page.found), None)
    return None if held is None else Receipt(held.resource["id"], held.version, held.stored, False, held.resource)
