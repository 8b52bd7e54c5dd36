"""Whether an item is shown, given the answers so far.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
"""

from collections.abc import Callable, Mapping, Sequence

from service.screening.instruments.comparison import comparable, compare, equal, equal_codings
from service.screening.instruments.instrument import EnableWhen, Item, Operator
from service.screening.instruments.response import Answer
from service.screening.instruments.typed_value import Coding
from service.screening.kleene import Truth, and_, not_, or_

# The answers to the question with a linkId.
AnswersTo = Callable[[str], Sequence[Answer]]
ORDERED: Mapping[Operator, Callable[[int], bool]] = {
    ">": lambda order: order > 0,
    "<": lambda order: order < 0,
    ">=": lambda order: order >= 0,
    "<=": lambda order: order <= 0,
}


def is_shown(item: Item, answers_to: AnswersTo) -> Truth:
    """Whether the item's enableWhen is met; unknown while an unanswered question decides.

    In FHIR nothing is unknown: a form shows the item only if this is true.
    """
    if not item.enable_when:
        return True
    results = (is_met(condition, answers_to(condition.question)) for condition in item.enable_when)
    return and_(results) if item.enable_all else or_(results)


def is_enabled(item: Item, answers_to: AnswersTo) -> Truth:
    """As ``is_shown``, but as R4 defines it: no value is equal to, above or below the answer to an open question.

    Unknown are values that cannot be compared, and "!=" of an open question, which forms interpret in two ways.
    """
    results = (is_met_in_r4(condition, answers_to(condition.question)) for condition in item.enable_when)
    return and_(results) if item.enable_all else or_(results)


def is_met_in_r4(condition: EnableWhen, answers: Sequence[Answer]) -> Truth:
    """As ``is_met``, but false without an answer, except for "exists" and "!="."""
    if not answers and condition.operator not in ("exists", "!="):
        return False
    return is_met(condition, answers)


def is_met(condition: EnableWhen, answers: Sequence[Answer]) -> Truth:
    """Whether the answers to its question meet one condition."""
    operator = condition.operator
    if operator == "exists":
        return condition.answer is not None and bool(answers) is condition.answer.value
    if not answers:
        return None
    is_met_by = equals_answer if operator in ("=", "!=") else is_ordered
    one = len(answers) == 1
    value = is_met_by(condition, answers[0]) if one else or_(is_met_by(condition, answer) for answer in answers)
    return not_(value) if operator == "!=" else value


def equals_answer(condition: EnableWhen, answer: Answer) -> Truth:
    """Whether the value of the condition is equal to the answer; false if their types cannot be compared."""
    expected = condition.answer
    if expected is None:
        return False
    if isinstance(expected.value, Coding) and isinstance(answer.value, Coding):
        return equal_codings(answer.value, expected.value)
    return equal(answer, expected) if comparable(answer.type, expected.type) else False


def is_ordered(condition: EnableWhen, answer: Answer) -> Truth:
    """Whether the answer is above or below the value of the condition, as its operator demands."""
    expected = condition.answer
    if expected is None or not comparable(answer.type, expected.type):
        return False
    order = compare(answer, expected)
    return None if order is None else ORDERED[condition.operator](order)
