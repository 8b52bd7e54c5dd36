"""Parses the parameters of a search or history: the query, the parameters that are ignored, and the issues.

https://hl7.org/fhir/R4/search.html
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import get_args

from service.fhir.r4.datetimes import parse_datetime
from service.fhir.search.query import SearchQuery, SearchTerm, SortKey, Total
from service.fhir.search.search_parameters import SAME_AS, SearchParameter, parameters_of
from service.fhir.search.sort_and_include import INCLUDE_PARSERS, Include, parse_sort
from service.fhir.search.subset import Subset, read_subset
from service.fhir.search.value_parser import VALUE_FORMS, parse_date, parse_values
from service.issues import Issue, Malformed

DEFAULT_COUNT = 20
MAX_COUNT = 200
# SQLite limits the depth of an expression to 1,000, and each alternative adds a few levels.
MAX_ALTERNATIVES = 200
# A comparison of dates reads the index of all resources, other values find theirs.
COST_OF_DATE = 10
MAX_VALUE_LENGTH = 8_192
# All values together. The parameters of posted searches are stored.
MAX_LENGTH = 16_384
QueryParameters = Sequence[tuple[str, str]]
# Parameters that say how to return results, and that the links of a page repeat. The links always have _count.
PRESENTATION_PARAMETERS = ("_summary", "_elements", "_total", "_format")
# `_totalMethod` is what fhirpy sends to count, with `_count=0`. The total is exact then, so it means nothing here.
RESULT_PARAMETERS = frozenset({"_count", "_pretty", "_totalMethod", *PRESENTATION_PARAMETERS})
SEARCH_RESULT_PARAMETERS = RESULT_PARAMETERS | {"_sort"}
HISTORY_PARAMETERS = RESULT_PARAMETERS | {"_since"}
# An issue names an unknown parameter only if it has this form: any other text may contain patient data.
PARAMETER_NAME = re.compile(r"_?[A-Za-z]{1,20}(-[A-Za-z]{1,20}){0,3}", re.ASCII)
# Unsupported parameters that are refused, never ignored: without them a search would return too much.
REFUSED = ("_has", "_filter", "_query", "_list")


@dataclass(frozen=True)
class SearchRequest:
    """A parsed search: the query, the parameters it uses, an issue for each ignored one, and the subset to return."""

    query: SearchQuery
    used: tuple[tuple[str, str], ...]
    ignored: tuple[Issue, ...] = ()
    subset: Subset = field(default=Subset())
    includes: tuple[Include, ...] = ()


@dataclass
class SearchParser:
    """The terms and the issues of a search that is being parsed."""

    type_name: str
    parameters: Mapping[str, SearchParameter]
    bases: tuple[str, ...]
    terms: list[SearchTerm] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    used: list[tuple[str, str]] = field(default_factory=list)
    ignored: list[Issue] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    def add_parameter(self, name: str, text: str) -> None:
        """Adds the term of a parameter, or an issue."""
        if name in INCLUDE_PARSERS:
            self.add_include(name, text)
            return
        stem, modifier = split_name(name)
        if stem not in self.parameters:
            self.ignore_parameter(stem)
            return
        parameter = self.parameters[stem]
        if modifier and modifier.removeprefix(":") not in parameter.targets:
            reason = f"`{stem}` does not support this modifier or chain. Send `{stem}` without it."
            self.issues.append(Issue("not-supported", f"http.{stem}", reason))
            return
        self.add_term(replace(parameter, targets=(modifier[1:],)) if modifier else parameter, name, text)

    def add_term(self, parameter: SearchParameter, name: str, text: str) -> None:
        """Adds the term of a supported parameter, or an issue if its value does not have the form of its type."""
        if len(text) > MAX_VALUE_LENGTH:
            reason = f"`{parameter.name}` must have at most {MAX_VALUE_LENGTH:,} characters. Divide the search."
            self.issues.append(Issue("too-long", f"http.{parameter.name}", reason))
            return
        try:
            values = parse_values(parameter, text, self.bases)
        except ValueError:
            reason = f"`{parameter.name}` must be a {parameter.type}: {VALUE_FORMS[parameter.type]}."
            self.issues.append(Issue("value", f"http.{parameter.name}", reason))
            return
        same = SAME_AS.get(parameter.name, parameter.name)
        self.terms.append(SearchTerm(same if same in self.parameters else parameter.name, parameter.type, values))
        self.used.append((name, text))

    def add_include(self, name: str, text: str) -> None:
        """Adds an include, or a warning that it is not supported."""
        include = INCLUDE_PARSERS[name](self.type_name, text, self.ignored)
        if include is not None:
            self.includes.append(include)
            self.used.append((name, text))

    def sort_keys(self, text: str | None) -> tuple[SortKey, ...]:
        """Returns the keys of `_sort`, or adds a warning that it is not supported."""
        keys = parse_sort(self.type_name, text, self.ignored) if text else ()
        self.used += [("_sort", text)] if keys and text else []
        return keys

    def ignore_parameter(self, stem: str) -> None:
        """Adds a warning that an unsupported parameter is ignored, or an error if it must not be ignored."""
        if stem in REFUSED:
            text = f"`{stem}` is not supported. Search without it."
            self.issues.append(Issue("not-supported", f"http.{stem}", text))
            return
        if stem in INCLUDE_PARSERS:
            text = f"`{stem}` supports no modifier, such as `:iterate`. Send `{stem}` without it."
            self.ignored.append(Issue("not-supported", f"http.{stem}", text))
            return
        self.ignored.append(unknown_parameter(stem, sorted(self.parameters)))

    def check_length(self, sent: QueryParameters) -> None:
        """Adds an issue if the values are too long together."""
        if sum(len(text) for _, text in sent) > MAX_LENGTH:
            text = f"A search must have at most {MAX_LENGTH:,} characters. Divide it into several searches."
            self.issues.append(Issue("too-long", "", text))

    def check_alternatives(self) -> None:
        """Adds an issue if the search has more alternatives than a database accepts, or is too costly for it."""
        cost = sum(len(term.values) * (COST_OF_DATE if term.type == "date" else 1) for term in self.terms)
        if cost > MAX_ALTERNATIVES:
            dates = MAX_ALTERNATIVES // COST_OF_DATE
            text = f"A search must have at most {MAX_ALTERNATIVES} values, or {dates} dates. Divide it."
            self.issues.append(Issue("too-costly", "", text))


def unknown_parameter(name: str, supported: Sequence[str]) -> Issue:
    """Returns the issue that a parameter is not supported. It names the parameter if that can be its name only."""
    is_name = PARAMETER_NAME.fullmatch(name) is not None
    named = f"`{name}`" if is_name else "A parameter of the address"
    text = f"{named} is not supported. Supported are {', '.join(supported)}."
    return Issue("not-supported", f"http.{name}" if is_name else "", text)


def parse_search(type_name: str, sent: QueryParameters, bases: tuple[str, ...], lenient: bool = False) -> SearchRequest:
    """Returns the search that the parameters sent describe. Raises Malformed with every issue.

    An unsupported parameter is an issue, or is ignored with a warning if ``lenient`` (Prefer: handling=lenient).
    """
    parser = SearchParser(type_name, parameters_of(type_name), bases)
    for name, text in sent:
        if text and name not in SEARCH_RESULT_PARAMETERS:
            parser.add_parameter(name, text)
    parser.check_length(sent)
    parser.check_alternatives()
    presentation = single_values(sent, SEARCH_RESULT_PARAMETERS, parser.issues)
    sort = parser.sort_keys(presentation.get("_sort"))
    subset = read_subset(type_name, presentation, parser.issues, parser.ignored)
    count = parse_count(presentation, parser.issues, parser.ignored)
    total = parse_total(presentation, parser.issues)
    ignored = raise_if_refused(parser.issues, parser.ignored, lenient)
    used = (*parser.used, *((name, presentation[name]) for name in PRESENTATION_PARAMETERS if presentation.get(name)))
    page_size = 0 if subset.summary == "count" else count
    query = SearchQuery(type_name, tuple(parser.terms), page_size, sort=sort, total=total if page_size else "accurate")
    return SearchRequest(query, used, ignored, subset, tuple(parser.includes))


def raise_if_refused(issues: Sequence[Issue], ignored: Sequence[Issue], lenient: bool) -> tuple[Issue, ...]:
    """Returns the ignored parameters as warnings.

    Raises Malformed if there are issues, or if parameters would be ignored without ``lenient``.
    """
    refused = [issue for issue in ignored if not lenient and issue.code == "not-supported"]
    if issues or refused:
        raise Malformed([*issues, *(replace(issue, severity="error") for issue in refused)])
    return tuple(replace(each, severity="warning") if each.code == "not-supported" else each for each in ignored)


def split_name(name: str) -> tuple[str, str]:
    """Returns the name of a parameter and its modifier or chain: ``"code:not"`` gives ("code", ":not")."""
    ends = [end for end in (name.find(":"), name.find(".")) if end >= 0]
    return (name, "") if not ends else (name[: min(ends)], name[min(ends) :])


def single_values(sent: QueryParameters, names: Collection[str], issues: list[Issue]) -> dict[str, str]:
    """Returns the values of these parameters by name. Adds an issue if one of them has two different values."""
    values: dict[str, str] = {}
    for name, text in sent:
        if name in names and values.setdefault(name, text) != text:
            issues.append(Issue("value", f"http.{name}", f"`{name}` must be sent once."))
    return values


def parse_count(presentation: Mapping[str, str], issues: list[Issue], ignored: list[Issue]) -> int:
    """Returns the number of resources on a page. A number that is too large is reduced, with a note for the client."""
    text = presentation.get("_count") or str(DEFAULT_COUNT)
    if not (text.isascii() and text.isdigit()):
        issues.append(Issue("value", "http._count", "`_count` must be a whole number from 0."))
        return 0
    count = int(text.lstrip("0")[:9] or "0")
    if count > MAX_COUNT:
        reason = f"`_count` was reduced to {MAX_COUNT}, the maximum of a page."
        ignored.append(Issue("informational", "http._count", reason, severity="information"))
    return min(count, MAX_COUNT)


def parse_total(presentation: Mapping[str, str], issues: list[Issue]) -> Total:
    """Returns how the client wants the matches to be counted. Adds an issue if ``_total`` is no code of FHIR."""
    text = presentation.get("_total") or "estimate"
    for known in get_args(Total):
        if text == known:
            return known  # type: ignore[no-any-return]
    issues.append(Issue("value", "http._total", f"`_total` must be one of {', '.join(sorted(get_args(Total)))}."))
    return "estimate"


@dataclass(frozen=True)
class HistoryRequest:
    """A parsed history request: page size, earliest time, the parameters it uses, and the subset to return."""

    count: int
    since: datetime | None
    used: tuple[tuple[str, str], ...]
    subset: Subset


def parse_history(type_name: str, sent: QueryParameters, lenient: bool = False) -> HistoryRequest:
    """Returns the history request that the parameters sent describe. Raises Malformed with every issue."""
    issues: list[Issue] = []
    ignored: list[Issue] = []
    presentation = single_values(sent, HISTORY_PARAMETERS, issues)
    subset = read_subset(type_name, presentation, issues, ignored)
    count = parse_count(presentation, issues, ignored)
    since = parse_since(presentation.get("_since"), issues)
    for name, text in sent:
        if text and name not in HISTORY_PARAMETERS:
            ignore_in_history(name, issues, ignored)
    raise_if_refused(issues, ignored, lenient)
    used = tuple((name, presentation[name]) for name in ("_since", *PRESENTATION_PARAMETERS) if presentation.get(name))
    return HistoryRequest(0 if subset.summary == "count" else count, since, (*used, ("_count", str(count))), subset)


def parse_since(text: str | None, issues: list[Issue]) -> datetime | None:
    """Returns the time from which versions are requested. Adds an issue if it is not a time."""
    try:
        return parse_datetime(parse_date(f"eq{text}").low or "").sort_key if text else None
    except ValueError:
        issues.append(Issue("value", "http._since", "`_since` must be an instant, such as 2026-11-21T09:00:00Z."))
        return None


def ignore_in_history(name: str, issues: list[Issue], ignored: list[Issue]) -> None:
    """Adds a warning that a parameter is ignored, or an error for ``_at`` and ``_list``, which must not be."""
    if name in ("_at", "_list"):
        issues.append(Issue("not-supported", f"http.{name}", f"`{name}` is not supported. Use `_since`."))
        return
    ignored.append(unknown_parameter(name, ["_since"]))
