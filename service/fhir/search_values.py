"""Search values as a client writes them: alternatives, escapes, tokens, references, dates with a prefix.

https://hl7.org/fhir/R4/search.html#ptypes
"""

import re

from service.fhir.records import Match
from service.fhir.searching import Parameter, span

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII)
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def read_values(parameter: Parameter, text: str, bases: tuple[str, ...]) -> tuple[Match, ...]:
    """The alternatives in one search value. Raises ValueError when one is not of the parameter's kind."""
    if CONTROL.search(text):
        raise ValueError("a search value holds no control characters")
    return tuple(match for value in split(text, ",") for match in read_value(parameter, value, bases))


def read_value(parameter: Parameter, text: str, bases: tuple[str, ...]) -> tuple[Match, ...]:
    """One alternative; a bare id of a reference stands for each type that it may point to."""
    if not text:
        raise ValueError("an alternative is empty")
    match parameter.kind:
        case "token":
            return (read_token(text, parameter.name == "_id"),)
        case "reference":
            return read_reference(parameter, text, bases)
        case "date":
            return (read_date(text),)
    return (Match(value=unescape(text)),)


def read_token(text: str, plain: bool = False) -> Match:
    """``code``, ``system|code``, ``|code`` or ``system|``; an id has no system."""
    parts = [unescape(part) for part in split(text, "|")]
    if len(parts) > (1 if plain else 2) or not any(parts):
        raise ValueError("a token is code, system|code, |code or system|")
    if len(parts) == 1:
        return Match(value=parts[0])
    return Match(system=parts[0], value=parts[1] or None)


def read_reference(parameter: Parameter, text: str, bases: tuple[str, ...]) -> tuple[Match, ...]:
    """``id``, ``Type/id``, or the url of a resource of this site; a canonical as it is."""
    text = unescape(text)
    for base in bases:
        text = text.removeprefix(f"{base.rstrip('/')}/")
    if "/" in text or ":" in text:
        return (Match(value=text.split("/_history/")[0]),)
    return tuple(Match(value=f"{target}/{text}") for target in parameter.targets)


def read_date(text: str) -> Match:
    """A date, or a time with seconds or without, behind a prefix or none; without a zone it is UTC."""
    prefix, rest = (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)
    # A plus sign that a client did not encode arrives as a space, which no date holds.
    rest = rest.replace(" ", "+")
    if not DATE.fullmatch(rest):
        raise ValueError("a date is written as 2026, 2026-11, 2026-11-21 or 2026-11-21T09:00:00Z")
    if "T" in rest and not re.search(r"(Z|[+-]\d\d:\d\d)$", rest):
        rest += "Z"
    low, high = span(rest)
    return Match(prefix=prefix, low=low, high=high)


def split(text: str, mark: str) -> list[str]:
    """The parts between marks; a mark behind a backslash belongs to its part."""
    parts = [""]
    for piece in re.findall(r"\\.|.", text, re.DOTALL):
        if piece == mark:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def unescape(text: str) -> str:
    r"""The value without the backslashes before ``\,``, ``\|``, ``\$`` and ``\\``."""
    return re.sub(r"\\([,|$\\])", r"\1", text)
