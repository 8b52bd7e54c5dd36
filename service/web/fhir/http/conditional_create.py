"""Headers that make a create safe to repeat: Idempotency-Key and If-None-Exist.

https://hl7.org/fhir/R4/http.html#ccreate
https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
"""

import re
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from flask import request

from service.fhir.search.query import SearchQuery
from service.fhir.search.request_parser import parse_search
from service.issues import Issue, Malformed
from service.usecases.responses.submit import ResendCondition
from service.web.access.door import caller_key
from service.web.context import app_context
from service.web.fhir.http.known_parameters import EVERYWHERE

KEY = re.compile(r'"?[\x21\x23-\x5b\x5d-\x7e]{1,255}"?')
TYPE = "QuestionnaireResponse"


def resend_condition() -> ResendCondition:
    """The Idempotency-Key and If-None-Exist of the request. Raises Malformed if one of them is not valid."""
    key, condition = request.headers.get("Idempotency-Key"), request.headers.get("If-None-Exist")
    return ResendCondition(
        key=None if key is None else parse_idempotency_key(key),
        query=None if condition is None else parse_if_none_exist(condition),
    )


def create_condition() -> ResendCondition:
    """The condition of a create, which may also have the criteria of If-None-Exist as parameters of its address.

    fhirpy sends them so. R4 does not define that, but a server that ignored them would create the response again.
    Raises Malformed if the criteria are not valid, or are in both places.
    """
    condition = resend_condition()
    criteria = [(name, text) for name, text in request.args.items(multi=True) if name not in EVERYWHERE]
    if not criteria:
        return condition
    if condition.query is not None:
        text = "The criteria must be in If-None-Exist or in the address, not in both."
        raise Malformed([Issue("invalid", "", text)])
    return replace(condition, query=parse_if_none_exist(urlencode(criteria)))


def parse_idempotency_key(text: str) -> str:
    """The key without its quotation marks. Raises Malformed if it is not 1 to 255 visible characters.

    With access control each caller has keys of its own: equal keys of two callers are two keys.
    """
    if not KEY.fullmatch(text):
        raise Malformed([Issue("value", "", "Idempotency-Key must have 1 to 255 visible ASCII characters.")])
    owner = caller_key()
    return f"{owner} {text.strip(chr(34))}" if owner else text.strip('"')


def parse_if_none_exist(text: str) -> SearchQuery:
    """The query in If-None-Exist, such as "identifier=http://ehr.example|7".

    It may begin with "?", with the type, or with our own address of the type. Raises Malformed if it is empty, or has
    a parameter that is unknown or that does not select responses.
    """
    criteria = parse_qsl(without_address(text), keep_blank_values=True)
    if not criteria or any(not value or (name.startswith("_") and name != "_id") for name, value in criteria):
        text = "If-None-Exist must contain search parameters of QuestionnaireResponse, each with a value."
        raise Malformed([Issue("not-supported", "", text)])
    return replace(parse_search(TYPE, criteria, app_context().bases).query, total="none")


def without_address(text: str) -> str:
    """The criteria without "?" and the address before it, which must be that of the type. Raises Malformed if not."""
    address, mark, criteria = text.strip().partition("?")
    if not mark:
        return address
    base = f"{app_context().base}/"
    if address.removeprefix(base).strip("/") not in ("", TYPE):
        text = "If-None-Exist must be about QuestionnaireResponse of this service, if it has an address before `?`."
        raise Malformed([Issue("not-supported", "", text)])
    return criteria
