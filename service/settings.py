"""The settings: the only reader of the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from environs import Env, EnvError

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class WrongSetting(Exception):
    """A setting is missing or cannot be used; the text names it and says what to do."""


@dataclass(frozen=True)
class Settings:
    """Everything that can be set, read once at start."""

    host: str = "127.0.0.1"
    port: int = 8080
    base_url: str | None = None
    database: str = "sqlite:///var/sural.db"
    fhir_server: str | None = None
    profiles: Mapping[str, str] | None = None
    questionnaires: Path | None = None
    mappings: Path | None = None
    auth: str | None = None
    approved_by: str | None = None
    log_level: str = "info"

    @property
    def base(self) -> str:
        """The address under which others reach the FHIR interface."""
        return (self.base_url or f"http://{self.host}:{self.port}/fhir").rstrip("/")


def read_settings() -> Settings:
    """Reads the environment. Raises WrongSetting with the name of what is wrong."""
    env = Env(prefix="SURAL_")
    try:
        settings = Settings(
            host=env.str("HOST", Settings.host),
            port=env.int("PORT", Settings.port),
            base_url=env.str("BASE_URL", None),
            database=env.str("DATABASE", Settings.database),
            fhir_server=env.str("FHIR_SERVER", None) or None,
            profiles=env.dict("PROFILES", None, subcast_values=str) or {},
            questionnaires=env.path("QUESTIONNAIRES", None),
            mappings=env.path("MAPPINGS", None),
            auth=env.str("AUTH", None),
            approved_by=env.str("APPROVED_BY", None) or None,
            log_level=env.str("LOG_LEVEL", Settings.log_level),
        )
    except EnvError as problem:
        raise WrongSetting(str(problem)) from None
    check(settings)
    return settings


def check(settings: Settings) -> None:
    """Refuses what cannot work or is not safe."""
    if settings.auth not in (None, "open"):
        raise WrongSetting("SURAL_AUTH: the only value known is open (no access control).")
    if settings.host not in LOOPBACK and settings.auth != "open":
        text = "SURAL_HOST: the service has no access control yet and binds to this machine alone."
        raise WrongSetting(f"{text} To open it to a network all the same, set SURAL_AUTH=open.")
    for name, value in (("SURAL_FHIR_SERVER", settings.fhir_server), ("SURAL_BASE_URL", settings.base_url)):
        if value is not None and not value.startswith(("http://", "https://")):
            raise WrongSetting(f"{name}: must be an address that starts with http:// or https://.")
