"""The parts of the application that the handlers of requests work with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from flask import current_app

from service.fhir.r4.types import Resource
from service.ports.access.audit import AuditTrail
from service.ports.access.form_links import LinkStore
from service.ports.access.rate_limits import RateLimits
from service.ports.access.tokens import TokenProver
from service.ports.figures import Figures
from service.ports.posted_searches import PostedSearches
from service.ports.pulling.notices import NoticeStore
from service.ports.resources import ResourceReader
from service.ports.submissions import SubmissionStore
from service.usecases.forms.form_context import FormContext
from service.usecases.refusals.keep import RefusalKeeper
from service.usecases.responses.prepare import AssessmentContext

# The endpoints for whoever watches the service: answered however many requests wait, and logged only if they fail.
WATCHING = ("health.show_live", "health.show_ready", "metrics.show_metrics")


@dataclass(frozen=True)
class NotificationContext:
    """What receives the notifications of the FHIR server: the secret that it sends, its base, and the notices."""

    secret: str = field(repr=False)
    source: str
    notices: NoticeStore


@dataclass(frozen=True)
class AppContext:
    """Made once by `create_app`.

    ``library`` contains the published resources, ``base`` is the address of the FHIR interface, such as
    "http://127.0.0.1:8080/fhir", ``page_key`` signs the links to further pages, ``refusals`` keeps refused responses.
    ``require_ready`` raises Unavailable if a submission could not be stored now. ``prover`` proves bearer tokens; None
    if the service is open to whoever reaches it: then there is no ``smart_configuration`` and no ``audit``. Routes get
    at ``store`` by `granted_store` only (door.py). Without ``notifications``, none are received from the FHIR server.
    ``public_keys`` are ours, as a client of the FHIR server. ``forms`` is for the patients' form.
    ``proxies`` are believed if they name an address.
    """

    assessment_context: AssessmentContext
    store: SubmissionStore
    library: ResourceReader
    base: str
    capability_statement: Resource
    posted_searches: PostedSearches
    page_key: bytes
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    refusals: RefusalKeeper
    require_ready: Callable[[], None]
    links: LinkStore
    read_figures: Callable[[], Figures]
    forms: FormContext
    notifications: NotificationContext | None = None
    prover: TokenProver | None = None
    smart_configuration: Resource | None = None
    audit: AuditTrail | None = None
    public_keys: Resource | None = None
    limits: RateLimits | None = None
    proxies: frozenset[str] = frozenset()
    new_request_id: Callable[[], str] = field(default=lambda: str(uuid4()))

    @property
    def is_open(self) -> bool:
        """True if there is no access control. Every page and every answer says so."""
        return self.prover is None

    @property
    def bases(self) -> tuple[str, ...]:
        """The base addresses under which a reference is local, that of the FHIR interface included."""
        return (*self.assessment_context.bases, self.base)


def app_context() -> AppContext:
    """The context of the running application."""
    context: AppContext = current_app.extensions["sural"]
    return context
