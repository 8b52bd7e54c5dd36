"""Which items of a form apply, given the answers so far.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
"""

from collections.abc import Iterator, Mapping
from typing import Any

from service.fhir.questionnaires.enable_when_expressions import expressions_on
from service.fhir.questionnaires.response_reader import parse_response
from service.fhir.r4.types import Resource
from service.screening.instruments.editions import OUR_FORM
from service.screening.instruments.instrument import Instrument, ItemContainer
from service.screening.validation.context import ValidationContext

Answers = Mapping[str, list[dict[str, Any]]]
ROOT = "QuestionnaireResponse"


def enabled_items(instrument: Instrument, questionnaire: Resource, answers: Answers) -> frozenset[str]:
    """Returns the linkIds of the items that are enabled. An item whose condition is unknown is not."""
    items = list(answered_items(questionnaire, answers, None))
    resource = {"resourceType": ROOT, "questionnaire": instrument.canonical, "status": "in-progress", "item": items}
    evaluate = expressions_on(resource) if instrument.has_expressions else None
    context = ValidationContext(parse_response(resource), instrument, OUR_FORM, evaluate)
    return frozenset(walk_enabled(instrument, ROOT, context))


def walk_enabled(container: ItemContainer, path: str, context: ValidationContext) -> Iterator[str]:
    """Yields the linkIds of the enabled items inside a container whose occurrence has this path."""
    for item in container.items:
        occurrences = context.occurrences.get(item.link_id, [])
        if context.check_enabled(item, occurrences, path, True) is True:
            yield item.link_id
            inside = occurrences[0].path if occurrences else path
            yield from walk_enabled(item, inside, context)
        else:
            disable(item, context)


def disable(item: ItemContainer, context: ValidationContext) -> None:
    """Marks everything inside a disabled item as disabled, so that no condition uses its answers."""
    for inner in item.items:
        context.disabled_paths.update(answered.path for answered in context.occurrences.get(inner.link_id, ()))
        disable(inner, context)


def answered_items(container: Resource, answers: Answers, enabled: frozenset[str] | None) -> Iterator[Resource]:
    """Yields the items of a response in the order of the form: those with an answer, and groups that contain one.

    With ``enabled``, only these. Items nested in a question belong to its first answer.
    """
    for item in container.get("item", ()):
        link_id = item["linkId"]
        if item["type"] == "display" or (enabled is not None and link_id not in enabled):
            continue
        inner = list(answered_items(item, answers, enabled))
        given = [dict(answer) for answer in answers.get(link_id, ())]
        text = {"text": item["text"]} if "text" in item else {}
        if item["type"] == "group" and inner:
            yield {"linkId": link_id, **text, "item": inner}
        elif item["type"] != "group" and given:
            if inner:
                given[0]["item"] = inner
            yield {"linkId": link_id, **text, "answer": given}
