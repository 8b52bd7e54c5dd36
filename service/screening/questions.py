"""The answers to one question: their type, options, values and number.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.type
"""

from collections.abc import Sequence

from service.screening.instrument import Item
from service.screening.logic import Truth
from service.screening.response import Answer, AnsweredItem
from service.screening.surroundings import Walk

KINDS: dict[str, frozenset[str]] = {
    "boolean": frozenset({"boolean"}),
    "decimal": frozenset({"decimal"}),
    "integer": frozenset({"integer"}),
    "date": frozenset({"date"}),
    "dateTime": frozenset({"dateTime"}),
    "time": frozenset({"time"}),
    "string": frozenset({"string"}),
    "text": frozenset({"string"}),
    "url": frozenset({"uri"}),
    "choice": frozenset({"Coding"}),
    "open-choice": frozenset({"Coding", "string"}),
    "attachment": frozenset({"Attachment"}),
    "reference": frozenset({"Reference"}),
    "quantity": frozenset({"Quantity"}),
}
# R4 lists "question" as an item type that stands for any of the others.
KINDS["question"] = frozenset().union(*KINDS.values())


def check_answers(
    item: Item, answers: Sequence[Answer], given: Sequence[AnsweredItem], walk: Walk, enabled: Truth
) -> None:
    """Everything about the answers to one question that has some."""
    answered = given[0]
    for answer in answers:
        check_answer(item, answer, walk)
    if len(answers) > 1:
        check_several(item, answers, given, walk)
    if enabled is False:
        text = (
            "This question is not shown with the other answers given, but it is answered. The answer counts as given."
        )
        walk.add("business-rule", answers[0].path, text, item.link_id, tolerable=True)
    check_occurrences(item, len(answers), f"{answered.path}.answer", walk, enabled)
    for demand in item.unchecked:
        walk.limit(answered.path, demand, item.link_id)


def check_answer(item: Item, answer: Answer, walk: Walk) -> None:
    """Type, option and value of one answer."""
    kinds = KINDS[item.type]
    if item.options:
        kinds = item.option_kinds | (kinds - {"Coding"})
    if answer.kind not in kinds:
        wanted = " or ".join(sorted(kinds))
        text = f"An answer to this question is of type {wanted}, not {answer.kind}."
        walk.add("value", f"{answer.path}.value", text, item.link_id)
        return
    if item.options:
        if not is_offered(item, answer):
            text = "This option is not offered. Use system and code of one of the question's options."
            walk.add("code-invalid", f"{answer.path}.value", text, item.link_id)
    elif item.value_set is not None and answer.kind == "Coding":
        check_member(item, item.value_set(answer.value), answer, walk)
    if item.constraints:
        check_constraints(item, answer, walk)


def is_offered(item: Item, answer: Answer) -> bool:
    """Whether the answer is one of the options, or free text where that is allowed."""
    if answer.kind == "Coding":
        return answer.value in item.codings
    if item.type == "open-choice" and answer.kind == "string":
        return True
    return any(option.kind == answer.kind and is_same(option.value, answer) for option in item.options)


def is_same(value: object, answer: Answer) -> bool:
    """Whether an answer repeats an option; of a reference only the address counts."""
    if answer.kind == "Reference" and isinstance(value, dict):
        return bool(answer.value.get("reference") == value.get("reference"))
    return bool(answer.value == value)


def check_member(item: Item, member: Truth, answer: Answer, walk: Walk) -> None:
    """Whether a coded answer belongs to the value set of the question."""
    if member is False:
        text = "This code is not in the question's value set. Use system and code of one of its members."
        walk.add("code-invalid", f"{answer.path}.value", text, item.link_id)
    elif member is None:
        text = "The question's value set is not known here in full, so that this code could not be checked."
        walk.limit(f"{answer.path}.value", text, item.link_id)


def check_constraints(item: Item, answer: Answer, walk: Walk) -> None:
    """What the questionnaire demands of the value itself."""
    for constraint in item.constraints:
        allowed = constraint.allows(answer, walk.response.contained)
        if allowed is False:
            walk.add(constraint.code, f"{answer.path}.value", constraint.text, item.link_id)
        elif allowed is None:
            text = "Whether this answer keeps a limit of the question could not be told."
            walk.limit(f"{answer.path}.value", text, item.link_id)


def check_several(item: Item, answers: Sequence[Answer], given: Sequence[AnsweredItem], walk: Walk) -> None:
    """Several answers to one question: whether it takes them, and whether they go together."""
    if not item.repeats and len(given) == 1:
        text = "This question takes one answer only. Send one."
        walk.add("structure", f"{given[0].path}.answer", text, item.link_id)
    exclusive = [a for a in answers if a.kind == "Coding" and a.value.code in item.exclusive]
    if exclusive:
        text = "This option stands alone, but other options are chosen with it. It is left out of account."
        walk.add("business-rule", exclusive[0].path, text, item.link_id, tolerable=True)
    if item.repeats and item.type in ("choice", "open-choice"):
        for index, answer in enumerate(answers):
            if any(answer.kind == other.kind and answer.value == other.value for other in answers[:index]):
                text = "This option is chosen twice. Send each option once."
                walk.add("invariant", answer.path, text, item.link_id)


def check_occurrences(item: Item, count: int, path: str, walk: Walk, enabled: Truth) -> None:
    """minOccurs and maxOccurs, both inclusive. What is optional may be left out altogether."""
    most, least = item.max_occurs, item.min_occurs
    what = "group" if item.type == "group" else "question"
    if most is not None and count > most:
        text = f"This {what} stands or is answered too often. Send at most {most}."
        walk.add("structure", path, text, item.link_id)
    if least is not None and 0 < count < least and enabled is not False and walk.finished:
        text = f"This {what} needs more answers or repetitions in a finished response. Send at least {least}."
        walk.add("required", path, text, item.link_id)
