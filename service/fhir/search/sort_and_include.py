"""Parses `_sort`, `_include` and `_revinclude`.

https://hl7.org/fhir/R4/search.html#sort
https://hl7.org/fhir/R4/search.html#include
"""

from dataclasses import dataclass

from service.fhir.search.query import SortKey
from service.fhir.search.search_parameters import EFFECTIVE_TIME, INCLUDES, REVERSE_INCLUDES, parameters_of
from service.issues import Issue


@dataclass(frozen=True)
class Include:
    """Resources to return beside the matches: those that ``parameter`` of a match refers to.

    With ``reverse`` those of ``type`` whose ``parameter`` refers to a match. ``target`` restricts the types.
    Example: ``_include=Observation:derived-from`` is ``Include("Observation", "derived-from")``.
    """

    type: str
    parameter: str
    target: str | None = None
    reverse: bool = False


def sort_names(type_name: str) -> list[str]:
    """Returns the parameters that `_sort` accepts for a type."""
    effective = EFFECTIVE_TIME.get(type_name)
    return ["_id", "_lastUpdated", *([effective] if effective else [])]


def parse_sort(type_name: str, text: str, unsupported: list[Issue]) -> tuple[SortKey, ...]:
    """Returns the keys of `_sort`, such as "-date,_id". Adds an issue if one of them is not supported."""
    keys = tuple(SortKey(part.removeprefix("-"), part.startswith("-")) for part in text.split(","))
    if all(key.parameter in sort_names(type_name) for key in keys):
        return keys
    reason = f"`_sort` supports {', '.join(sort_names(type_name))}, each with or without a hyphen before it."
    unsupported.append(Issue("not-supported", "http._sort", reason))
    return ()


def parse_include(type_name: str, text: str, unsupported: list[Issue]) -> Include | None:
    """Returns the include in a value such as "Observation:derived-from". Adds an issue if it is not supported."""
    source, _, rest = text.partition(":")
    parameter, _, target = rest.partition(":")
    if source == type_name and parameter in INCLUDES.get(type_name, ()):
        targets = parameters_of(type_name)[parameter].targets
        if target in ("", *targets):
            return Include(source, parameter, target or None)
        text = f"`_include` of {source}:{parameter} supports these types after it: {', '.join(targets)}."
        unsupported.append(Issue("not-supported", "http._include", text))
        return None
    supported = ", ".join(f"{type_name}:{name}" for name in INCLUDES.get(type_name, ())) or "nothing for this type"
    unsupported.append(Issue("not-supported", "http._include", f"`_include` supports {supported}."))
    return None


def parse_reverse_include(type_name: str, text: str, unsupported: list[Issue]) -> Include | None:
    """Returns the include of `_revinclude=Provenance:target`. Adds an issue for any other value.

    It may end with the type of the search, as in "Provenance:target:Observation".
    """
    text = text.removesuffix(f":{type_name}")
    if text in REVERSE_INCLUDES.get(type_name, ()):
        source, _, parameter = text.partition(":")
        return Include(source, parameter, reverse=True)
    supported = ", ".join(REVERSE_INCLUDES.get(type_name, ())) or "nothing for this type"
    unsupported.append(Issue("not-supported", "http._revinclude", f"`_revinclude` supports {supported}."))
    return None


# The parser of each of these parameters, which may be repeated.
INCLUDE_PARSERS = {"_include": parse_include, "_revinclude": parse_reverse_include}
