"""Validation of a response against its questionnaire. The questionnaire is traversed, so missing items are found too.

https://hl7.org/fhir/R4/questionnaireresponse.html#link
"""

from collections.abc import Collection, Iterable

from service.issues import Issue
from service.screening.instruments.editions import OUR_FORM, SenderForm
from service.screening.instruments.instrument import Instrument, Item, ItemContainer
from service.screening.instruments.response import AnsweredItem, Response
from service.screening.kleene import Truth
from service.screening.validation.answers import (
    STEPS_PER_ANSWER,
    check_answers,
    check_min_and_max_occurs,
    is_surely_right,
)
from service.screening.validation.applicability import applicability_issues
from service.screening.validation.context import EvaluateExpression, ValidationContext
from service.screening.validation.expressions import check_expressions
from service.work import spend_steps

ROOT = "QuestionnaireResponse"
STEPS_PER_ITEM = 5


def validate_response(
    response: Response,
    instrument: Instrument,
    form: SenderForm = OUR_FORM,
    evaluate_expression: EvaluateExpression | None = None,
    judged_higher: Collection[str] = (),
) -> list[Issue]:
    """All issues of the response. Missing required items are errors only if the response is completed or amended.

    ``evaluate_expression`` evaluates enableWhenExpression; without it, such conditions are inconclusive.
    ``judged_higher`` are the items of which an answer that says two things is accepted on submission.
    """
    context = ValidationContext(response, instrument, form, evaluate_expression, judged_higher)
    context.issues += applicability_issues(response, instrument)
    check_expressions(instrument.expression_constraints, ROOT, context)
    check_items(instrument, response.items, ROOT, context, True)
    return context.issues


def check_items(
    container: ItemContainer, items: Iterable[AnsweredItem], path: str, context: ValidationContext, enabled: Truth
) -> None:
    """Checks the items under ``path``: those that the container defines, their order, and those that it does not."""
    occurrences: dict[str, list[AnsweredItem]] = {}
    positions, last = container.positions, -1
    for answered in items:
        link_id = answered.link_id
        position = positions.get(link_id)
        if position is None:
            context.issues.append(unexpected_item_issue(answered, context.instrument))
            continue
        if position < last:
            text = "This item must come before the item that it follows. Send items in the order of the questionnaire."
            context.add_issue("structure", answered.path, text, link_id, accepted_on_submission=True)
        else:
            last = position
        if link_id in occurrences:
            occurrences[link_id].append(answered)
        else:
            occurrences[link_id] = [answered]
    spend_steps(STEPS_PER_ITEM * len(container.items))
    right, lacks = 0, context.form.lacks
    for item in container.items:
        found = occurrences.get(item.link_id, ())
        is_as_around = enabled is not False and not item.has_condition and item.link_id not in lacks
        if is_as_around and is_surely_right(item, found):
            right += len(found)
        else:
            check_item(item, found, path, context, enabled)
    spend_steps(STEPS_PER_ANSWER * right)


def unexpected_item_issue(answered: AnsweredItem, instrument: Instrument) -> Issue:
    """The issue of an item whose linkId the questionnaire does not have, or has in another place."""
    if answered.link_id in instrument.by_link_id:
        text = "The questionnaire has this item in another place. Move it under the item that contains it there."
        return Issue("structure", answered.path, text, link_id=answered.link_id)
    text = "The questionnaire has no item with this linkId. Remove the item or use a linkId of the questionnaire."
    return Issue("structure", f"{answered.path}.linkId", text)


def check_item(
    item: Item, answered_items: Iterable[AnsweredItem], path: str, context: ValidationContext, parent_enabled: Truth
) -> None:
    """Checks the occurrences of one item, or its absence."""
    occurrences = tuple(answered_items)
    enabled = context.check_enabled(item, occurrences, path, parent_enabled)
    for answered in occurrences:
        if answered.text is not None and answered.text != item.text:
            check_text(item, answered, context)
        if item.expression_constraints and enabled is not False:
            check_expressions(item.expression_constraints, answered.path, context, item.link_id)
    if item.type in ("group", "display"):
        check_group_or_display(item, occurrences, path, context, enabled)
    else:
        check_question(item, occurrences, path, context, enabled)


def check_text(item: Item, answered: AnsweredItem, context: ValidationContext) -> None:
    """Checks ``item.text`` against the questionnaire; white space is not compared, and translations are accepted."""
    if " ".join((answered.text or "").split()) not in item.known_texts:
        text = "The text of this item differs from the questionnaire. Send the text that was shown, or none."
        context.add_issue("invalid", f"{answered.path}.text", text, item.link_id, severity="warning")


def check_group_or_display(
    item: Item, occurrences: tuple[AnsweredItem, ...], path: str, context: ValidationContext, enabled: Truth
) -> None:
    """Checks that a group or display item has no answer, and the items nested in it."""
    for answered in occurrences:
        if answered.answers or answered.has_empty_answer:
            text = f"A {item.type} item must have no answer (qrs-1): its items belong in item.item. Remove the answer."
            context.add_issue("structure", f"{answered.path}.answer", text, item.link_id)
    if item.type == "group":
        check_group(item, occurrences, path, context, enabled)
    if item.type == "group" or any(answered.items for answered in occurrences):
        for answered in occurrences:
            check_items(item, answered.items, answered.path, context, enabled)


def check_group(
    item: Item, occurrences: tuple[AnsweredItem, ...], path: str, context: ValidationContext, enabled: Truth
) -> None:
    """Checks how often a group occurs. Its required items are missing only in a group that the response contains."""
    if len(occurrences) > 1 and not item.repeats:
        text = "This group does not repeat, but occurs more than once. Send it once."
        context.add_issue("structure", occurrences[1].path, text, item.link_id)
    if item.required and enabled is True and context.finished:
        if not occurrences:
            text = "This group is required: a finished response must contain it."
            context.add_issue("required", path, text, item.link_id)
        for answered in occurrences:
            if not answered.items:
                text = "This group is required: in a finished response it must contain at least one item."
                context.add_issue("required", answered.path, text, item.link_id)
    first_path = occurrences[0].path if occurrences else path
    check_min_and_max_occurs(item, len(occurrences), first_path, context, enabled)


def check_question(
    item: Item, occurrences: tuple[AnsweredItem, ...], path: str, context: ValidationContext, enabled: Truth
) -> None:
    """Checks a question: it must occur once, with all its answers, and nested items in each answer."""
    if len(occurrences) > 1:
        text = "This question occurs more than once. Send it once, with all its answers in one item."
        context.add_issue("structure", occurrences[1].path, text, item.link_id)
    answers = (
        occurrences[0].answers
        if len(occurrences) == 1
        else [answer for answered in occurrences for answer in answered.answers]
    )
    if answers:
        check_answers(item, answers, occurrences, context, enabled)
    elif item.required and enabled is True and context.finished:
        add_required_issue(item, occurrences, path, context)
    elif occurrences and item.min_occurs and enabled is not False and context.finished:
        text = f"Too few answers to this question: a finished response must have at least {item.min_occurs}."
        context.add_issue("required", occurrences[0].path, text, item.link_id)
    for answered in occurrences:
        if answered.items:
            check_misnested_items(item, answered, context, enabled)
        for answer in answered.answers:
            if item.items or answer.items:
                check_items(item, answer.items, answer.path, context, enabled)


def add_required_issue(
    item: Item, occurrences: tuple[AnsweredItem, ...], path: str, context: ValidationContext
) -> None:
    """Adds the issue of a required question without an answer; with a data-absent-reason it may be submitted."""
    text = "This question is required: a finished response must answer it."
    if any(answered.absent is not None for answered in occurrences):
        text = "This question is required, but was not answered for the reason given."
        context.add_issue("required", occurrences[0].path, text, item.link_id, accepted_on_submission=True)
    else:
        context.add_issue("required", occurrences[0].path if occurrences else path, text, item.link_id)


def check_misnested_items(item: Item, answered: AnsweredItem, context: ValidationContext, enabled: Truth) -> None:
    """Checks items nested in a question instead of an answer: an error only beside answers (qrs-1)."""
    text = "Nested items of a question belong in answer.item, not item.item (qrs-1)."
    context.add_issue(
        "invariant", f"{answered.path}.item", text, item.link_id, severity="error" if answered.answers else "warning"
    )
    check_items(item, answered.items, answered.path, context, enabled)
