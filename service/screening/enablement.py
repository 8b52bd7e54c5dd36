"""Which items a form shows, given the answers so far.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
"""

from collections.abc import Callable, Sequence
from typing import Any

from service.screening.instrument import EnableWhen, Item
from service.screening.logic import Truth, every, some
from service.screening.response import Answer

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda given, value: bool(given == value),
    "!=": lambda given, value: bool(given != value),
    ">": lambda given, value: bool(given > value),
    "<": lambda given, value: bool(given < value),
    ">=": lambda given, value: bool(given >= value),
    "<=": lambda given, value: bool(given <= value),
}


def shown(item: Item, answers_to: Callable[[str], Sequence[Answer]]) -> Truth:
    """Whether the item's own condition holds; unknown while it hangs on a question left open.

    FHIR knows no unknown: a form shows the item only when this is true.
    """
    if not item.enable_when:
        return True
    results = (holds(condition, answers_to(condition.question)) for condition in item.enable_when)
    return every(results) if item.enable_all else some(results)


def holds(condition: EnableWhen, answers: Sequence[Answer]) -> Truth:
    """Whether one condition holds for the answers to its question."""
    if condition.operator == "exists":
        return bool(answers) is condition.value
    if not answers:
        return None
    compare = COMPARE[condition.operator]
    return any(same_type(condition, answer) and compare(answer.value, condition.value) for answer in answers)


def same_type(condition: EnableWhen, answer: Answer) -> bool:
    """Numbers compare with numbers; everything else only with its own type."""
    numbers = {"integer", "decimal"}
    return answer.kind == condition.kind or {answer.kind, condition.kind} <= numbers
