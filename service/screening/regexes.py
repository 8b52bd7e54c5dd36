"""Patterns of other people's forms, matched only where that cannot take for ever.

http://hl7.org/fhir/StructureDefinition/regex
"""

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

from service.screening.logic import Truth

PARSE: Any = import_module("re._parser")
REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
HOLDS_PARTS = {"SUBPATTERN", "ASSERT", "ASSERT_NOT", "ATOMIC_GROUP"}
# Ways in which a pattern may try to match one text; some tenths of a second at the worst.
MAX_WAYS = 10_000_000


def matches(pattern: str, text: str) -> Truth:
    """Whether the whole text fits; unknown for a pattern that Python cannot read or that could take too long."""
    found = read(pattern)
    if found is None:
        return None
    compiled, parsed = found
    if ways(parsed, len(text)) > MAX_WAYS:
        return None
    return compiled.fullmatch(text) is not None


@lru_cache(maxsize=256)
def read(pattern: str) -> tuple[re.Pattern[str], Any] | None:
    """The pattern compiled and taken apart; None when it cannot be read."""
    try:
        return re.compile(pattern, re.ASCII), PARSE.parse(pattern, re.ASCII)
    except (re.error, OverflowError, RecursionError):
        return None


def ways(parts: Sequence[tuple[Any, Any]], length: int) -> float:
    """At most in how many ways a sequence of parts can match a text of this length."""
    return math.prod(ways_of(str(name), value, length) for name, value in parts)


def ways_of(name: str, value: Any, length: int) -> float:
    """In how many ways one part can match."""
    if name in REPEATS:
        least, most, inner = value
        return ways_to_repeat(least, most, inner, length)
    if name == "BRANCH":
        return sum(ways(branch, length) for branch in value[1])
    if name in HOLDS_PARTS:
        return ways(value if name == "ATOMIC_GROUP" else value[-1], length)
    return math.inf if name == "GROUPREF_EXISTS" else 1


def ways_to_repeat(least: int, most: int, inner: Sequence[tuple[Any, Any]], length: int) -> float:
    """Repeating what can itself match in several ways multiplies them with every turn."""
    of_one = ways(inner, length)
    most = min(int(most), max(length, least))
    if of_one == 1:
        return most - least + 1
    return math.inf if most > 1 else of_one + 1
