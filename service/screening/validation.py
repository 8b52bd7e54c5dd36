"""A response checked against its questionnaire: the questionnaire is walked, so that what is missing is seen too.

https://hl7.org/fhir/R4/questionnaireresponse.html#link
"""

from collections.abc import Iterable

from service.screening.circumstances import circumstances
from service.screening.faults import Fault
from service.screening.instrument import Holder, Instrument, Item
from service.screening.logic import Truth
from service.screening.questions import check_answers, check_occurrences
from service.screening.response import AnsweredItem, Response
from service.screening.sheet import OUR_FORM, SenderForm
from service.screening.surroundings import Expressions, Walk

ROOT = "QuestionnaireResponse"


def check(
    response: Response, instrument: Instrument, form: SenderForm = OUR_FORM, expressions: Expressions | None = None
) -> list[Fault]:
    """Every fault of the response. Open required questions are faults of a finished response only.

    ``expressions`` judges conditions of display in languages of their own; without it they cannot be told.
    """
    walk = Walk(response, instrument, form, expressions)
    walk.faults += circumstances(response, instrument)
    check_level(instrument, response.items, ROOT, walk, True)
    return walk.faults


def check_level(holder: Holder, given: Iterable[AnsweredItem], path: str, walk: Walk, above: Truth) -> None:
    """The items at one place: each expected one, and those that do not belong here or stand out of order."""
    found: dict[str, list[AnsweredItem]] = {}
    positions, last = holder.positions, -1
    for answered in given:
        link_id = answered.link_id
        position = positions.get(link_id)
        if position is None:
            walk.faults.append(stray_item(answered, walk.instrument))
            continue
        if position < last:
            text = "This item stands after one that it should precede. Send items in the order of the questionnaire."
            walk.add("structure", answered.path, text, link_id, tolerable=True)
        last = max(position, last)
        if link_id in found:
            found[link_id].append(answered)
        else:
            found[link_id] = [answered]
    for item in holder.items:
        check_item(item, found.get(item.link_id, ()), path, walk, above)


def stray_item(stray: AnsweredItem, instrument: Instrument) -> Fault:
    """An item that stands where the questionnaire has none of this linkId."""
    if stray.link_id in instrument.by_link_id:
        text = "This item stands in another place in the questionnaire. Put it under the item that holds it there."
        return Fault("structure", stray.path, text, link_id=stray.link_id)
    text = "The questionnaire has no item with this linkId. Leave the item out or use a linkId of the questionnaire."
    return Fault("structure", f"{stray.path}.linkId", text)


def check_item(item: Item, given: Iterable[AnsweredItem], path: str, walk: Walk, above: Truth) -> None:
    """One expected item, with what was given for it."""
    occurrences = tuple(given)
    enabled = walk.enablement(item, occurrences, path, above)
    for answered in occurrences:
        if answered.text is not None and answered.text != item.text:
            check_text(item, answered, walk)
    if item.type in ("group", "display"):
        check_unanswerable(item, occurrences, path, walk, enabled)
    else:
        check_question(item, occurrences, path, walk, enabled)


def check_text(item: Item, answered: AnsweredItem, walk: Walk) -> None:
    """The words of the item as they were shown; line breaks and translations make no difference."""
    if plain(answered.text) not in {plain(text) for text in (item.text, *item.texts)}:
        text = "The text of this item differs from the questionnaire's. Send the text that was shown, or none."
        walk.add("invalid", f"{answered.path}.text", text, item.link_id, severity="warning")


def plain(text: str | None) -> str:
    return " ".join((text or "").split())


def check_unanswerable(item: Item, given: tuple[AnsweredItem, ...], path: str, walk: Walk, enabled: Truth) -> None:
    """Groups and display items take no answer; a display item takes nothing at all."""
    for answered in given:
        if answered.answers:
            text = f"A {item.type} item takes no answer. Leave the answer out."
            walk.add("structure", f"{answered.path}.answer", text, item.link_id)
    if item.type == "group":
        check_group(item, given, path, walk, enabled)
    if item.type == "group" or any(answered.items for answered in given):
        for answered in given:
            check_level(item, answered.items, answered.path, walk, enabled)


def check_group(item: Item, given: tuple[AnsweredItem, ...], path: str, walk: Walk, enabled: Truth) -> None:
    """How often a group stands. What it holds is demanded only where it stands: an optional group may be skipped."""
    if len(given) > 1 and not item.repeats:
        walk.add("structure", given[1].path, "This group stands more than once. Send it once.", item.link_id)
    if item.required and enabled is True and walk.finished:
        if not given:
            text = "This group must be there in a finished response."
            walk.add("required", path, text, item.link_id)
        for answered in given:
            if not answered.items:
                text = "This group must hold at least one item in a finished response."
                walk.add("required", answered.path, text, item.link_id)
    check_occurrences(item, len(given), given[0].path if given else path, walk, enabled)


def check_question(item: Item, given: tuple[AnsweredItem, ...], path: str, walk: Walk, enabled: Truth) -> None:
    """A question stands once, with all its answers; what is nested stands under each of them."""
    if len(given) > 1:
        text = "This question stands more than once. Give all its answers under one item."
        walk.add("structure", given[1].path, text, item.link_id)
    answers = given[0].answers if len(given) == 1 else [answer for answered in given for answer in answered.answers]
    if answers:
        check_answers(item, answers, given, walk, enabled)
    elif item.required and enabled is True and walk.finished:
        text = "This question must be answered in a finished response."
        walk.add("required", given[0].path if given else path, text, item.link_id)
    for answered in given:
        if answered.items:
            check_misnested(item, answered, walk, enabled)
        for answer in answered.answers:
            if item.items or answer.items:
                check_level(item, answer.items, answer.path, walk, enabled)


def check_misnested(item: Item, answered: AnsweredItem, walk: Walk, enabled: Truth) -> None:
    """Items beside the answers instead of under one: R4 forbids both at once (qrs-1)."""
    text = "Items nested in a question stand under an answer to it. Move them there."
    severity = "error" if answered.answers else "warning"
    walk.add("invariant", f"{answered.path}.item", text, item.link_id, severity=severity)
    check_level(item, answered.items, answered.path, walk, enabled)
