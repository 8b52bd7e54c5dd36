"""The settings. The only reader of the environment; docs/settings.yaml says what each variable means."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from service.fhir.results.result_options import AgeGroup, ScoreValue
from service.issues import CannotStart

if TYPE_CHECKING:
    from environs import Env

PREFIX = "SURAL_"
# Each delivery may use a connection to the database, of which a process has 16 (adapters/database/engine.py).
MAX_DELIVERIES = 8
# Of refused responses: ten years, and about 5 GB at the most.
MAX_REFUSED_DAYS = 3_650
MAX_REFUSED_ROWS = 1_000_000
MAX_DRAFT_DAYS = 365
MAX_PULL_SECONDS = 86_400
# What is written to the FHIR server, and what is looked up there.
CLIENT_SCOPES = (
    "system/QuestionnaireResponse.crus system/Observation.cus system/ClinicalImpression.cus system/Provenance.cus "
    "system/Task.cus system/Patient.rs"
)
# What proves to the FHIR server who we are, if no token of its authorization server does.
ServerAuth = Literal["basic", "bearer", "none"]
SECRET_AUTHS = ("basic", "bearer")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class WrongSetting(CannotStart):
    """Settings are missing or not valid. The text has a sentence for each, which names it and says what to do."""


@dataclass(frozen=True)
class Settings:
    """The settings of one process, read once at its start."""

    host: str = "127.0.0.1"
    port: int = 8080
    base_url: str | None = None
    database: str = "sqlite:///var/sural.db"
    fhir_server: str | None = None
    profiles: Mapping[str, str] | None = None
    questionnaires: Path | None = None
    mappings: Path | None = None
    auth: str | None = None
    issuers: Path | None = None
    rate_client: str = "6000/minute"
    rate_address: str = "6000/minute"
    rate_link: str = "20/minute"
    proxies: tuple[str, ...] = ()
    token_endpoint: str | None = None
    client_id: str | None = None
    client_keys: Path | None = None
    client_scopes: str = CLIENT_SCOPES
    fhir_server_auth: ServerAuth | None = None
    fhir_server_secret: Path | None = None
    ca_file: Path | None = None
    approved_by: str | None = None
    deliveries: int = 4
    read_back: int = 20
    time_zone: tzinfo = UTC
    change_scheme: str | None = None
    crisis_line: str | None = None
    emergency_number: str | None = None
    text_number: str | None = None
    relay_number: str | None = None
    escalation: tuple[str, ...] = ()
    escalate_emergency: timedelta = timedelta(minutes=15)
    escalate_same_day: timedelta = timedelta(hours=4)
    organization: str | None = None
    score_value: ScoreValue = "quantity"
    quality_codes: AgeGroup | None = None
    asserter_labels: bool = False
    gate: str | None = None
    log_level: str = "info"
    fhir_server_aliases: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    if_match: str = "optional"
    recognise: str = ""
    refused_days: int = 30
    refused_rows: int = 10_000
    draft_days: int = 30
    notify_secret: str | None = field(default=None, repr=False)
    pull_seconds: int = 0
    task_seconds: int = 0
    erase: str | None = None

    @property
    def is_open(self) -> bool:
        """True if there is no access control."""
        return self.auth != "smart" and self.issuers is None

    @property
    def base(self) -> str:
        """The base address of the FHIR interface for clients, such as "http://127.0.0.1:8080/fhir"."""
        return (self.base_url or f"http://{self.host}:{self.port}/fhir").rstrip("/")

    @property
    def notify_url(self) -> str | None:
        """The address for notifications of the FHIR server; None if it does not follow from that of the interface."""
        return f"{self.base.removesuffix('/fhir')}/notify" if self.base.endswith("/fhir") else None

    @property
    def picks_up(self) -> bool:
        """True if responses on the FHIR server are picked up."""
        return self.fhir_server is not None and (self.notify_secret is not None or self.pull_seconds > 0)


def setting_names() -> list[str]:
    """The variables that the service reads. Each has the name of its field, in capitals."""
    return [f"{PREFIX}{field.name.upper()}" for field in fields(Settings)]


def read_settings() -> Settings:
    """The settings in the environment. Raises WrongSetting with a sentence for each that is not valid or unknown."""
    # What reads a value is imported only if there is one (`make bench`: start of the commands).
    return read_environment() if any(name.startswith(PREFIX) for name in os.environ) else Settings()


def read_environment() -> Settings:
    """As `read_settings`, whether a variable is set or none."""
    from environs import EnvValidationError

    from service.setting_values import setting_reader

    faults = list(unknown_settings(os.environ))
    env = setting_reader(PREFIX)
    settings = read_values(env)
    try:
        env.seal()
    except EnvValidationError as problem:
        messages = problem.error_messages
        if isinstance(messages, Mapping):
            faults += [f"{name}: {text}" for name, texts in messages.items() for text in texts]
    faults += access_faults(settings)
    faults += client_faults(settings)
    faults += server_auth_faults(settings)
    if faults:
        raise WrongSetting("\n".join(faults))
    return settings


def read_worker_values(env: "Env") -> dict[str, Any]:
    """The settings of deliveries, escalation and picking up, by name."""
    return {
        "deliveries": env.number("DELIVERIES", Settings.deliveries, low=1, high=MAX_DELIVERIES),
        "read_back": env.sample("READ_BACK", Settings.read_back),
        "escalation": env.owners("ESCALATION", ""),
        "escalate_emergency": env.span("ESCALATE_EMERGENCY", Settings.escalate_emergency),
        "escalate_same_day": env.span("ESCALATE_SAME_DAY", Settings.escalate_same_day),
        "draft_days": env.number("DRAFT_DAYS", Settings.draft_days, low=1, high=MAX_DRAFT_DAYS),
        "notify_secret": env.secret("NOTIFY_SECRET", None),
        "pull_seconds": env.number("PULL_SECONDS", Settings.pull_seconds, high=MAX_PULL_SECONDS),
        "task_seconds": env.number("TASK_SECONDS", Settings.task_seconds, high=MAX_PULL_SECONDS),
    }


def read_values(env: "Env") -> Settings:
    """The settings that a reader finds. It collects what is wrong with them."""
    return Settings(
        **read_worker_values(env),
        host=env.str("HOST", Settings.host),
        port=env.number("PORT", Settings.port, high=65_535),
        base_url=env.address("BASE_URL", None),
        database=env.str("DATABASE", Settings.database),
        fhir_server=env.address("FHIR_SERVER", None),
        profiles=env.profiles("PROFILES", "") or None,
        questionnaires=env.folder("QUESTIONNAIRES", None),
        mappings=env.folder("MAPPINGS", None),
        auth=env.choice("AUTH", None, choices=("open", "smart")),
        issuers=env.file("ISSUERS", None),
        rate_client=env.rate("RATE_CLIENT", Settings.rate_client),
        rate_address=env.rate("RATE_ADDRESS", Settings.rate_address),
        rate_link=env.rate("RATE_LINK", Settings.rate_link),
        proxies=env.proxies("PROXIES", ""),
        token_endpoint=env.address("TOKEN_ENDPOINT", None),
        client_id=env.str("CLIENT_ID", None) or None,
        client_keys=env.file("CLIENT_KEYS", None),
        client_scopes=env.str("CLIENT_SCOPES", Settings.client_scopes),
        fhir_server_auth=env.choice("FHIR_SERVER_AUTH", None, choices=get_args(ServerAuth)),
        fhir_server_secret=env.file("FHIR_SERVER_SECRET", None),
        ca_file=env.authorities("CA_FILE", None),
        approved_by=env.str("APPROVED_BY", None) or None,
        time_zone=env.time_zone("TIME_ZONE", "UTC"),
        change_scheme=env.str("CHANGE_SCHEME", None) or None,
        crisis_line=env.str("CRISIS_LINE", None) or None,
        emergency_number=env.str("EMERGENCY_NUMBER", None) or None,
        text_number=env.str("TEXT_NUMBER", None) or None,
        relay_number=env.str("RELAY_NUMBER", None) or None,
        organization=env.organization("ORGANIZATION", None),
        score_value=env.choice("SCORE_VALUE", Settings.score_value, choices=get_args(ScoreValue), optional=False),
        quality_codes=env.choice("QUALITY_CODES", None, choices=get_args(AgeGroup)),
        gate=env.choice("GATE", None, choices=("fhir.resources",)),
        asserter_labels=env.flag("ASSERTER_LABELS", Settings.asserter_labels),
        log_level=env.level("LOG_LEVEL", Settings.log_level),
        fhir_server_aliases=env.addresses("FHIR_SERVER_ALIASES", ""),
        cors_origins=env.origins("CORS_ORIGINS", ""),
        if_match=env.choice("IF_MATCH", Settings.if_match, choices=("optional", "required"), optional=False),
        recognise=env.choice("RECOGNISE", None, choices=("loinc",)) or "",
        refused_days=env.number("REFUSED_DAYS", Settings.refused_days, low=1, high=MAX_REFUSED_DAYS),
        refused_rows=env.number("REFUSED_ROWS", Settings.refused_rows, low=1, high=MAX_REFUSED_ROWS),
        erase=env.choice("ERASE", None, choices=("allowed",)),
    )


def access_faults(settings: Settings) -> Iterator[str]:
    """Yields a sentence if the settings of access control contradict one another, or nobody has decided on it."""
    if settings.is_open and settings.host not in LOOPBACK and settings.auth != "open":
        text = "SURAL_HOST: must be a loopback address, because no access control is set."
        yield f"{text} Set SURAL_ISSUERS, or SURAL_AUTH=open to open the service to a network without access control."
    if settings.auth == "open" and settings.issuers is not None:
        yield "SURAL_AUTH: must not be open if SURAL_ISSUERS is set. Unset one of them."
    if settings.auth == "smart" and settings.issuers is None:
        yield "SURAL_ISSUERS: must be set if SURAL_AUTH is smart: the file that names who issues tokens."
    if not settings.is_open:
        yield from base_faults(settings)


def client_faults(settings: Settings) -> Iterator[str]:
    """Yields a sentence if we are a client of the FHIR server in part only, or a token would be readable on the way."""
    given = {
        "TOKEN_ENDPOINT": settings.token_endpoint,
        "CLIENT_ID": settings.client_id,
        "CLIENT_KEYS": settings.client_keys,
    }
    missing = [name for name, value in given.items() if value is None]
    if len(missing) in (0, len(given)):
        missing = []
    for name in missing:
        yield f"{PREFIX}{name}: must be set with the other settings of our client at the FHIR server."
    if settings.token_endpoint is None and settings.fhir_server_auth not in SECRET_AUTHS:
        return
    for name, address in (("TOKEN_ENDPOINT", settings.token_endpoint), ("FHIR_SERVER", settings.fhir_server)):
        if address is not None and not is_safe_for_tokens(address):
            yield f"{PREFIX}{name}: must start with https://: a token is readable on the way otherwise."


def server_auth_faults(settings: Settings) -> Iterator[str]:
    """Yields a sentence if it is not decided, once and for all, what proves to the FHIR server who we are."""
    auth, has_client = settings.fhir_server_auth, settings.token_endpoint is not None
    if (auth in SECRET_AUTHS) != (settings.fhir_server_secret is not None):
        yield f"{PREFIX}FHIR_SERVER_SECRET: must be set if {PREFIX}FHIR_SERVER_AUTH is basic or bearer, and only then."
    if auth is not None and has_client:
        yield f"{PREFIX}FHIR_SERVER_AUTH: must not be set with {PREFIX}TOKEN_ENDPOINT. Unset one of them."
    if settings.fhir_server is not None and auth is None and not has_client and not settings.is_open:
        text = f"{PREFIX}FHIR_SERVER_AUTH: must be set with {PREFIX}ISSUERS, because nothing proves to the FHIR server "
        yield f"{text}who we are. Set {PREFIX}TOKEN_ENDPOINT; or none, if that server asks nobody."


def is_safe_for_tokens(address: str) -> bool:
    """True for https, and for this machine."""
    from urllib.parse import urlsplit

    return address.startswith("https://") or urlsplit(address).hostname in LOOPBACK


def base_faults(settings: Settings) -> Iterator[str]:
    """Yields a sentence if the base address, for which tokens are issued, is missing or not safe."""
    if settings.base_url is None:
        yield "SURAL_BASE_URL: must be set with SURAL_ISSUERS: tokens are issued for this address (aud)."
    elif not settings.base_url.startswith("https://") and settings.host not in LOOPBACK:
        yield "SURAL_BASE_URL: must start with https:// with SURAL_ISSUERS: tokens are readable on the way otherwise."


def unknown_settings(names: Iterable[str]) -> Iterator[str]:
    """Yields a sentence for each name that begins like a setting and is none, with the setting that is most like it."""
    from service.setting_values import nearest_name

    known = [name.removeprefix(PREFIX) for name in setting_names()]
    for name in sorted(names):
        word = name.removeprefix(PREFIX)
        if name.startswith(PREFIX) and word not in known:
            yield f"{name}: there is no such setting. The nearest one is {PREFIX}{nearest_name(word, known)}."
