"""Which items a form shows, given the answers so far.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
"""

from collections.abc import Callable, Sequence

from service.screening.instrument import EnableWhen, Item
from service.screening.logic import Truth, every, negated, some
from service.screening.magnitudes import alike, compare, same
from service.screening.response import Answer

AnswersTo = Callable[[str], Sequence[Answer]]
ORDERED: dict[str, Callable[[int], bool]] = {
    ">": lambda order: order > 0,
    "<": lambda order: order < 0,
    ">=": lambda order: order >= 0,
    "<=": lambda order: order <= 0,
}


def shown(item: Item, answers_to: AnswersTo) -> Truth:
    """Whether the item's own condition holds; unknown while it hangs on a question left open.

    FHIR knows no unknown: a form shows the item only when this is true.
    """
    if not item.enable_when:
        return True
    results = (holds(condition, answers_to(condition.question)) for condition in item.enable_when)
    return every(results) if item.enable_all else some(results)


def enabled(item: Item, answers_to: AnswersTo) -> Truth:
    """As ``shown``, with what R4 settles about an open question: nothing is equal to, above or below its answer.

    Unknown are values that cannot be compared, and "!=" of an open question, which forms read both ways.
    """
    results = (settled(condition, answers_to(condition.question)) for condition in item.enable_when)
    return every(results) if item.enable_all else some(results)


def settled(condition: EnableWhen, answers: Sequence[Answer]) -> Truth:
    if not answers and condition.operator not in ("exists", "!="):
        return False
    return holds(condition, answers)


def holds(condition: EnableWhen, answers: Sequence[Answer]) -> Truth:
    """Whether one condition holds for the answers to its question."""
    if condition.operator == "exists":
        return bool(answers) is condition.value
    if not answers:
        return None
    if condition.operator == "=":
        return some(equals(condition, answer) for answer in answers)
    if condition.operator == "!=":
        return negated(some(equals(condition, answer) for answer in answers))
    return some(ordered(condition, answer) for answer in answers)


def equals(condition: EnableWhen, answer: Answer) -> Truth:
    """Numbers compare with numbers, dates with dates; everything else only with its own type."""
    if not alike(answer.kind, condition.kind):
        return False
    return same(answer.kind, answer.value, condition.kind, condition.value)


def ordered(condition: EnableWhen, answer: Answer) -> Truth:
    if not alike(answer.kind, condition.kind):
        return False
    order = compare(answer.kind, answer.value, condition.kind, condition.value)
    return None if order is None else ORDERED[condition.operator](order)
