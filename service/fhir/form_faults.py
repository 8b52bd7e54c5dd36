"""A Questionnaire checked by itself: the invariants that R4 states, and whether it can be answered as it stands.

https://hl7.org/fhir/R4/questionnaire.html#invs
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from service.fhir.form_conditions import condition_faults, expression_faults
from service.fhir.form_places import Place, places
from service.fhir.form_values import limit_faults, value_faults, value_set_faults
from service.fhir.modifiers import modifier_faults
from service.fhir.reading import Resource
from service.fhir.valuesets import Terms
from service.screening.faults import Fault
from service.screening.magnitudes import at_least

NAME = re.compile(r"[A-Z][A-Za-z0-9_]{0,254}")
CHOICES = {"choice", "open-choice"}
SIMPLE = {"boolean", "decimal", "integer", "string", "text", "url", "open-choice"}


@dataclass(frozen=True)
class Rule:
    """An invariant: ``element`` is at fault where ``breaks`` is true of an item."""

    element: str
    breaks: Callable[[Resource], bool]
    text: str


RULES = (
    Rule(
        "item",
        lambda item: item["type"] == "group" and "item" not in item,
        "A group must hold items (que-1). Add some, or make it a display item.",
    ),
    Rule(
        "item",
        lambda item: item["type"] == "display" and "item" in item,
        "A display item holds no items (que-1). Make it a group.",
    ),
    Rule(
        "code",
        lambda item: item["type"] == "display" and "code" in item,
        "A display item has no code (que-3). Leave it out.",
    ),
    Rule(
        "answerValueSet",
        lambda item: "answerOption" in item and "answerValueSet" in item,
        "A question has options or a value set, not both (que-4). Keep one.",
    ),
    Rule(
        "answerValueSet",
        lambda item: "answerValueSet" in item and item["type"] not in CHOICES,
        "Only choice and open-choice questions have a value set (que-5). Change the type, or leave it out.",
    ),
    Rule(
        "required",
        lambda item: item["type"] == "display" and "required" in item,
        "A display item is not required (que-6). Leave the element out.",
    ),
    Rule(
        "repeats",
        lambda item: item["type"] == "display" and "repeats" in item,
        "A display item does not repeat (que-6). Leave the element out.",
    ),
    Rule(
        "initial",
        lambda item: item["type"] in ("group", "display") and "initial" in item,
        "Groups and display items have no initial value (que-8). Leave it out.",
    ),
    Rule(
        "readOnly",
        lambda item: item["type"] == "display" and "readOnly" in item,
        "A display item is not read-only (que-9). Leave the element out.",
    ),
    Rule(
        "maxLength",
        lambda item: "maxLength" in item and item["type"] not in SIMPLE,
        "Only simple questions have a greatest length (que-10). Leave it out.",
    ),
    Rule(
        "initial",
        lambda item: "answerOption" in item and "initial" in item,
        "A question with options has no initial value (que-11). Mark an option with initialSelected.",
    ),
    Rule(
        "enableBehavior",
        lambda item: len(item.get("enableWhen", ())) > 1 and "enableBehavior" not in item,
        "With more than one condition, enableBehavior must say whether any or all count (que-12). Add it.",
    ),
    Rule(
        "initial",
        lambda item: len(item.get("initial", ())) > 1 and not item.get("repeats"),
        "Only a repeating question has several initial values (que-13). Keep one.",
    ),
    Rule(
        "answerOption",
        lambda item: item["type"] in ("group", "display") and "answerOption" in item,
        "Groups and display items take no answer. Leave the options out.",
    ),
)


def form_faults(questionnaire: Resource, terms: Terms | None = None, trusted: bool = True) -> list[Fault]:
    """Every fault of a Questionnaire whose structure has been checked.

    Expressions are taken apart, never run; those of one that is not ``trusted`` are left alone.
    """
    here = Terms(questionnaire.get("contained", ()), terms)
    found = places(questionnaire)
    faults = list(whole_faults(questionnaire))
    for place in found.values():
        faults += item_faults(place)
        faults += value_faults(place, here)
        faults += limit_faults(place, here)
        faults += value_set_faults(place, here)
        faults += condition_faults(place, found)
        faults += expression_faults(place, trusted)
    return faults + list(repeated_link_ids(questionnaire, "Questionnaire", set()))


def whole_faults(questionnaire: Resource) -> Iterator[Fault]:
    """What concerns no single item."""
    for fault in modifier_faults({**questionnaire, "resourceType": "Questionnaire"}):
        text = "This element can change the meaning of the questionnaire, in a way that we do not know."
        yield Fault("not-supported", fault.path, text, severity="warning", untold=True)
    if "name" in questionnaire and not NAME.fullmatch(questionnaire["name"]):
        text = "The name should start with a capital and hold letters, digits and _ alone (que-0), for use by programs."
        yield Fault("invariant", "Questionnaire.name", text, severity="warning")
    period = questionnaire.get("effectivePeriod", {})
    if {"start", "end"} <= period.keys() and (
        at_least("dateTime", period["end"], "dateTime", period["start"]) is False
    ):
        text = "The period ends before it starts (per-1). Correct one of the dates."
        yield Fault("invariant", "Questionnaire.effectivePeriod", text)


def item_faults(place: Place) -> Iterator[Fault]:
    """The invariants that one item breaks."""
    for rule in RULES:
        if rule.breaks(place.item):
            yield Fault("invariant", f"{place.path}.{rule.element}", rule.text, link_id=place.link_id)
    if place.item["type"] == "question":
        text = 'The type "question" stands for any type. Say which type the answer has.'
        yield Fault("code-invalid", f"{place.path}.type", text, severity="warning", link_id=place.link_id)


def repeated_link_ids(holder: Resource, path: str, seen: set[str]) -> Iterator[Fault]:
    """Every linkId that stood before."""
    for index, item in enumerate(holder.get("item", ())):
        here = f"{path}.item[{index}]"
        if item["linkId"] in seen:
            text = "This linkId stands more than once in the questionnaire (que-2). Give each item its own."
            yield Fault("invariant", f"{here}.linkId", text, link_id=item["linkId"])
        seen.add(item["linkId"])
        yield from repeated_link_ids(item, here, seen)
