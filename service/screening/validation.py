"""A response checked against its questionnaire: the questionnaire is walked, so that what is missing is seen too.

https://hl7.org/fhir/R4/questionnaireresponse.html#link
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.screening.faults import Fault
from service.screening.instrument import Instrument, Item
from service.screening.response import Answer, AnsweredItem, Response
from service.screening.sheet import OUR_FORM, Answers, SenderForm, answers_of, was_asked

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
FINISHED = {"completed", "amended"}


@dataclass(frozen=True)
class Check:
    """What the walk needs to know everywhere."""

    instrument: Instrument
    answers: Answers
    form: SenderForm
    finished: bool


def check(response: Response, instrument: Instrument, form: SenderForm = OUR_FORM) -> list[Fault]:
    """Every fault of the response. Open required questions are faults of a finished response only."""
    walk = Check(instrument, answers_of(response), form, response.status in FINISHED)
    return list(check_level(instrument.items, response.items, "QuestionnaireResponse", walk, True))


def check_level(
    expected: Sequence[Item], given: Sequence[AnsweredItem], path: str, walk: Check, shown: bool
) -> Iterator[Fault]:
    """The items of one level: each expected one, then those that do not belong here."""
    by_link_id: dict[str, list[AnsweredItem]] = defaultdict(list)
    for answered in given:
        by_link_id[answered.link_id].append(answered)
    for item in expected:
        enabled = shown and was_asked(item, walk.answers, walk.form, True) is True
        yield from check_item(item, by_link_id.pop(item.link_id, []), path, walk, enabled)
    for strays in by_link_id.values():
        for stray in strays:
            yield stray_item(stray, walk.instrument)


def stray_item(stray: AnsweredItem, instrument: Instrument) -> Fault:
    """An item that stands where the questionnaire has none of this linkId."""
    if stray.link_id in instrument.by_link_id:
        text = "This item stands in another place in the questionnaire. Put it under the item that holds it there."
        return Fault("structure", stray.path, text, link_id=stray.link_id)
    text = "The questionnaire has no item with this linkId. Leave the item out or use a linkId of the questionnaire."
    return Fault("structure", f"{stray.path}.linkId", text)


def check_item(item: Item, given: list[AnsweredItem], path: str, walk: Check, enabled: bool) -> Iterator[Fault]:
    """One expected item, with what was given for it."""
    answers = [answer for answered in given for answer in answered.answers]
    if item.type in ("group", "display"):
        yield from check_unanswerable(item, given)
    else:
        yield from check_answers(item, answers, enabled)
        yield from check_count(item, given, answers)
    if item.required and enabled and walk.finished and not is_present(item, given, answers):
        text = "This question must be answered in a finished response."
        yield Fault("required", path, text, link_id=item.link_id)
    if not given and item.type == "group" and enabled:
        yield from check_level(item.items, (), path, walk, enabled)
    for answered in given:
        nested = [inner for answer in answered.answers for inner in answer.items]
        yield from check_level(item.items, (*answered.items, *nested), answered.path, walk, enabled)


def is_present(item: Item, given: list[AnsweredItem], answers: list[Answer]) -> bool:
    """Whether a required item has been given: a group by standing there, a question by its answer."""
    return bool(given) if item.type in ("group", "display") else bool(answers)


def check_unanswerable(item: Item, given: list[AnsweredItem]) -> Iterator[Fault]:
    """Groups and display items take no answer; a display item takes nothing at all."""
    for answered in given:
        if answered.answers:
            text = f"A {item.type} item takes no answer. Leave the answer out."
            yield Fault("structure", f"{answered.path}.answer", text, link_id=item.link_id)


def check_count(item: Item, given: list[AnsweredItem], answers: list[Answer]) -> Iterator[Fault]:
    """A question stands once; it has one answer unless it repeats."""
    if len(given) > 1:
        text = "This question stands more than once. Give all its answers under one item."
        yield Fault("structure", given[1].path, text, link_id=item.link_id)
    elif len(answers) > 1 and not item.repeats:
        text = "This question takes one answer only."
        yield Fault("structure", f"{given[0].path}.answer", text, link_id=item.link_id)


def check_answers(item: Item, answers: list[Answer], enabled: bool) -> Iterator[Fault]:
    """Type, option, exclusiveness and display condition of the answers to one question."""
    for answer in answers:
        yield from check_answer(item, answer)
    exclusive = [a for a in answers if a.kind == "Coding" and a.value.code in item.exclusive]
    if exclusive and len(answers) > 1:
        text = "This option stands alone, but other options are chosen with it. It is left out of account."
        yield Fault("business-rule", exclusive[0].path, text, link_id=item.link_id, tolerable=True)
    if answers and not enabled:
        text = (
            "This question is not shown with the other answers given, but it is answered. The answer counts as given."
        )
        yield Fault("business-rule", answers[0].path, text, link_id=item.link_id, tolerable=True)


def check_answer(item: Item, answer: Answer) -> Iterator[Fault]:
    """Type and option of one answer."""
    kinds = KINDS[item.type]
    if item.options:
        kinds = item.option_kinds | (kinds - {"Coding"})
    if answer.kind not in kinds:
        wanted = " or ".join(sorted(kinds))
        text = f"An answer to this question is of type {wanted}, not {answer.kind}."
        yield Fault("value", f"{answer.path}.value", text, link_id=item.link_id)
    elif item.options and not is_offered(item, answer):
        text = "This option is not offered. Use system and code of one of the question's options."
        yield Fault("code-invalid", f"{answer.path}.value", text, link_id=item.link_id)


def is_offered(item: Item, answer: Answer) -> bool:
    """Whether the answer is one of the options, or free text where that is allowed."""
    if answer.kind == "Coding":
        return bool(item.option_of.get(answer.value.code) == answer.value)
    if item.type == "open-choice" and answer.kind == "string":
        return True
    return any(option.kind == answer.kind and option.value == answer.value for option in item.options)
