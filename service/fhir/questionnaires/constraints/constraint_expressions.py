"""Reads and validates the extension questionnaire-constraint: a FHIRPath rule on the answers.

http://hl7.org/fhir/StructureDefinition/questionnaire-constraint
"""

from collections.abc import Iterator
from typing import Any

from service.fhir.questionnaires.enable_when_expressions import FHIRPATH, is_fhirpath
from service.fhir.r4.types import Resource
from service.issues import Issue
from service.screening.instruments.instrument import Expression, ExpressionConstraint

CONSTRAINT = "http://hl7.org/fhir/StructureDefinition/questionnaire-constraint"
PARTS = ("key", "severity", "expression", "human")


def constraint_parts(element: Resource) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields the index of each such extension of an item or a questionnaire, and its parts by name."""
    for index, entry in enumerate(element.get("extension", ())):
        if entry.get("url") == CONSTRAINT:
            inner = (each for each in entry.get("extension", ()) if isinstance(each, dict))
            yield (
                index,
                {
                    str(each.get("url")): value
                    for each in inner
                    for key, value in each.items()
                    if key.startswith("value")
                },
            )


def read_expression_constraints(
    element: Resource, variables: tuple[tuple[str, str], ...], environment: tuple[tuple[str, Any], ...]
) -> Iterator[ExpressionConstraint]:
    """Yields the rules of an item or a questionnaire. A rule without severity or expression is a fault of the form."""
    for _, parts in constraint_parts(element):
        text = parts.get("expression")
        if isinstance(text, str) and parts.get("severity") in ("error", "warning"):
            expression = Expression(FHIRPATH, text, variables, environment, if_empty=None)
            yield ExpressionConstraint(parts["severity"], str(parts.get("human") or ""), expression)


def constraint_issues(element: Resource, path: str, trusted: bool, link_id: str | None = None) -> Iterator[Issue]:
    """Yields the issues of the rules of an item or a questionnaire: a part that is missing, or no FHIRPath.

    If the questionnaire is not ``trusted``, expressions are not parsed.
    """
    for index, parts in constraint_parts(element):
        place = f"{path}.extension[{index}]"
        for name in PARTS:
            if name not in parts:
                text = f"`{name}` is required in questionnaire-constraint. Add it."
                yield Issue("required", place, text, link_id=link_id)
        severity = "warning" if parts.get("severity") == "warning" else "error"
        if isinstance(parts.get("expression"), str):
            yield from expression_faults(parts["expression"], severity == "warning", place, trusted, link_id)


def expression_faults(text: str, is_warning: bool, place: str, trusted: bool, link_id: str | None) -> Iterator[Issue]:
    """Yields the issue of an expression that is no FHIRPath, or that is not parsed."""
    if not trusted:
        if not is_warning:
            reason = "The expression of questionnaire-constraint was not checked: its sender is not trusted."
            yield Issue("not-supported", place, reason, "warning", link_id, inconclusive=True)
    elif not is_fhirpath(text):
        reason = "`expression` must be a FHIRPath expression. Correct it."
        yield Issue("invalid", place, reason, "warning" if is_warning else "error", link_id)
