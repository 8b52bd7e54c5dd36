"""A search request read parameter by parameter: what it asks for, what is left out, and what cannot be.

https://hl7.org/fhir/R4/search.html
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from service.fhir.records import Query, Term
from service.fhir.search_values import read_date, read_values
from service.fhir.searching import SAME_AS, Parameter, parameters_of
from service.fhir.subsetting import Subset, read_subset
from service.fhir.times import moment
from service.screening.faults import Fault, Malformed

DEFAULT_COUNT = 20
MAX_COUNT = 200
# SQLite takes expressions up to a depth of 1,000, of which each alternative needs a few.
MAX_ALTERNATIVES = 200
Given = Sequence[tuple[str, str]]
# They say how to answer, not what to search for. These are repeated in the links of a page; _count always is.
SHAPING = ("_summary", "_elements", "_total", "_format")
RESULT_PARAMETERS = frozenset({"_count", "_pretty", *SHAPING})
HISTORY_PARAMETERS = RESULT_PARAMETERS | {"_since"}
# Named when left out: names of FHIR, which hold nothing of a patient.
FAMILIAR = frozenset({"_sort", "_include", "_revinclude", "_contained", "_containedType"})
# Never left out: without them a search would find more than was asked for.
NARROWING = ("_has", "_filter", "_query", "_list")


@dataclass(frozen=True)
class Request:
    """A search as it was understood: the query, the parameters really used, what was left out, what to show."""

    query: Query
    used: tuple[tuple[str, str], ...]
    ignored: tuple[Fault, ...] = ()
    subset: Subset = field(default=Subset())


@dataclass
class Understanding:
    """What has been understood of a search so far."""

    parameters: Mapping[str, Parameter]
    bases: tuple[str, ...]
    terms: list[Term] = field(default_factory=list)
    used: list[tuple[str, str]] = field(default_factory=list)
    ignored: list[Fault] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def criterion(self, name: str, text: str) -> None:
        """Takes one parameter into account. A name that is no parameter's is not repeated: it may hold anything."""
        stem, modifier = parts_of(name)
        if stem not in self.parameters:
            self.unknown(stem)
            return
        parameter = self.parameters[stem]
        if modifier and modifier.removeprefix(":") not in parameter.targets:
            reason = f"{stem} is not offered with a modifier or a chain here. Send it without."
            self.faults.append(Fault("not-supported", f"http.{stem}", reason))
            return
        self.values(replace(parameter, targets=(modifier[1:],)) if modifier else parameter, name, text)

    def values(self, parameter: Parameter, name: str, text: str) -> None:
        try:
            values = read_values(parameter, text, self.bases)
        except ValueError:
            reason = f"This value is not one of a {parameter.kind} parameter."
            self.faults.append(Fault("value", f"http.{parameter.name}", reason))
            return
        same = SAME_AS.get(parameter.name, parameter.name)
        self.terms.append(Term(same if same in self.parameters else parameter.name, parameter.kind, values))
        self.used.append((name, text))

    def unknown(self, stem: str) -> None:
        """Leaves a parameter out and says so; refuses one that only narrows a search."""
        if stem in NARROWING:
            self.faults.append(Fault("not-supported", f"http.{stem}", f"{stem} is not supported here."))
            return
        named = stem if stem in FAMILIAR else "A parameter"
        text = f"{named} is not supported here and was left out. Supported are {', '.join(sorted(self.parameters))}."
        self.ignored.append(Fault("not-supported", "", text, severity="warning"))

    def check_size(self) -> None:
        """A search with very many alternatives is more than a database takes."""
        if sum(len(term.values) for term in self.terms) > MAX_ALTERNATIVES:
            text = f"A search takes {MAX_ALTERNATIVES} values at most. Search in several steps."
            self.faults.append(Fault("too-costly", "", text))


def understand(type_name: str, given: Given, bases: tuple[str, ...], strict: bool = False) -> Request:
    """Reads the parameters of a search. Raises Malformed with every fault.

    A parameter that is not known is left out and named, or refused when the client asked for ``strict``.
    """
    found = Understanding(parameters_of(type_name), bases)
    for name, text in given:
        if text and name not in RESULT_PARAMETERS:
            found.criterion(name, text)
    found.check_size()
    shaping = once(given, RESULT_PARAMETERS, found.faults)
    subset = read_subset(type_name, shaping, found.faults, found.ignored)
    count = read_count(shaping, found.faults, found.ignored)
    check_total(shaping, found.faults)
    refuse(found.faults, found.ignored, strict)
    used = (*found.used, *((name, shaping[name]) for name in SHAPING if shaping.get(name)))
    shown = 0 if subset.summary == "count" else count
    return Request(Query(type_name, tuple(found.terms), shown), used, tuple(found.ignored), subset)


def refuse(faults: Sequence[Fault], ignored: Sequence[Fault], strict: bool) -> None:
    """Raises Malformed for what is wrong; for a strict client that is also what would be left out."""
    left_out = [replace(fault, severity="error") for fault in ignored if strict and fault.code == "not-supported"]
    if faults or left_out:
        raise Malformed([*faults, *left_out])


def parts_of(name: str) -> tuple[str, str]:
    """The name of a parameter, and the modifier or chain behind it."""
    ends = [at for at in (name.find(":"), name.find(".")) if at >= 0]
    return (name, "") if not ends else (name[: min(ends)], name[min(ends) :])


def once(given: Given, names: Collection[str], faults: list[Fault]) -> dict[str, str]:
    """The parameters that say how to answer: each may be given once."""
    shaping: dict[str, str] = {}
    for name, text in given:
        if name in names and shaping.setdefault(name, text) != text:
            faults.append(Fault("value", f"http.{name}", f"{name} is given more than once."))
    return shaping


def read_count(shaping: Mapping[str, str], faults: list[Fault], ignored: list[Fault]) -> int:
    """How many to show on a page."""
    text = shaping.get("_count") or str(DEFAULT_COUNT)
    if not (text.isascii() and text.isdigit()):
        faults.append(Fault("value", "http._count", "_count is a whole number from 0 up."))
        return 0
    count = int(text.lstrip("0")[:9] or "0")
    if count > MAX_COUNT:
        reason = f"_count was reduced to {MAX_COUNT}, the most that a page holds."
        ignored.append(Fault("informational", "http._count", reason, severity="information"))
    return min(count, MAX_COUNT)


def check_total(shaping: Mapping[str, str], faults: list[Fault]) -> None:
    """A total is always counted exactly, which any value allows."""
    if shaping.get("_total", "accurate") not in ("none", "estimate", "accurate", ""):
        faults.append(Fault("value", "http._total", "_total is one of none, estimate, accurate."))


@dataclass(frozen=True)
class HistoryRequest:
    """A request for versions as it was understood."""

    count: int
    since: datetime | None
    used: tuple[tuple[str, str], ...]
    subset: Subset


def understand_history(type_name: str, given: Given, strict: bool = False) -> HistoryRequest:
    """Reads the parameters of a history. Raises Malformed with every fault."""
    faults: list[Fault] = []
    ignored: list[Fault] = []
    shaping = once(given, HISTORY_PARAMETERS, faults)
    subset = read_subset(type_name, shaping, faults, ignored)
    count = read_count(shaping, faults, ignored)
    since = read_since(shaping.get("_since"), faults)
    for name, text in given:
        if text and name not in HISTORY_PARAMETERS:
            leave_out_of_history(name, faults, ignored)
    refuse(faults, ignored, strict)
    used = tuple((name, shaping[name]) for name in ("_since", *SHAPING) if shaping.get(name))
    return HistoryRequest(0 if subset.summary == "count" else count, since, (*used, ("_count", str(count))), subset)


def read_since(text: str | None, faults: list[Fault]) -> datetime | None:
    """The moment from which versions are wanted."""
    try:
        return moment(read_date(f"eq{text}").low or "").order if text else None
    except ValueError:
        faults.append(Fault("value", "http._since", "_since is an instant, such as 2026-11-21T09:00:00Z."))
        return None


def leave_out_of_history(name: str, faults: list[Fault], ignored: list[Fault]) -> None:
    """``_at`` and ``_list`` would narrow a history, others are left out."""
    if name in ("_at", "_list"):
        faults.append(Fault("not-supported", f"http.{name}", f"{name} is not supported here. _since is."))
        return
    ignored.append(Fault("not-supported", "", "A parameter is not supported here.", severity="warning"))
