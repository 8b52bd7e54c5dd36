"""Parts that work on the database: shared by the web application, the worker and the commands."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from limits import parse

from service.adapters.database.access.request_counts import CountedLimits
from service.adapters.database.engine import Database
from service.adapters.database.pulling.notices import DatabaseNotices
from service.adapters.database.refusals import DatabaseRefusals
from service.adapters.database.store import DatabaseStore
from service.adapters.fhir_server.changes import HttpChangeServer
from service.adapters.mappings.translate_advice import translate_advice
from service.ports.access.rate_limits import LimitKind, RateLimits
from service.settings import Settings
from service.usecases.form_tasks.task_taker import TaskTaker
from service.usecases.forms.form_context import FormContext
from service.usecases.pulling.fetch import Puller
from service.usecases.pulling.pick_up import PickUp
from service.usecases.refusals.keep import RefusalKeeper, safety_questions
from service.wiring import Wiring, server_tokens

# Without SURAL_PULL_SECONDS, notifications may be lost: the FHIR server gives up after a while.
SWEEP = timedelta(hours=1)
# The secret of a browser's session has 256 bits.
SECRET_BYTES = 32


def make_keeper(settings: Settings, database: Database, wiring: Wiring, now: Callable[[], datetime]) -> RefusalKeeper:
    """The keeper of refused responses, with the safety questions of the mappings."""
    rules = wiring.catalogue.rules
    instruments = {name: wiring.catalogue.instrument(name) for name in rules.instruments}
    store = DatabaseRefusals(database, settings.refused_days, settings.refused_rows)
    bases = (*wiring.context.bases, settings.base)
    return RefusalKeeper(store, safety_questions(rules, instruments), wiring.catalogue, bases, now)


def make_puller(address: str, settings: Settings, database: Database, wiring: Wiring) -> Puller:
    """The search for responses on the FHIR server at this address."""
    tokens = server_tokens(settings)
    server = HttpChangeServer(address, settings.fhir_server_aliases, tokens=tokens, authorities=settings.ca_file)
    keeper = make_keeper(settings, database, wiring, database.now)
    pick_up = PickUp(server.base, wiring.context, DatabaseStore(database), keeper)
    interval = timedelta(seconds=settings.pull_seconds) if settings.pull_seconds else SWEEP
    return Puller(pick_up, DatabaseNotices(database), server, database.now, interval)


def make_taker(address: str, settings: Settings, database: Database, wiring: Wiring) -> TaskTaker:
    """The search for Tasks that ask for forms on the FHIR server at this address."""
    tokens = server_tokens(settings)
    server = HttpChangeServer(address, settings.fhir_server_aliases, tokens=tokens, authorities=settings.ca_file)
    store, forms_at = DatabaseStore(database), settings.base.removesuffix("/fhir")
    context = make_form_context(settings, wiring, store, database.now, lambda: str(uuid4()))
    interval = timedelta(seconds=settings.task_seconds)
    return TaskTaker(server, store, DatabaseNotices(database), context, forms_at, interval)


def make_form_context(
    settings: Settings, wiring: Wiring, store: DatabaseStore, now: Callable[[], datetime], new_id: Callable[[], str]
) -> FormContext:
    """The parts of the patients' form. It is a demo as long as nothing says who may open a form."""
    catalogue = wiring.catalogue
    return FormContext(
        assessment=wiring.context,
        questionnaires=catalogue.questionnaires,
        layout=catalogue.layout,
        knowledge={
            tag: replace(wiring.context.knowledge, advice=translate_advice(catalogue.advice, texts))
            for tag, texts in catalogue.translations.items()
        },
        texts=catalogue.translations,
        store=store,
        is_demo=settings.is_open,
        now=now,
        new_id=new_id,
        new_secret=lambda: secrets.token_urlsafe(SECRET_BYTES),
    )


def make_limits(settings: Settings, database: Database) -> RateLimits:
    """How often may be asked. Without access control there is no limit for addresses, of which one makes a demo."""
    rates: dict[LimitKind, str] = {"link": settings.rate_link}
    if not settings.is_open:
        rates |= {"client": settings.rate_client, "address": settings.rate_address}
    return CountedLimits(database, {kind: parse(rate) for kind, rate in rates.items() if rate})
