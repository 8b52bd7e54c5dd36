"""Reading and searching what is published and stored.

https://hl7.org/fhir/R4/search.html
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from service.fhir.reading import UNFIT
from service.fhir.records import Held, Match, Page, Query, Term
from service.fhir.searching import (
    DEFINITIONS,
    PARAMETERS,
    SAME_AS,
    IndexEntry,
    Parameter,
    index,
    read_value,
    split_values,
)
from service.screening.faults import Fault, Malformed

DEFAULT_COUNT = 20
MAX_COUNT = 200
MAX_VALUES = 200
PLACE = re.compile(r"\d{1,9}\.\d{1,9}", re.ASCII)
RESULT_PARAMETERS = {"_count", "_page", "_format", "_pretty", "_summary", "_elements", "_total"}


class Store(Protocol):
    """Where responses and results are kept."""

    def read(self, type_name: str, id: str) -> Held | None:
        """The current version of a resource."""

    def search(self, query: Query) -> Page:
        """One page of what a query finds."""


@dataclass(frozen=True)
class Request:
    """A search as it was understood: the query, the parameters really used, and what was left out."""

    query: Query
    used: tuple[tuple[str, str], ...]
    ignored: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Library:
    """What is published, by type, ready to be read and searched."""

    resources: Mapping[str, Sequence[Held]]
    indexes: Mapping[tuple[str, str], tuple[IndexEntry, ...]] = field(default_factory=dict)

    def read(self, type_name: str, id: str) -> Held | None:
        """The published resource with this id."""
        return next((held for held in self.resources.get(type_name, ()) if held.resource["id"] == id), None)

    def search(self, query: Query) -> Page:
        """One page of the published resources that match."""
        found = [held for held in self.resources.get(query.type, ()) if self.matches(held, query)]
        start = query.after[1] if query.after else 0
        shown = tuple(found[start : start + query.count])
        end = start + query.count
        return Page(len(found), shown, (0, end) if query.count and end < len(found) else None)

    def matches(self, held: Held, query: Query) -> bool:
        entries = self.indexes[query.type, held.resource["id"]]
        return all(any(holds(term, match, entries) for match in term.values) for term in query.terms)


def make_library(resources: Iterable[Held]) -> Library:
    """The library of published resources."""
    by_type: dict[str, list[Held]] = {}
    indexes = {}
    for held in resources:
        type_name = held.resource["resourceType"]
        by_type.setdefault(type_name, []).append(held)
        indexes[type_name, held.resource["id"]] = tuple(index(held.resource, parameters_of(type_name)))
    return Library(by_type, indexes)


def parameters_of(type_name: str) -> Mapping[str, Parameter]:
    """The search parameters of a type."""
    return PARAMETERS.get(type_name, DEFINITIONS)


def holds(term: Term, match: Match, entries: Iterable[IndexEntry]) -> bool:
    """Whether one of a resource's values is the one searched for."""
    return any(entry.parameter == term.parameter and same(term.kind, match, entry) for entry in entries)


def same(kind: str, match: Match, entry: IndexEntry) -> bool:
    if kind == "date":
        return same_date(match, entry.low or "", entry.high or "")
    if kind == "string":
        return (entry.value or "").lower().startswith((match.value or "").lower())
    if match.system is not None and (entry.system or "") != match.system:
        return False
    return match.value is None or entry.value == match.value


def same_date(match: Match, low: str, high: str) -> bool:
    """Compares ranges of time, as the prefix says."""
    wanted_low, wanted_high = match.low or "", match.high or ""
    inside = low >= wanted_low and high <= wanted_high
    return {
        "eq": inside,
        "ne": not inside,
        "gt": high > wanted_high,
        "ge": high > wanted_high or inside,
        "lt": low < wanted_low,
        "le": low < wanted_low or inside,
        "sa": low >= wanted_high,
        "eb": high <= wanted_low,
        "ap": low < wanted_high and high > wanted_low,
    }[match.prefix]


def understand(
    type_name: str, given: Sequence[tuple[str, str]], bases: tuple[str, ...], strict: bool = False
) -> Request:
    """Reads the parameters of a search. Raises Malformed with every fault.

    A parameter that is not known is left out and named, or refused when the client asked for ``strict``.
    """
    known = parameters_of(type_name)
    terms, used, ignored, faults = [], [], [], []
    for name, text in given:
        if name in RESULT_PARAMETERS or not text:
            continue
        parameter = known.get(name)
        if parameter is None:
            ignored.append(unknown_parameter(name, known))
            continue
        try:
            values = read_values(parameter, text, bases)
        except ValueError:
            faults.append(Fault("value", name, f"This value is not one of a {parameter.kind} parameter."))
            continue
        if len(values) > MAX_VALUES:
            faults.append(Fault("too-costly", name, f"There are more than {MAX_VALUES} values. Ask for fewer."))
        terms.append(Term(SAME_AS.get(name, name), parameter.kind, values))
        used.append((name, text))
    count, after = paging(given, faults)
    if faults or (strict and ignored):
        raise Malformed([*faults, *ignored] if strict else faults)
    return Request(Query(type_name, tuple(terms), count, after), tuple(used), tuple(ignored))


def read_values(parameter: Parameter, text: str, bases: tuple[str, ...]) -> tuple[Match, ...]:
    """The values of a parameter, one of which must match. Raises ValueError."""
    if UNFIT.search(text):
        raise ValueError("nothing that is stored holds such a character")
    return tuple(read_value(parameter, value, bases) for value in split_values(text))


def unknown_parameter(name: str, known: Mapping[str, Parameter]) -> Fault:
    """Says that a parameter (or a modifier of one) was left out; a name that is no parameter's may hold anything."""
    bare, _, modifier = name.partition(":")
    familiar = bare in known or bare in {"_sort", "_include", "_revinclude"}
    named = f"{bare}{' with what follows the colon' if modifier else ''}" if familiar else "A parameter"
    text = f"{named} is not supported here and was left out. Supported are {', '.join(sorted(known))}."
    return Fault("not-supported", "", text, severity="warning")


def paging(given: Sequence[tuple[str, str]], faults: list[Fault]) -> tuple[int, tuple[int, int] | None]:
    """How many to show and from where."""
    values = dict(given)
    count, after = DEFAULT_COUNT, None
    if "_count" in values:
        if values["_count"].isascii() and values["_count"].isdigit():
            count = min(int(values["_count"][:9]), MAX_COUNT)
        else:
            faults.append(Fault("value", "_count", "_count is a whole number from 0 up."))
    if "_page" in values:
        try:
            after = read_place(values["_page"])
        except ValueError:
            faults.append(Fault("value", "_page", "This page is not known. Follow the links of the first page."))
    return count, after


def place_text(place: tuple[int, int]) -> str:
    """A place in the order of results, as it stands in links."""
    return base64.urlsafe_b64encode(f"{place[0]}.{place[1]}".encode()).decode().rstrip("=")


def read_place(text: str) -> tuple[int, int]:
    """Reads a place from a link. Raises ValueError."""
    try:
        place = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError) as problem:
        raise ValueError from problem
    if not PLACE.fullmatch(place):
        raise ValueError("a place is two whole numbers")
    act, position = place.split(".")
    return int(act), int(position)
