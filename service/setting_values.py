"""From the text of an environment variable to the value of a setting. Each says in words what the text must be."""

import os
import re
import ssl
from datetime import UTC, timedelta, tzinfo
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from environs import Env, ValidationError

from service.fhir.interactions import STORED

# scheme://host or scheme://host:port, as a browser sends it: in lower case, without a slash at the end.
ORIGIN = re.compile(r"https?://[a-z0-9.\-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")
ORGANIZATION = re.compile(r"(https?://\S+/)?Organization/[A-Za-z0-9\-.]{1,64}")
# Who may own a Task, without patients, relatives and devices: https://hl7.org/fhir/R4/task-definitions.html#Task.owner
OWNER = re.compile(
    r"(https?://\S+/)?(Practitioner|PractitionerRole|Organization|CareTeam|HealthcareService)/[A-Za-z0-9\-.]{1,64}"
)
SPAN = re.compile(r"([0-9]{1,6})([smhd])")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
LONGEST_SPAN = timedelta(days=7)
CANONICAL = re.compile(r"(https?://|urn:)[^\s|]+(\|\S+)?")
# A secret that nobody guesses, of characters that a header may have: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
SECRET = re.compile(r"[A-Za-z0-9\-._~+/]{20,200}=*")
RATE = re.compile(r"[1-9][0-9]{0,6}/(second|minute|hour|day)", re.ASCII)
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")


def read_number(given: str | int, low: int = 0, high: int = 0) -> int:
    """A number in a range. Raises ValidationError for anything else."""
    text = str(given).strip()
    if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
        raise ValidationError(f"must be a number from {low} to {high}.")
    return int(text)


def read_choice(given: str | None, choices: tuple[str, ...] = (), optional: bool = True) -> str | None:
    """One of the choices; None for no text if it is optional. Raises ValidationError for anything else."""
    if not given and optional:
        return None
    if given not in choices:
        raise ValidationError(f"must be {' or '.join(choices)}{', or not set' if optional else ''}.")
    return given


def read_flag(given: str | bool) -> bool:
    """True or false. Raises ValidationError for another word."""
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    if str(given).lower() not in words:
        raise ValidationError("must be true or false.")
    return words[str(given).lower()]


def read_level(given: str) -> str:
    """A level of the log, in lower case. Raises ValidationError if there is no such level."""
    level = given.strip().lower()
    if level not in LOG_LEVELS:
        raise ValidationError(f"must be {', '.join(LOG_LEVELS[:-1])} or {LOG_LEVELS[-1]}.")
    return level


def read_sample(given: str | int) -> int:
    """The number n of a sample "1 in n", also written as n; 0 for none. Raises ValidationError for another text."""
    number = str(given).strip().removeprefix("1 in ").strip()
    if not re.fullmatch(r"[0-9]{1,6}", number):
        raise ValidationError('must be a sample such as "1 in 20", or 0 for urgent entries only.')
    return int(number)


def read_time_zone(given: str) -> tzinfo:
    """The time zone of the site. Raises ValidationError if there is no time zone of this name."""
    if given in ("", "UTC"):
        return UTC
    try:
        return ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        text = "must be the name of a time zone in the IANA database, for example Europe/Zurich."
        raise ValidationError(text) from None


def read_rate(given: str) -> str:
    """A rate such as "600/minute", or an empty text for none. Raises ValidationError for another text."""
    if given and not RATE.fullmatch(given):
        raise ValidationError("must be a rate such as 600/minute, or empty for no limit.")
    return given


def read_folder(given: str | None) -> Path | None:
    """A folder with files of ours. Raises ValidationError if there is no such folder, or it cannot be read."""
    if not given:
        return None
    folder = Path(given)
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        raise ValidationError("must be a folder that exists and that the service may read.")
    return folder


def read_file(given: str | None) -> Path | None:
    """A file of ours; None for no text. Raises ValidationError if there is no such file, or it cannot be read."""
    if not given:
        return None
    file = Path(given)
    if not file.is_file() or not os.access(file, os.R_OK):
        raise ValidationError("must be a file that exists and that the service may read.")
    return file


def read_authorities(given: str | None) -> Path | None:
    """A file with certificates of authorities; None for no text. Raises ValidationError if it is no such file."""
    file = read_file(given)
    if file is not None:
        try:
            ssl.create_default_context().load_verify_locations(file)
        except (OSError, ValueError):
            raise ValidationError("must be a file with at least one certificate in PEM.") from None
    return file


def read_address(given: str | None) -> str | None:
    """An address; None for no text. Raises ValidationError if it cannot be one of a server."""
    if not given:
        return None
    if not given.startswith(("http://", "https://")):
        raise ValidationError("must be an address that starts with http:// or https://.")
    if not has_host(given):
        raise ValidationError("must have a host, such as https://fhir.example:8443/base.")
    return given


def read_addresses(given: str) -> tuple[str, ...]:
    """Addresses separated by commas. Raises ValidationError if one of them cannot be one of a server."""
    return tuple(address for text in separated(given) if (address := read_address(text) or ""))


def read_origins(given: str) -> tuple[str, ...]:
    """Origins separated by commas. Raises ValidationError if one of them is none."""
    origins = separated(given)
    if any(not ORIGIN.fullmatch(origin) for origin in origins):
        raise ValidationError("must be origins separated by commas, such as https://ehr.example, each without a path.")
    return origins


def read_proxies(given: str) -> tuple[str, ...]:
    """IP addresses separated by commas. Raises ValidationError if one of them is none."""
    try:
        return tuple(str(ip_address(text)) for text in separated(given))
    except ValueError:
        raise ValidationError("must be IP addresses separated by commas, such as 10.0.0.5.") from None


def read_profiles(given: str) -> dict[str, str]:
    """Profiles by resource type. Raises ValidationError if a type is not delivered, or a profile is no address."""
    pairs = [text.partition("=") for text in separated(given)]
    if any(name not in STORED or not CANONICAL.fullmatch(profile) for name, _, profile in pairs):
        types = f"{', '.join(STORED[:-1])} or {STORED[-1]}"
        text = "must be profiles by type, separated by commas, such as Task=http://ehr.example/task. "
        raise ValidationError(f"{text}A type is {types}.")
    return {name: profile for name, _, profile in pairs}


def read_organization(given: str | None) -> str | None:
    """A reference to an Organization; None for no text. Raises ValidationError for another text."""
    if given and not ORGANIZATION.fullmatch(given):
        raise ValidationError("must be a reference such as Organization/hospital.")
    return given or None


def read_secret(given: str | None) -> str | None:
    """A secret; None for no text. Raises ValidationError if it is short, or cannot be sent in a header."""
    if given and not SECRET.fullmatch(given):
        raise ValidationError("must have 20 to 200 characters of A-Z, a-z, 0-9, and - . _ ~ + / only.")
    return given or None


def read_owners(given: str) -> tuple[str, ...]:
    """References to who may own a Task, separated by commas. Raises ValidationError for another text."""
    owners = separated(given)
    if any(not OWNER.fullmatch(owner) for owner in owners):
        raise ValidationError(
            "must be references separated by commas, such as PractitionerRole/on-call,Organization/clinic: each to a "
            "Practitioner, PractitionerRole, Organization, CareTeam or HealthcareService."
        )
    return owners


def read_span(given: str | timedelta) -> timedelta:
    """A time such as "15m" or "4h". Raises ValidationError for another text, and beyond a week."""
    if isinstance(given, timedelta):
        return given
    parts = SPAN.fullmatch(given.strip())
    span = timedelta() if parts is None else timedelta(seconds=int(parts[1]) * UNITS[parts[2]])
    if not timedelta() < span <= LONGEST_SPAN:
        raise ValidationError("must be a time such as 15m or 4h: a number with s, m, h or d, at most 7d.")
    return span


def separated(given: str) -> tuple[str, ...]:
    """The texts between commas, without blanks around them; none in an empty text."""
    return tuple(text.strip() for text in given.split(",")) if given else ()


def has_host(address: str) -> bool:
    """True if an address has a host and, if it has a port, a valid one."""
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def nearest_name(name: str, known: list[str]) -> str:
    """The known name that is most like this one."""
    return get_close_matches(name, known, 1, 0.0)[0]


def setting_reader(prefix: str) -> Env:
    """A reader of variables whose names begin so. It collects what is wrong, until it is sealed."""
    env = Env(prefix=prefix, eager=False)
    for function in (
        read_number,
        read_choice,
        read_flag,
        read_level,
        read_sample,
        read_time_zone,
        read_rate,
        read_folder,
        read_file,
        read_authorities,
        read_address,
        read_addresses,
        read_origins,
        read_proxies,
        read_profiles,
        read_organization,
        read_secret,
        read_owners,
        read_span,
    ):
        env.add_parser(function.__name__.removeprefix("read_"), function)
    return env
