"""Parses the values of search parameters: alternatives, escapes, tokens, references, dates with a prefix.

https://hl7.org/fhir/R4/search.html#ptypes
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from service.fhir.search.date_ranges import PREFIXES, span
from service.fhir.search.query import SearchValue
from service.fhir.search.search_parameters import ParameterType, SearchParameter

DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII)
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]")
# Said in an issue, so that the client knows which form a value must have.
VALUE_FORMS: Mapping[ParameterType, str] = {
    "token": "code, system|code, |code or system|",
    "reference": "id, type/id or a url",
    "date": "2026, 2026-11, 2026-11-21 or 2026-11-21T09:00:00Z, with or without a prefix such as ge",
    "uri": "a uri",
    "string": "text without control characters",
}


def parse_values(parameter: SearchParameter, text: str, bases: tuple[str, ...]) -> tuple[SearchValue, ...]:
    """Returns the alternatives in the value of a parameter: ``"a,b"`` has two.

    Raises ValueError if an alternative is not of the form that the type of the parameter requires.
    """
    if CONTROL_CHARACTERS.search(text):
        raise ValueError("a search value must not contain control characters")
    return tuple(
        value
        for alternative in split_unescaped(text, ",")
        for value in parse_alternative(parameter, alternative, bases)
    )


def parse_alternative(parameter: SearchParameter, text: str, bases: tuple[str, ...]) -> tuple[SearchValue, ...]:
    """Returns the search values of an alternative: an id without a type gives a value for each target type."""
    if not text:
        raise ValueError("an alternative is empty")
    match parameter.type:
        case "token":
            return (without_implied_system(parse_token(text, parameter.name == "_id"), parameter.system),)
        case "reference":
            return parse_reference(parameter, text, bases)
        case "date":
            return (parse_date(text),)
    return (SearchValue(value=unescape(text)),)


def parse_token(text: str, is_id: bool = False) -> SearchValue:
    """Returns the token of ``code``, ``system|code``, ``|code`` or ``system|``; an id must have no system."""
    parts = [unescape(part) for part in split_unescaped(text, "|")]
    if len(parts) > (1 if is_id else 2) or not any(parts):
        raise ValueError("a token is code, system|code, |code or system|")
    if len(parts) == 1:
        return SearchValue(value=parts[0])
    return SearchValue(system=parts[0], value=parts[1] or None)


def without_implied_system(value: SearchValue, system: str | None) -> SearchValue:
    """Returns the token of an element of type code without the system that its definition implies."""
    return replace(value, system=None) if system is not None and value.system == system else value


def parse_reference(parameter: SearchParameter, text: str, bases: tuple[str, ...]) -> tuple[SearchValue, ...]:
    """Returns the references of ``id``, ``Type/id`` or a url below one of ``bases``. A canonical is not changed."""
    text = unescape(text)
    for base in bases:
        text = text.removeprefix(f"{base.rstrip('/')}/")
    if "/" in text or ":" in text:
        return (SearchValue(value=text.split("/_history/")[0]),)
    return tuple(SearchValue(value=f"{target}/{text}") for target in parameter.targets)


def parse_date(text: str) -> SearchValue:
    """Returns a date or time with its prefix, ``eq`` if it has none. Seconds are optional.

    A time without a zone is in UTC. Example: ``"ge2026-11-21T09:00"``.
    """
    prefix, rest = (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)
    # An unencoded plus sign in a url is a space after decoding. Dates contain no spaces.
    rest = rest.replace(" ", "+")
    if not DATE.fullmatch(rest):
        raise ValueError("a date is written as 2026, 2026-11, 2026-11-21 or 2026-11-21T09:00:00Z")
    if "T" in rest and not re.search(r"(Z|[+-]\d\d:\d\d)$", rest):
        rest += "Z"
    low, high = span(rest)
    return SearchValue(prefix=prefix, low=low, high=high)


def split_unescaped(text: str, separator: str) -> list[str]:
    """Returns the parts of a text between separators that have no backslash before them."""
    parts = [""]
    for piece in re.findall(r"\\.|.", text, re.DOTALL):
        if piece == separator:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def unescape(text: str) -> str:
    r"""Returns the text without the backslashes before ``\,``, ``\|``, ``\$`` and ``\\``."""
    return re.sub(r"\\([,|$\\])", r"\1", text)
