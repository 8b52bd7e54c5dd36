"""The wiring: settings in, a Flask application out. Starts nothing and holds no logic."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from flask import Flask, Response

from service import __version__, find
from service.adapters.catalogue import Catalogue, load_catalogue
from service.adapters.database import Database
from service.adapters.searches import DatabaseSearches
from service.adapters.store import DatabaseStore
from service.fhir.capability import capability_statement
from service.fhir.definitions import definitions
from service.fhir.ids import random_id
from service.fhir.intake import Desk
from service.fhir.plan import plan_definition
from service.fhir.publisher import Publisher
from service.fhir.reading import MAX_BYTES, Resource
from service.fhir.records import Held
from service.fhir.times import instant
from service.settings import Settings
from service.web import errors, headers
from service.web.fhir_api import api
from service.web.limits import require_short_address
from service.web.operations import operations
from service.web.reading import reading
from service.web.refusals import refusals
from service.web.searching import searching
from service.web.services import Services
from service.web.updates import updates
from service.worker import now as real_now

GC_THRESHOLD = 50_000


def settle_memory() -> None:
    """Hides what was loaded at start from the garbage collector, and lets it look at the rest less often.

    The catalogue stays for good; a request makes thousands of objects and few cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)


@dataclass(frozen=True)
class Wiring:
    """What the front doors share."""

    settings: Settings
    catalogue: Catalogue
    desk: Desk


def wire(settings: Settings) -> Wiring:
    """Loads the catalogue and sets up the desk. Raises BadCatalogue."""
    catalogue = load_catalogue(settings.questionnaires, settings.mappings)
    profiles = dict(settings.profiles or {})
    publisher = Publisher(
        catalogue.rules, catalogue.advice, catalogue.lexicon, __version__, settings.approved_by, profiles
    )
    bases = tuple(base for base in (settings.fhir_server, settings.base) if base)
    return Wiring(settings, catalogue, Desk(catalogue, publisher, bases))


def published(catalogue: Catalogue) -> list[Resource]:
    """Everything that is published, in an order in which nothing refers to what comes later."""
    made = definitions(catalogue.lexicon, catalogue.rules.version, catalogue.date)
    return [*made, *catalogue.questionnaires, plan_of(catalogue)]


def plan_of(catalogue: Catalogue) -> Resource:
    """The rule set as it is published."""
    instruments = {name: catalogue.newest[url] for name, url in catalogue.mapped.items()}
    return plan_definition(
        catalogue.rules, instruments, catalogue.lexicon, catalogue.title, catalogue.description, catalogue.date
    )


def create_app(
    settings: Settings,
    database: Database,
    wiring: Wiring | None = None,
    now: Callable[[], datetime] = real_now,
    new_id: Callable[[], str] = lambda: random_id(uuid4()),
) -> Flask:
    """The web application on an opened database. Raises BadCatalogue."""
    wiring = wiring or wire(settings)
    app = Flask("service.web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES
    # Else a doubled slash is answered with a redirect to whatever host the request named.
    app.url_map.merge_slashes = False
    started, searches = datetime.now(UTC), DatabaseSearches(database)
    app.extensions["sural"] = Services(
        desk=wiring.desk,
        store=DatabaseStore(database),
        library=find.make_library(Held(resource, 1, started) for resource in published(wiring.catalogue)),
        base=settings.base,
        capability=capability_statement(settings.base, __version__, instant(started)),
        searches=searches,
        page_key=searches.key(),
        now=now,
        new_id=new_id,
    )
    for blueprint in (api, updates, reading, searching, operations, refusals):
        app.register_blueprint(blueprint)
    app.add_url_rule("/", view_func=front, methods=["GET"])
    headers.register(app)
    app.before_request(require_short_address)
    errors.register(app)
    return app


def front() -> Response:
    """Says where to go."""
    text = "Sural, a FHIR R4 questionnaire service.\nWhat it offers: /fhir/metadata\nIts forms: /fhir/Questionnaire\n"
    return Response(text, content_type="text/plain; charset=utf-8")
