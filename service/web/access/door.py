"""The door of the FHIR interface. Every request passes: who asks, what the one decision grants, which store that shows.

https://www.rfc-editor.org/rfc/rfc6750
"""

import re
from itertools import count
from typing import NamedTuple

import structlog
from flask import Flask, g, request

from service.fhir.interactions import STORED
from service.issues import Forbidden, Issue, NotAuthenticated
from service.ports.access.audit import Access, Actor
from service.ports.access.tokens import BadToken
from service.ports.resources import ResourceReader
from service.ports.submissions import SubmissionStore
from service.usecases.access.audit import NotedReader, RequestAudit
from service.usecases.access.caller import Caller, Grant, decide
from service.usecases.access.identify import identify_caller
from service.web.access.limits import client_address, require_encrypted, require_within_limit
from service.web.context import app_context
from service.web.errors import is_fhir_address

log = structlog.get_logger()

MAX_TOKEN = 8_192
TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*", re.ASCII)
# The letters of read and search. A route that writes may read what it refers to if the caller may read it.
READING = ("r", "s")
RESPONSE, FORM, TASK = "QuestionnaireResponse", "Questionnaire", "Task"


class Need(NamedTuple):
    """What a route does: the letter of SMART for its interaction, the type (None for the type in the address), and the
    interaction as the audit trail names it."""

    letter: str
    type_name: str | None = None
    interaction: str = "operation"


# A route of the FHIR interface that is in none of these is refused.
NEEDS = {
    "creating.create": Need("c", RESPONSE, "create"),
    "creating.create_task": Need("c", TASK, "create"),
    "updating.update_task": Need("u", TASK, "update"),
    "updating.update": Need("u", RESPONSE, "update"),
    "updating.patch": Need("u", RESPONSE, "patch"),
    "reading.read": Need("r", None, "read"),
    "reading.vread": Need("r", None, "vread"),
    "reading.history": Need("r", None, "history-instance"),
    "searching.search_by_get": Need("s", None, "search-type"),
    "searching.search_by_post": Need("s", None, "search-type"),
    "validating.validate_sent": Need("c", RESPONSE),
    "validating.validate_stored_response": Need("r", RESPONSE),
    "validating.validate_form": Need("r", FORM),
    "validating.validate_published_form": Need("r", FORM),
    "operating.extract_sent": Need("c", RESPONSE),
    "operating.extract_stored": Need("r", RESPONSE),
    "operating.process_response": Need("c", RESPONSE),
    "operating.process_response_to": Need("c", RESPONSE),
    "populating.populate_named_form": Need("r", FORM),
    "populating.populate_published_form": Need("r", FORM),
}
# What a client reads before it has a token. Nothing there is about a patient.
WITHOUT_TOKEN = ("capabilities.metadata", "capabilities.smart_configuration")
# A token, and no right: a Bundle is decided entry by entry, the others only say that there is nothing.
ENTRY_BY_ENTRY = ("bundling.receive_bundle",)
WITH_TOKEN = (
    *ENTRY_BY_ENTRY,
    "reading.type_history",
    "refusing.refuse_operation",
    "refusing.list_base_methods",
)


def register_access(app: Flask) -> None:
    """Registers the door."""
    app.before_request(pass_door)


def passes_door() -> bool:
    """True if the request is an access: without access control none is, nor is what the service says of itself."""
    is_told = request.endpoint in WITHOUT_TOKEN or request.method == "OPTIONS"
    return app_context().prover is not None and not is_told and is_fhir_address()


def pass_door() -> None:
    """Finds out who asks, and decides. Raises NotAuthenticated or Forbidden. Without access control all may pass."""
    if not passes_door():
        return
    require_encrypted()
    require_within_limit("address", client_address())
    g.caller = authenticate()
    require_within_limit("client", f"{g.caller.issuer} {g.caller.client}")
    need = NEEDS.get(request.endpoint or "")
    if need is not None:
        granted(need.letter, type_of(need))
    elif request.endpoint not in (None, *WITH_TOKEN):
        raise Forbidden([Issue("forbidden", "", "This address is not for clients with a token.")])


def authenticate() -> Caller:
    """The caller that the token of the request names. Raises NotAuthenticated."""
    app = app_context()
    try:
        return identify_caller(app.prover.prove(sent_token()), app.now(), app.bases)  # type: ignore[union-attr]
    except BadToken as problem:
        log.info("token_refused", reason=str(problem), request=g.request_id)
        text = "The access token is not valid here, or no longer. Get a new one."
        raise NotAuthenticated([Issue("login", "", text)], "invalid_token") from None


def sent_token() -> str:
    """The token in Authorization. Raises NotAuthenticated without one, BadToken if it cannot be one."""
    if "access_token" in request.args:
        raise BadToken("it is in the address")
    header = request.headers.get("Authorization")
    if header is None:
        text = "An access token is needed. Send it as Authorization: Bearer."
        raise NotAuthenticated([Issue("login", "", text)])
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or len(token) > MAX_TOKEN or not TOKEN.fullmatch(token):
        raise BadToken("the header has another form than Bearer and a token")
    return token


def type_of(need: Need) -> str:
    """The type that a route is about."""
    return need.type_name or str((request.view_args or {})["type_name"])


def caller() -> Caller | None:
    """Whoever sent this request; None without access control."""
    found: Caller | None = g.get("caller")
    return found


def caller_key() -> str:
    """A text that only requests of the same caller have; empty without access control."""
    asking = caller()
    return "" if asking is None else asking.key


def granted(letter: str | None = None, type_name: str | None = None) -> Grant:
    """What the caller may do: what this route does, or another interaction. Raises Forbidden if it may not."""
    need = NEEDS.get(request.endpoint or "", Need("r", RESPONSE))
    return decide(caller(), letter or need.letter, type_name or type_of(need))


def granted_store(letter: str | None = None, type_name: str | None = None) -> SubmissionStore:
    """The store, with no more in it than the caller may see. The only way of a route to it. Raises Forbidden."""
    return app_context().store.for_access(granted(letter, type_name).patient, g.get("audit"))


def granted_reader(type_name: str, letter: str | None = None) -> ResourceReader:
    """The reader of a type: the store, or the library of published resources. Raises Forbidden.

    The audit trail gets the patients of what is read.
    """
    need = NEEDS.get(request.endpoint or "")
    of_route = need.letter if need is not None and need.letter in READING else "r"
    grant = granted(letter or of_route, type_name)
    app = app_context()
    reader = app.store.for_access(grant.patient, None) if type_name in STORED else app.library
    return NotedReader(reader, g.audit.seen) if "audit" in g else reader


def begin_audit() -> None:
    """Begins the audit of this request, if it is an access."""
    if not passes_door():
        return
    base = app_context().base
    at, number = app_context().now(), count(1)
    address, request_id = client_address(), g.request_id
    need = NEEDS.get(request.endpoint or "")
    interaction = need.interaction if need else "operation"

    def access() -> Access:
        return Access(at, request_id, interaction, 0, actor_of(caller(), address), base)

    g.audit = RequestAudit(access, lambda: f"{request_id}.{next(number)}")


def actor_of(asking: Caller | None, address: str) -> Actor:
    """Whoever asked, as the audit trail names them."""
    if asking is None:
        return Actor(address)
    return Actor(address, asking.issuer, asking.client, asking.subject, asking.user)


def may_create() -> bool:
    """True if the caller may choose the id of a new response. With the scope of a patient it may not: the answer would
    tell whether the id is that of another patient's response."""
    try:
        return granted("c", RESPONSE).patient is None and granted("u", RESPONSE).patient is None
    except Forbidden:
        return False
