"""Search parameters: what can be searched for, where it stands in a resource, and what is found there.

https://hl7.org/fhir/R4/search.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from service.fhir.reading import Resource
from service.fhir.times import instant, moment

WITH_SECONDS = re.compile(r"T\d\d:\d\d:\d\d")
LAST = datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter: its kind (token, reference, date, uri, string) and the elements it looks at."""

    name: str
    kind: str
    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()


def parameters(*given: tuple[str, ...]) -> dict[str, Parameter]:
    """Parameters by name; paths, and the types that a reference may point to, stand with a space between them."""
    everywhere = (("_id", "token", "id"), ("_lastUpdated", "date", "meta.lastUpdated"))
    return {
        name: Parameter(name, kind, tuple(paths.split()), tuple(" ".join(targets).split()))
        for name, kind, paths, *targets in (*everywhere, *given)
    }


IDENTIFIER = ("identifier", "token", "identifier")
PATIENT = (
    ("patient", "reference", "subject", "Patient"),
    ("subject", "reference", "subject", "Patient"),
    ("encounter", "reference", "encounter", "Encounter"),
)
PERSON = "Patient Practitioner PractitionerRole RelatedPerson"
ANSWERED = "Observation QuestionnaireResponse"
DEFINED = (
    ("url", "uri", "url"),
    ("version", "token", "version"),
    ("name", "string", "name"),
    ("title", "string", "title"),
    ("status", "token", "status"),
)
WRITTEN = f"{ANSWERED} ClinicalImpression Task"
PARAMETERS: Mapping[str, Mapping[str, Parameter]] = {
    "QuestionnaireResponse": parameters(
        IDENTIFIER,
        *PATIENT,
        ("questionnaire", "reference", "questionnaire", "Questionnaire"),
        ("status", "token", "status"),
        ("authored", "date", "authored"),
        ("author", "reference", "author", f"{PERSON} Device Organization"),
        ("source", "reference", "source", PERSON),
        ("based-on", "reference", "basedOn", "CarePlan ServiceRequest"),
    ),
    "Observation": parameters(
        IDENTIFIER,
        *PATIENT,
        ("status", "token", "status"),
        ("category", "token", "category"),
        ("code", "token", "code"),
        ("date", "date", "effectiveDateTime"),
        ("value-concept", "token", "valueCodeableConcept"),
        ("derived-from", "reference", "derivedFrom", ANSWERED),
        ("has-member", "reference", "hasMember", ANSWERED),
    ),
    "ClinicalImpression": parameters(
        IDENTIFIER,
        *PATIENT,
        ("status", "token", "status"),
        ("date", "date", "effectiveDateTime"),
        ("finding-code", "token", "finding.itemCodeableConcept"),
        ("investigation", "reference", "investigation.item", ANSWERED),
        ("previous", "reference", "previous", "ClinicalImpression"),
    ),
    "Provenance": parameters(
        ("target", "reference", "target", WRITTEN),
        ("entity", "reference", "entity.what", WRITTEN),
        ("recorded", "date", "recorded"),
    ),
    "Task": parameters(
        IDENTIFIER,
        ("patient", "reference", "for", "Patient"),
        ("subject", "reference", "for", "Patient"),
        ("encounter", "reference", "encounter", "Encounter"),
        ("status", "token", "status"),
        ("priority", "token", "priority"),
        ("intent", "token", "intent"),
        ("code", "token", "code"),
        ("focus", "reference", "focus", WRITTEN),
        ("authored-on", "date", "authoredOn"),
        ("modified", "date", "lastModified"),
    ),
    "Questionnaire": parameters(
        IDENTIFIER,
        *DEFINED,
        ("publisher", "string", "publisher"),
        ("date", "date", "date"),
        ("code", "token", "code"),
    ),
    "CodeSystem": parameters(IDENTIFIER, *DEFINED),
    "ValueSet": parameters(IDENTIFIER, *DEFINED),
}
DEFINITIONS = parameters(*DEFINED)
# Parameters that look at the same elements as another: kept in the index once.
SAME_AS = {"subject": "patient"}


def parameters_of(type_name: str) -> Mapping[str, Parameter]:
    """The search parameters of a type."""
    return PARAMETERS.get(type_name, DEFINITIONS)


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
        return instant(when.order), instant(min(when.order, LAST - of_time(text)) + of_time(text))
    return instant(when.order), instant(end_of(when.order, length))


def of_time(text: str) -> timedelta:
    """How long a time with its parts means: the whole minute or second that it names, or a millisecond."""
    if "." in text:
        return timedelta(milliseconds=1)
    return timedelta(seconds=1) if WITH_SECONDS.search(text) else timedelta(minutes=1)


def end_of(start: datetime, length: timedelta) -> datetime:
    """The start of the next year, month or day."""
    if start.year == LAST.year:
        return LAST
    after = start + length
    if length.days == 366:
        return after.replace(year=start.year + 1, month=1, day=1)
    return after.replace(day=1) if length.days == 31 else after
