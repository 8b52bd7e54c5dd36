"""Search parameters: what can be searched for, where it stands in a resource, and how a search value is read.

https://hl7.org/fhir/R4/search.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from service.fhir.reading import Resource
from service.fhir.records import Match
from service.fhir.times import LAST, instant, moment

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter: its kind (token, reference, date, uri, string) and the elements it looks at."""

    name: str
    kind: str
    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()


def parameters(*given: tuple[str, str, str]) -> dict[str, Parameter]:
    """Parameters by name; paths are given with a space between them."""
    everywhere = (
        ("_id", "token", "id"),
        ("identifier", "token", "identifier"),
        ("_lastUpdated", "date", "meta.lastUpdated"),
    )
    return {name: Parameter(name, kind, tuple(paths.split())) for name, kind, paths in (*everywhere, *given)}


PATIENT = (
    ("patient", "reference", "subject"),
    ("subject", "reference", "subject"),
    ("encounter", "reference", "encounter"),
)
PARAMETERS: Mapping[str, Mapping[str, Parameter]] = {
    "QuestionnaireResponse": parameters(
        *PATIENT,
        ("questionnaire", "reference", "questionnaire"),
        ("status", "token", "status"),
        ("authored", "date", "authored"),
        ("author", "reference", "author"),
        ("source", "reference", "source"),
        ("based-on", "reference", "basedOn"),
    ),
    "Observation": parameters(
        *PATIENT,
        ("status", "token", "status"),
        ("category", "token", "category"),
        ("code", "token", "code"),
        ("date", "date", "effectiveDateTime"),
        ("value-concept", "token", "valueCodeableConcept"),
        ("derived-from", "reference", "derivedFrom"),
        ("has-member", "reference", "hasMember"),
    ),
    "ClinicalImpression": parameters(
        *PATIENT,
        ("status", "token", "status"),
        ("date", "date", "effectiveDateTime"),
        ("finding-code", "token", "finding.itemCodeableConcept"),
        ("investigation", "reference", "investigation.item"),
        ("previous", "reference", "previous"),
    ),
    "Provenance": parameters(
        ("target", "reference", "target"),
        ("entity", "reference", "entity.what"),
        ("recorded", "date", "recorded"),
    ),
    "Task": parameters(
        ("patient", "reference", "for"),
        ("subject", "reference", "for"),
        ("encounter", "reference", "encounter"),
        ("status", "token", "status"),
        ("priority", "token", "priority"),
        ("intent", "token", "intent"),
        ("code", "token", "code"),
        ("focus", "reference", "focus"),
        ("authored-on", "date", "authoredOn"),
        ("modified", "date", "lastModified"),
    ),
    "Questionnaire": parameters(
        ("url", "uri", "url"),
        ("version", "token", "version"),
        ("name", "string", "name"),
        ("title", "string", "title"),
        ("status", "token", "status"),
        ("publisher", "string", "publisher"),
        ("date", "date", "date"),
        ("code", "token", "code"),
    ),
}
DEFINITIONS = parameters(
    ("url", "uri", "url"),
    ("version", "token", "version"),
    ("name", "string", "name"),
    ("title", "string", "title"),
    ("status", "token", "status"),
)
# Parameters that look at the same elements as another: kept in the index once.
SAME_AS = {"subject": "patient"}
IMPLIED_TYPE = {"patient": "Patient", "subject": "Patient", "encounter": "Encounter"}


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One searchable value of a resource."""

    parameter: str
    system: str | None
    value: str | None
    low: str | None = None
    high: str | None = None


def index(resource: Resource, of_type: Mapping[str, Parameter]) -> Iterator[IndexEntry]:
    """Everything in a resource that can be searched for. ``_lastUpdated`` is the store's own."""
    for parameter in of_type.values():
        if SAME_AS.get(parameter.name) in of_type:
            continue
        for path in parameter.paths:
            for element in elements(resource, path.split(".")):
                yield from entries(parameter, element)
    if "url" in of_type and "version" in resource:
        yield IndexEntry("url", None, f"{resource['url']}|{resource['version']}")


def elements(value: Any, steps: list[str]) -> Iterator[Any]:
    """The values at a path, through arrays."""
    if isinstance(value, list):
        for inner in value:
            yield from elements(inner, steps)
    elif not steps:
        yield value
    elif isinstance(value, dict) and steps[0] in value:
        yield from elements(value[steps[0]], steps[1:])


def entries(parameter: Parameter, element: Any) -> Iterator[IndexEntry]:
    """The searchable values of one element."""
    match parameter.kind:
        case "token":
            yield from (IndexEntry(parameter.name, system, value) for system, value in tokens(element))
        case "reference":
            yield from (IndexEntry(parameter.name, None, value) for value in references(element))
        case "date":
            low, high = span(element)
            yield IndexEntry(parameter.name, None, None, low, high)
        case _:
            yield IndexEntry(parameter.name, None, str(element))


def tokens(element: Any) -> Iterator[tuple[str | None, str]]:
    """System and code (or value) of a code, Coding, CodeableConcept or Identifier."""
    if isinstance(element, str):
        yield None, element
    elif "coding" in element:
        for coding in element["coding"]:
            yield from tokens(coding)
    else:
        value = element.get("code", element.get("value"))
        if isinstance(value, str):
            yield element.get("system"), value


def references(element: Any) -> Iterator[str]:
    """A canonical with and without its version, or a reference without its version."""
    if isinstance(element, str):
        yield element
        if "|" in element:
            yield element.split("|")[0]
    elif "reference" in element:
        yield element["reference"].split("/_history/")[0]


def span(text: str) -> tuple[str, str]:
    """The first instant that a date or time can mean, and the first that it no longer can."""
    when = moment(text)
    length = {4: timedelta(days=366), 7: timedelta(days=31), 10: timedelta(days=1)}.get(len(text))
    if length is None:
        # A time without a fraction means the whole second.
        length = timedelta(milliseconds=1) if "." in text else timedelta(seconds=1)
        return instant(when.order), instant(when.order + min(length, LAST - when.order))
    return instant(when.order), instant(end_of(when.order, length))


def end_of(start: datetime, length: timedelta) -> datetime:
    """The start of the next year, month or day."""
    if start.year == LAST.year:
        return LAST
    after = start + length
    if length.days == 366:
        return after.replace(year=start.year + 1, month=1, day=1)
    return after.replace(day=1) if length.days == 31 else after


def read_value(parameter: Parameter, text: str, bases: tuple[str, ...]) -> Match:
    """Reads one search value. Raises ValueError when it is not one of the parameter's kind."""
    match parameter.kind:
        case "token":
            return read_token(text)
        case "reference":
            return read_reference(parameter, text, bases)
        case "date":
            return read_date(text)
    return Match(value=unescape(text))


def read_token(text: str) -> Match:
    """``code``, ``system|code``, ``|code`` or ``system|``."""
    parts = [unescape(part) for part in re.split(r"(?<!\\)\|", text)]
    if len(parts) > 2 or not any(parts):
        raise ValueError("a token is code, system|code, |code or system|")
    if len(parts) == 1:
        return Match(value=parts[0])
    return Match(system=parts[0], value=parts[1] or None)


def read_reference(parameter: Parameter, text: str, bases: tuple[str, ...]) -> Match:
    """``id``, ``Type/id``, or the url of a resource of this site; a canonical as it is."""
    text = unescape(text)
    for base in bases:
        text = text.removeprefix(f"{base.rstrip('/')}/")
    if parameter.name in IMPLIED_TYPE and "/" not in text:
        text = f"{IMPLIED_TYPE[parameter.name]}/{text}"
    return Match(value=text)


def read_date(text: str) -> Match:
    prefix, rest = (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?", rest):
        raise ValueError("a date is written as 2026, 2026-11, 2026-11-21 or 2026-11-21T09:00:00Z")
    if "T" in rest and not re.search(r"(Z|[+-]\d\d:\d\d)$", rest):
        rest += "Z"
    low, high = span(rest)
    return Match(prefix=prefix, low=low, high=high)


def split_values(text: str) -> list[str]:
    """The values of one parameter, which stand between commas (``\\,`` is a comma inside a value)."""
    return re.split(r"(?<!\\),", text)


def unescape(text: str) -> str:
    return re.sub(r"\\([,|$\\])", r"\1", text)
