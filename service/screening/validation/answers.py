"""Checks of the answers to one question: type, option, value set, limits, number.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.type
"""

from collections.abc import Hashable, Mapping, Sequence

from service.issues import Issue, IssueType
from service.screening.instruments.answer_readings import (
    agrees_with_option,
    has_other_display,
    is_word_for_word,
    other_readings,
)
from service.screening.instruments.editions import OUR_FORM
from service.screening.instruments.instrument import Item, ValueSet, option_key
from service.screening.instruments.response import Answer, AnsweredItem
from service.screening.instruments.typed_value import Coding, ValueType, plain_name
from service.screening.kleene import Truth
from service.screening.validation.constraints import MaxSize
from service.screening.validation.context import ValidationContext
from service.work import spend_steps

# The types that an answer may have, by Questionnaire.item.type.
ANSWER_TYPES: Mapping[str, frozenset[ValueType]] = {
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
# In the R4 hierarchy of item types, "question" is the parent of all others.
ANSWER_TYPES = {**ANSWER_TYPES, "question": frozenset().union(*ANSWER_TYPES.values())}
# Steps to check one answer without its limits.
STEPS_PER_ANSWER = 3


def is_surely_right(item: Item, occurrences: Sequence[AnsweredItem]) -> bool:
    """Whether an item that is not disabled has no fault and nothing inside: found at once, as for most items.

    It is not answered and need not be, or it is answered by one option and its words. Of any other item the checks
    decide. It serves the line "validated, after parsing" of `make bench`.
    """
    if not occurrences:
        return not item.required and item.max_occurs is None
    answered = occurrences[0]
    if len(occurrences) > 1 or len(answered.answers) != 1 or answered.items or not item.is_plain_choice:
        return False
    answer = answered.answers[0]
    return not answer.items and answered.text in (None, item.text) and is_word_for_word(item, answer)


def check_answers(
    item: Item,
    answers: Sequence[Answer],
    occurrences: Sequence[AnsweredItem],
    context: ValidationContext,
    enabled: Truth,
) -> None:
    """Checks all answers to a question that has at least one. ``occurrences`` are the items that contain them."""
    answered = occurrences[0]
    spend_steps(STEPS_PER_ANSWER * len(answers))
    for answer in answers:
        check_answer(item, answer, context)
    if len(answers) > 1:
        check_multiple_answers(item, answers, occurrences, context)
    if enabled is False:
        text = "The other answers disable this question, but it is answered. The answer is used as it is."
        context.add_issue("business-rule", answers[0].path, text, item.link_id, accepted_on_submission=True)
    check_min_and_max_occurs(item, len(answers), f"{answered.path}.answer", context, enabled)
    for text in item.unchecked:
        context.add_inconclusive(answered.path, text, item.link_id)


def check_answer(item: Item, answer: Answer, context: ValidationContext) -> None:
    """Checks type, option and value of one answer."""
    types = ANSWER_TYPES[item.type]
    if item.type == "question":
        text = "An item of the abstract type question must have no answer. Give the item a type of answers."
        context.add_issue("structure", answer.path, text, item.link_id)
        return
    if item.options:
        types = item.option_types | (types - {"Coding"})
    if answer.type not in types:
        expected = " or ".join(sorted(types))
        text = f"The answer must have a value of type {expected}, not {answer.type}."
        context.add_issue("value", f"{answer.path}.value", text, item.link_id)
        return
    if item.options:
        if not is_offered(item, answer) and isinstance(answer.value, Coding) and item.may_mean_option(answer.value):
            context.issues.append(unclear_coding_issue(item, answer.path))
        elif not is_offered(item, answer):
            text = "This option is not offered. Use system and code of one of the question's options."
            context.add_issue("code-invalid", f"{answer.path}.value", text, item.link_id)
        elif not agrees_with_option(item, answer) and (isinstance(answer.value, Coding) or answer.weights):
            check_readings(item, answer, context)
    elif item.value_set is not None and isinstance(answer.value, Coding):
        check_membership(item, item.value_set, answer.value, answer.path, context)
    if item.constraints:
        check_constraints(item, answer, context)


def is_offered(item: Item, answer: Answer) -> bool:
    """Whether the answer is one of the options, or free text in a question that allows it."""
    if isinstance(answer.value, Coding):
        return answer.value in item.codings
    if item.type == "open-choice" and answer.type == "string":
        return True
    return option_key(answer) in item.option_keys


def check_readings(item: Item, answer: Answer, context: ValidationContext) -> None:
    """Checks that code, display and weight of an answer are those of one option."""
    others = list(other_readings(item, answer))
    position = item.option_number(answer)
    is_judged = item.link_id in context.judged_higher
    for other in others:
        named = f"`{other.element}`" if other.element == "display" else "the weight"
        number = None if other.option is None else item.option_number(other.option)
        whose = "of no option" if number is None else f"of option {number}"
        then = "The higher one is judged." if is_judged else "Send code, display and weight of one option."
        text = f"This answer says two things: the code is that of option {position}, {named} that {whose}. {then}"
        code: IssueType = "code-invalid" if other.element == "display" else "value"
        path = f"{answer.path}.value.display" if other.element == "display" else f"{answer.path}.value"
        context.add_issue(code, path, text, item.link_id, accepted_on_submission=is_judged)
    if not others and context.form is OUR_FORM and has_other_display(item, answer):
        text = "The display differs from that of the option. Send the display that was shown, or none."
        context.add_issue("invalid", f"{answer.path}.value.display", text, item.link_id, severity="warning")


def check_membership(item: Item, members: ValueSet, coding: Coding, path: str, context: ValidationContext) -> None:
    """Checks that a coded answer is a member of the question's ``answerValueSet``, and that its display is its own."""
    is_member = members(coding)
    if is_member is not True and members.may_mean_member(coding):
        context.issues.append(unclear_coding_issue(item, path))
    elif is_member is False:
        text = "This code is not in the question's value set. Use system and code of one of its members."
        context.add_issue("code-invalid", f"{path}.value", text, item.link_id)
    elif is_member is None:
        text = "This code could not be checked: the service does not have the whole value set of the question."
        context.add_inconclusive(f"{path}.value", text, item.link_id)
    elif coding.display and members.is_named_otherwise(coding):
        text = "This answer says two things: the code is of one member of the value set, `display` of another."
        context.add_issue("code-invalid", f"{path}.value.display", f"{text} Send both of one member.", item.link_id)
    elif coding.display and members.names_of(coding) and plain_name(coding.display) not in members.names_of(coding):
        text = "The display differs from that of the value set. Send the display that was shown, or none."
        context.add_issue("invalid", f"{path}.value.display", text, item.link_id, severity="warning")


def unclear_coding_issue(item: Item, path: str) -> Issue:
    """The issue of a Coding without system or code: it may mean an option, and R4 does not say so."""
    text = "This answer could not be judged: a Coding means an option only by system and code. Send both."
    return Issue("code-invalid", f"{path}.value", text, "warning", item.link_id, inconclusive=True)


def check_constraints(item: Item, answer: Answer, context: ValidationContext) -> None:
    """Checks the value of an answer against each limit of the question."""
    spend_steps(len(item.constraints))
    for constraint in item.constraints:
        allowed = constraint.allows(answer, context.response.contained)
        if allowed is False:
            context.add_issue(constraint.code, f"{answer.path}.value", constraint.text, item.link_id)
        elif allowed is None:
            why = constraint.why_unknown(answer) if isinstance(constraint, MaxSize) else ""
            text = f"This answer could not be checked against one of the question's limits. {why}".strip()
            context.add_inconclusive(f"{answer.path}.value", text, item.link_id)


def check_multiple_answers(
    item: Item, answers: Sequence[Answer], occurrences: Sequence[AnsweredItem], context: ValidationContext
) -> None:
    """Checks whether a question may have several answers, and whether these may be chosen together."""
    if not item.repeats and len(occurrences) == 1:
        text = "This question must have at most one answer. Send one."
        context.add_issue("structure", f"{occurrences[0].path}.answer", text, item.link_id)
    exclusive = [a for a in answers if isinstance(a.value, Coding) and a.value.code in item.exclusive]
    if exclusive:
        text = "This option excludes the other options, but others are chosen with it. It is ignored."
        context.add_issue("business-rule", exclusive[0].path, text, item.link_id, accepted_on_submission=True)
    if item.repeats and item.type in ("choice", "open-choice"):
        seen: set[Hashable] = set()
        for answer in answers:
            if answer.comparison_key in seen:
                text = "This option is chosen twice. It is used once."
                context.add_issue("business-rule", answer.path, text, item.link_id, severity="warning")
            seen.add(answer.comparison_key)


def check_min_and_max_occurs(item: Item, count: int, path: str, context: ValidationContext, enabled: Truth) -> None:
    """Checks minOccurs and maxOccurs, both inclusive. An item that is not required may also be absent."""
    most, least = item.max_occurs, item.min_occurs
    counted = "repetitions of this group" if item.type == "group" else "answers to this question"
    if most is not None and count > most:
        text = f"Too many {counted}: at most {most} are allowed."
        context.add_issue("structure", path, text, item.link_id)
    if least is not None and 0 < count < least and enabled is not False and context.finished:
        text = f"Too few {counted}: a finished response must have at least {least}."
        context.add_issue("required", path, text, item.link_id)
