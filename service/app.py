"""Constructors only: `create_app` makes the Flask application from the settings and an opened database. No thread."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from flask import Flask

from service import __version__, clock
from service.adapters.database.access.access_mark import keep_access_control
from service.adapters.database.access.audit_trail import DatabaseAudit
from service.adapters.database.access.form_links import DatabaseLinks
from service.adapters.database.engine import Database
from service.adapters.database.operations.figures import read_figures
from service.adapters.database.operations.readiness import require_ready
from service.adapters.database.posted_searches import DatabaseSearches
from service.adapters.database.pulling.notices import DatabaseNotices
from service.adapters.database.store import DatabaseStore
from service.database_parts import make_form_context, make_keeper, make_limits
from service.fhir.definitions.capability_statement import capability_statement
from service.fhir.definitions.published import published_resources
from service.fhir.definitions.smart_configuration import AuthorizationServer, smart_configuration
from service.fhir.ids import random_id
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.strict_json import MAX_BYTES
from service.fhir.r4.types import Resource, StoredResource
from service.settings import Settings
from service.usecases.access.audit import FormAudit
from service.usecases.library import make_library
from service.web.access.door import begin_audit, register_access
from service.web.access.request_audit import register_audit
from service.web.admission import limit_requests
from service.web.context import AppContext, NotificationContext
from service.web.cors import register_cors
from service.web.errors import register_errors
from service.web.fhir.interactions.capabilities import capabilities
from service.web.fhir.interactions.create import creating
from service.web.fhir.interactions.not_supported import refusing
from service.web.fhir.interactions.operations import operating
from service.web.fhir.interactions.populate import populating
from service.web.fhir.interactions.read import reading
from service.web.fhir.interactions.search import searching
from service.web.fhir.interactions.transaction import bundling
from service.web.fhir.interactions.update import updating
from service.web.fhir.interactions.validate import validating
from service.web.front_page import front_page
from service.web.health import health
from service.web.metrics import register_metrics
from service.web.middleware import register_middleware
from service.web.notify import notify
from service.web.offered_methods import MethodNamingFlask
from service.web.patient import patient_form
from service.web.request_limits import require_short_request, require_valid_host
from service.web.well_known import well_known
from service.wiring import Wiring, read_issuers, read_public_keys, wire

BLUEPRINTS = (
    front_page,
    health,
    notify,
    well_known,
    capabilities,
    creating,
    updating,
    reading,
    searching,
    bundling,
    validating,
    operating,
    populating,
    refusing,
    patient_form,
)


def create_app(
    settings: Settings,
    database: Database,
    wiring: Wiring | None = None,
    now: Callable[[], datetime] = clock.now,
    new_id: Callable[[], str] = lambda: random_id(uuid4()),
) -> Flask:
    """The web application on an opened database. Raises BadCatalogue if a mapping file has a fault, WrongIssuers if the
    file of issuers has one."""
    wiring, issuers = wiring or wire(settings), read_issuers(settings, now)
    server = None if issuers is None else issuers.server
    keep_access_control(database, server is None, now())
    app = MethodNamingFlask("service.web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES
    # With merged slashes, Flask answers `//` with a redirect to the host that the request names.
    app.url_map.merge_slashes = False
    # A slash at the end of an address means nothing.
    app.url_map.strict_slashes = False
    started, posted_searches, store = now(), DatabaseSearches(database), DatabaseStore(database)
    published = (StoredResource(resource, 1, started) for resource in published_resources(wiring.catalogue))
    app.extensions["sural"] = AppContext(
        assessment_context=wiring.context,
        store=store,
        library=make_library(published),
        base=settings.base,
        capability_statement=own_capabilities(settings, wiring, started, server),
        posted_searches=posted_searches,
        page_key=posted_searches.read_page_key(),
        now=now,
        new_id=new_id,
        refusals=make_keeper(settings, database, wiring, now),
        require_ready=lambda: require_ready(database),
        read_figures=lambda: read_figures(database, now()),
        prover=None if issuers is None else issuers.prover,
        public_keys=read_public_keys(settings),
        links=DatabaseLinks(database),
        limits=make_limits(settings, database),
        proxies=frozenset(settings.proxies),
        audit=None if server is None else DatabaseAudit(database),
        smart_configuration=None if server is None else smart_configuration(server),
        notifications=notification_context(settings, database),
        forms=make_form_context(settings, wiring, store_of_forms(settings, store, now), now, new_id),
    )
    register_parts(app, settings)
    return app


def own_capabilities(
    settings: Settings, wiring: Wiring, started: datetime, server: AuthorizationServer | None
) -> Resource:
    """The CapabilityStatement of the service with these settings, started at a time."""
    return capability_statement(
        settings.base,
        __version__,
        format_instant(started),
        cors=bool(settings.cors_origins),
        requires_if_match=wiring.context.requires_if_match,
        canonicals=wiring.catalogue.canonicals,
        server=server,
    )


def store_of_forms(settings: Settings, store: DatabaseStore, now: Callable[[], datetime]) -> DatabaseStore:
    """The store of the patients' form. With access control, what is sent is in the audit trail."""
    return store if settings.is_open else store.for_access(None, FormAudit(now, lambda: str(uuid4()), settings.base))


def register_parts(app: Flask, settings: Settings) -> None:
    """Registers the routes, and what each request passes in this order."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    register_middleware(app)
    register_metrics(app, __version__)
    register_cors(app, settings.cors_origins)
    # First: what is refused before the door is in the audit trail too.
    app.before_request(begin_audit)
    app.before_request(require_valid_host)
    app.before_request(require_short_request)
    register_access(app)
    register_audit(app)
    limit_requests(app)
    register_errors(app)


def notification_context(settings: Settings, database: Database) -> NotificationContext | None:
    """What receives the notifications of the FHIR server; None if there is no server or no secret."""
    if settings.fhir_server is None or settings.notify_secret is None:
        return None
    return NotificationContext(settings.notify_secret, settings.fhir_server.rstrip("/"), DatabaseNotices(database))
