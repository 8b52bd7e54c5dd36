"""Conditions of display written in FHIRPath, judged on the response as it was received.

https://hl7.org/fhir/uv/sdc/expressions.html
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from service.fhir.reading import Resource
from service.screening.instrument import Expression
from service.screening.logic import Truth
from service.screening.surroundings import Expressions

FHIRPATH = "text/fhirpath"
STEP = re.compile(r"\.(\w+)\[(\d+)\]")
Compiled = Callable[[Any, Mapping[str, Any]], list[Any]]


def expressions_on(response: Resource) -> Expressions:
    """Judges expressions on one response. Unknown is what is not FHIRPath, fails, or gives no truth value."""

    def judge(expression: Expression, path: str | None) -> Truth:
        if expression.language != FHIRPATH:
            return None
        try:
            context = environment(expression, response)
            found = read(expression.text)(element(response, path), context)
        except Exception:  # noqa: BLE001 the engine raises whatever comes to it for what it cannot evaluate
            return None
        if not found:
            return False
        return found[0] if len(found) == 1 and isinstance(found[0], bool) else None

    return judge


def environment(expression: Expression, response: Resource) -> dict[str, Any]:
    """%resource, and the variables of the questionnaire, each of which may use those before it."""
    made: dict[str, Any] = {"resource": response}
    for name, text in expression.variables:
        made[name] = read(text)(response, made)
    return made


def element(response: Resource, path: str | None) -> Any:
    """The element at a path; an item that is absent is empty."""
    if path is None:
        return []
    found: Any = response
    for name, index in STEP.findall(path):
        found = found[name][int(index)]
    return found


@lru_cache(maxsize=256)
def read(text: str) -> Compiled:
    """An expression ready to be evaluated. Raises what the engine raises for one that is not FHIRPath."""
    import fhirpathpy
    from fhirpathpy.models import models

    compiled: Compiled = fhirpathpy.compile(text, models["r4"])
    return compiled


def is_readable(text: str) -> bool:
    """Whether the engine can take the expression apart."""
    try:
        read(text)
    except Exception:  # noqa: BLE001 as above
        return False
    return True
