"""Evaluates the expressions of a questionnaire (FHIRPath) on a response.

https://hl7.org/fhir/uv/sdc/expressions.html
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from service.fhir.r4.types import Resource
from service.screening.instruments.instrument import Expression
from service.screening.kleene import Truth
from service.screening.validation.context import EvaluateExpression

FHIRPATH = "text/fhirpath"
STEP = re.compile(r"\.(\w+)\[(\d+)\]")
Compiled = Callable[[Any, Mapping[str, Any]], list[Any]]


def expressions_on(response: Resource) -> EvaluateExpression:
    """Returns a function that evaluates an expression of the questionnaire on this response.

    Its result is None (unknown) if the expression is not FHIRPath, fails, or does not give a single Boolean.
    """

    def evaluate(expression: Expression, path: str | None) -> Truth:
        if expression.language != FHIRPATH:
            return None
        try:
            element = select_element(response, path)
            variables = evaluate_variables(expression, response, element)
            result = parse_expression(expression.text)(element, variables)
        except Exception:  # noqa: BLE001 fhirpathpy raises exceptions of any class
            return None
        if not result:
            return expression.if_empty
        return result[0] if len(result) == 1 and isinstance(result[0], bool) else None

    return evaluate


def evaluate_variables(expression: Expression, response: Resource, element: Any) -> dict[str, Any]:
    """Returns %resource, %context, the parts of the questionnaire, and its variables.

    A variable may use the variables before it.
    """
    values: dict[str, Any] = {"resource": response, "context": element, **dict(expression.environment)}
    for name, text in expression.variables:
        values[name] = parse_expression(text)(response, values)
    return values


def select_element(response: Resource, path: str | None) -> Any:
    """Returns the element at a path such as ``"QuestionnaireResponse.item[0]"``; nothing for an item that is absent."""
    if path is None:
        return []
    element: Any = response
    for name, index in STEP.findall(path):
        element = element[name][int(index)]
    return element if element is response else as_item_node(element)


def as_item_node(item: Resource) -> Any:
    """Returns an item with its type, so that ``answer.value`` finds ``valueString``."""
    from fhirpathpy.engine.nodes import ResourceNode

    return ResourceNode.create_node(item, "QuestionnaireResponse.item")


@lru_cache(maxsize=256)
def parse_expression(text: str) -> Compiled:
    """Returns the compiled expression. Raises an exception of any class if it is not FHIRPath.

    The cache saves parsing, the most expensive step, for each response to the same questionnaire.
    """
    import fhirpathpy
    from fhirpathpy.models import models

    check_syntax(text)
    compiled: Compiled = fhirpathpy.compile(text, models["r4"])
    return compiled


def check_syntax(text: str) -> None:
    """Raises ValueError if the text is not FHIRPath to its end. The library alone repairs what it cannot parse, so that
    ``1 = = 2`` would be evaluated."""
    from antlr4 import CommonTokenStream, InputStream
    from antlr4.error.ErrorListener import ErrorListener
    from fhirpathpy.parser.generated.FHIRPathLexer import FHIRPathLexer
    from fhirpathpy.parser.generated.FHIRPathParser import FHIRPathParser

    class Strict(ErrorListener):  # type: ignore[misc]
        def syntaxError(self, *_: Any) -> None:  # noqa: N802 the name of the library
            raise ValueError("no FHIRPath")

    lexer = FHIRPathLexer(InputStream(text))
    parser = FHIRPathParser(CommonTokenStream(lexer))
    for part in (lexer, parser):
        part.removeErrorListeners()
        part.addErrorListener(Strict())
    parser.entireExpression()


def evaluate_number(text: str, response: Resource) -> Decimal | int | None:
    """Returns the number that an expression gives on a response; None if it gives none, or fails."""
    try:
        result = parse_expression(text)(response, {"resource": response})
    except Exception:  # noqa: BLE001 as above
        return None
    is_number = len(result) == 1 and isinstance(result[0], int | Decimal | float) and not isinstance(result[0], bool)
    return Decimal(str(result[0])) if is_number else None


def is_fhirpath(text: str) -> bool:
    """Returns whether the text is a FHIRPath expression. It is parsed, not evaluated."""
    try:
        parse_expression(text)
    except Exception:  # noqa: BLE001 as above
        return False
    return True
