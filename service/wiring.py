"""From settings to the catalogue and the AssessmentContext: shared by the web application and the commands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from service import __version__, clock
from service.adapters.authorization.json_exchange import exchange_json
from service.adapters.mappings.catalogue import LoadedCatalogue, load_catalogue
from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.r4.structure import Check, run_beside
from service.fhir.r4.types import Resource
from service.fhir.results.knowledge_base import KnowledgeBase
from service.kept_objects import keeping_objects
from service.ports.access.tokens import ServerTokens
from service.screening.advice.contacts import Contacts
from service.settings import Settings, WrongSetting
from service.usecases.responses.prepare import AssessmentContext

# What needs cryptography is imported where the settings ask for it: the start without is quicker (`make bench`).
if TYPE_CHECKING:
    from service.adapters.authorization.client_keys import ClientKey
    from service.adapters.authorization.issuer_file import Issuers
    from service.adapters.fhir_server.client import HttpFhirServer


@dataclass(frozen=True)
class Wiring:
    """The parts that the web application and the commands share."""

    settings: Settings
    catalogue: LoadedCatalogue
    context: AssessmentContext


def wire(settings: Settings) -> Wiring:
    """The catalogue, the rules and the settings, put together. Raises BadCatalogue if a mapping file has a fault."""
    with keeping_objects():
        catalogue = load_catalogue(settings.questionnaires, settings.mappings)
    run_beside(checks_beside(settings))
    profiles = dict(settings.profiles or {})
    knowledge = KnowledgeBase(
        catalogue.rules,
        catalogue.advice,
        catalogue.codes,
        catalogue.facts,
        catalogue.messages,
        __version__,
        settings.approved_by,
        profiles,
        words=catalogue.words,
        time_zone=settings.time_zone,
        change_scheme=known_scheme(settings, catalogue),
        contacts=make_contacts(settings),
        organization=settings.organization,
        score_value=settings.score_value,
        quality_codes=settings.quality_codes,
        asserter_labels=settings.asserter_labels,
    )
    bases = tuple(base for base in (settings.fhir_server, settings.base, *settings.fhir_server_aliases) if base)
    context = AssessmentContext(
        catalogue,
        knowledge,
        bases,
        requires_if_match=settings.if_match == "required",
        recognises=(settings.recognise,) if settings.recognise else (),
    )
    return Wiring(settings, catalogue, context)


def checks_beside(settings: Settings) -> list[Check]:
    """What checks the structure of resources beside our own check: the library that SURAL_GATE names, or nothing."""
    if not settings.gate:
        return []
    from service.fhir.r4.values.library_check import library_issues

    return [library_issues]


def known_scheme(settings: Settings, catalogue: LoadedCatalogue) -> str | None:
    """The scheme that SURAL_CHANGE_SCHEME names. Raises WrongSetting if summary.yaml has no such scheme."""
    name, known = settings.change_scheme, catalogue.words.change.schemes
    if name is not None and name not in known:
        raise WrongSetting(f"SURAL_CHANGE_SCHEME: must be {' or '.join(sorted(known))}.")
    return name


def make_contacts(settings: Settings) -> Contacts:
    """The numbers of the operator that patients may call."""
    return Contacts(settings.crisis_line, settings.emergency_number, settings.text_number, settings.relay_number)


def read_issuers(settings: Settings, now: Callable[[], datetime]) -> "Issuers | None":
    """The trusted issuers of tokens; None without access control. Raises WrongIssuers if their file has a fault."""
    if settings.issuers is None:
        return None
    from service.adapters.authorization.issuer_file import WrongIssuers, make_issuers

    try:
        content = read_yaml(settings.issuers)
    except ValueError as problem:
        raise WrongIssuers(f"SURAL_ISSUERS: the file is no YAML ({problem}).") from None
    exchange = partial(exchange_json, authorities=settings.ca_file)
    return make_issuers(content, settings.base, settings.issuers.parent, now, exchange)


def read_keys_of_client(settings: Settings) -> "list[ClientKey]":
    """Our keys at the authorization server of the FHIR server; none if we have no client there. Raises WrongKeys."""
    if settings.client_keys is None:
        return []
    from service.adapters.authorization.client_keys import read_client_keys

    return read_client_keys(settings.client_keys)


def read_public_keys(settings: Settings) -> Resource | None:
    """The public half of our keys; None if we have none. Raises WrongKeys."""
    keys = read_keys_of_client(settings)
    if not keys:
        return None
    from service.adapters.authorization.client_keys import public_keys

    return public_keys(keys)


def connect_fhir_server(address: str, settings: Settings, now: Callable[[], datetime] = clock.now) -> "HttpFhirServer":
    """The FHIR server of the site, with what proves there who we are. Raises WrongKeys or WrongSecret."""
    # The commands on files need no server, and start without what it imports (`make bench`).
    from service.adapters.fhir_server.client import HttpFhirServer

    return HttpFhirServer(address, tokens=server_tokens(settings, now), authorities=settings.ca_file)


def server_tokens(settings: Settings, now: Callable[[], datetime] = clock.now) -> ServerTokens | None:
    """What proves to the FHIR server who we are; None if nothing does. Raises WrongKeys or WrongSecret."""
    if settings.fhir_server_secret is not None and settings.fhir_server_auth in ("basic", "bearer"):
        from service.adapters.authorization.server_secret import read_server_secret

        return read_server_secret(settings.fhir_server_secret, settings.fhir_server_auth)
    if settings.token_endpoint is None or settings.client_id is None:
        return None
    from service.adapters.authorization.client_tokens import ClientRegistration, ClientTokens

    keys = read_keys_of_client(settings)
    client = ClientRegistration(settings.token_endpoint, settings.client_id, keys, settings.client_scopes)
    return ClientTokens(client, now, ask=partial(exchange_json, authorities=settings.ca_file))
