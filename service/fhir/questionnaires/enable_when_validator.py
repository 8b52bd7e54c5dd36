"""Validates enableWhen and enableWhenExpression of a Questionnaire.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
"""

from collections.abc import Iterator, Mapping

from service.fhir.questionnaires.enable_when_expressions import FHIRPATH, is_fhirpath
from service.fhir.questionnaires.item_index import IndexedItem
from service.fhir.questionnaires.questionnaire_reader import ENABLE_WHEN_EXPRESSION, read_enable_when
from service.issues import Issue
from service.screening.instruments.comparison import comparable
from service.screening.instruments.instrument import EnableWhen
from service.screening.instruments.typed_value import Coding
from service.screening.validation.answers import ANSWER_TYPES
from service.work import spend_steps

UNORDERED_TYPES = {"boolean", "Coding", "string", "Reference"}


def enable_when_issues(item: IndexedItem, items: Mapping[str, IndexedItem]) -> Iterator[Issue]:
    """Yields the issues of every enableWhen of an item. ``items`` are all items of the questionnaire by linkId."""
    for index, element in enumerate(item.item.get("enableWhen", ())):
        spend_steps(1)
        path, condition = f"{item.path}.enableWhen[{index}]", read_enable_when(element)
        question = items.get(condition.question)
        if question is None:
            text = "`enableWhen.question` must be the linkId of an item of the questionnaire. Correct it."
            yield Issue("not-found", f"{path}.question", text, link_id=item.link_id)
        else:
            yield from question_issues(item, question, path)
            yield from answer_issues(item, question, condition, path)


def question_issues(item: IndexedItem, question: IndexedItem, path: str) -> Iterator[Issue]:
    """Yields an issue if the question cannot be answered before the item is enabled."""
    path = f"{path}.question"
    if question.link_id == item.link_id:
        text = "`enableWhen.question` must not be the item itself. Name another question."
        yield Issue("business-rule", path, text, link_id=item.link_id)
    elif item.link_id in question.ancestors:
        text = "`enableWhen.question` must not be nested in the item that it enables. Name a question outside."
        yield Issue("business-rule", path, text, link_id=item.link_id)
    elif question.item["type"] in ("group", "display"):
        text = "`enableWhen.question` must not be a group or display item, which has no answer. Name a question."
        yield Issue("business-rule", path, text, link_id=item.link_id)
    elif question.position > item.position:
        text = "`enableWhen.question` should be before the item that it enables. Move the question up."
        yield Issue("business-rule", path, text, "warning", item.link_id)


def answer_issues(item: IndexedItem, question: IndexedItem, condition: EnableWhen, path: str) -> Iterator[Issue]:
    """Yields an issue if the value of a condition cannot be compared with answers to its question."""
    expected = condition.answer
    types = ANSWER_TYPES.get(question.item["type"], frozenset()) | question.option_types
    if condition.operator == "exists":
        if expected is None or expected.type != "boolean":
            text = "`enableWhen.answer[x]` must be a boolean with the operator exists (que-7). Use answerBoolean."
            yield Issue("invariant", f"{path}.answer", text, link_id=item.link_id)
    elif types and (expected is None or not any(comparable(expected.type, type_name) for type_name in types)):
        text = f"`enableWhen.answer[x]` must be of a type that compares with the answers: {' or '.join(sorted(types))}."
        yield Issue("value", f"{path}.answer", text, link_id=item.link_id)
    elif condition.operator in ("<", ">", "<=", ">=") and expected is not None and expected.type in UNORDERED_TYPES:
        text = "`enableWhen.operator` must be = or != for values without an order. The condition is never met."
        yield Issue("business-rule", f"{path}.operator", text, "warning", item.link_id)
    elif is_never_chosen(question, condition):
        text = "`enableWhen.answer[x]` is not an option of the question, so no answer can equal it. Use an option."
        yield Issue("code-invalid", f"{path}.answer", text, "warning", item.link_id)


def is_never_chosen(question: IndexedItem, condition: EnableWhen) -> bool:
    """Returns whether a condition has a code that is missing from the coded options of its question."""
    expected = None if condition.answer is None else condition.answer.value
    return isinstance(expected, Coding) and bool(question.codings) and expected not in question.codings


def expression_issues(item: IndexedItem, trusted: bool) -> Iterator[Issue]:
    """Yields the issues of enableWhenExpression: beside enableWhen, or not FHIRPath.

    If the questionnaire is not ``trusted`` the expression is not parsed, and the check is inconclusive.
    """
    for index, entry in enumerate(item.item.get("extension", ())):
        if entry.get("url") != ENABLE_WHEN_EXPRESSION:
            continue
        path, value = f"{item.path}.extension[{index}]", entry.get("valueExpression", {})
        if "enableWhen" in item.item:
            text = "`enableWhenExpression` must not be used together with `enableWhen`. Remove one of them."
            yield Issue("business-rule", path, text, link_id=item.link_id)
        if not trusted or value.get("language") != FHIRPATH or "expression" not in value:
            text = "`enableWhenExpression` was not checked: it is not FHIRPath, or its sender is not trusted."
            yield Issue("not-supported", path, text, "warning", item.link_id, inconclusive=True)
        elif not is_fhirpath(value["expression"]):
            text = "`enableWhenExpression` must be a FHIRPath expression. Correct it."
            yield Issue("invalid", f"{path}.value.expression", text, link_id=item.link_id)
