"""Validates a Questionnaire: the invariants of R4 (que-0 to que-13), and whether its questions can be answered.

https://hl7.org/fhir/R4/questionnaire.html#invs
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from service.fhir.questionnaires.constraints.constraint_expressions import constraint_issues
from service.fhir.questionnaires.enable_when_validator import enable_when_issues, expression_issues
from service.fhir.questionnaires.item_index import IndexedItem, index_items, walk_questionnaire
from service.fhir.questionnaires.item_value_validator import limit_issues, value_issues, value_set_issues
from service.fhir.r4.modifier_extensions import modifier_issues
from service.fhir.r4.types import Resource
from service.fhir.terminology.value_set_membership import TerminologyResources
from service.issues import Issue

NAME = re.compile(r"[A-Z][A-Za-z0-9_]{0,254}")
CHOICE_TYPES = {"choice", "open-choice"}
MAX_LENGTH_TYPES = {"boolean", "decimal", "integer", "string", "text", "url", "open-choice"}


@dataclass(frozen=True)
class Invariant:
    """An invariant of items: ``is_broken`` tells whether an item breaks it, ``element`` where to correct it."""

    element: str
    is_broken: Callable[[Resource], bool]
    text: str


INVARIANTS = (
    Invariant(
        "item",
        lambda item: item["type"] == "group" and "item" not in item,
        "`item` is required in a group (que-1). Add items, or change `type` to display.",
    ),
    Invariant(
        "item",
        lambda item: item["type"] == "display" and "item" in item,
        "`item` must not be in a display item (que-1). Change `type` to group.",
    ),
    Invariant(
        "code",
        lambda item: item["type"] == "display" and "code" in item,
        "`code` must not be in a display item (que-3). Remove it.",
    ),
    Invariant(
        "answerValueSet",
        lambda item: "answerOption" in item and "answerValueSet" in item,
        "`answerValueSet` must not be used together with `answerOption` (que-4). Remove one of them.",
    ),
    Invariant(
        "answerValueSet",
        lambda item: "answerValueSet" in item and item["type"] not in CHOICE_TYPES,
        "`answerValueSet` is allowed only if `type` is choice or open-choice (que-5). Change `type`, or remove it.",
    ),
    Invariant(
        "required",
        lambda item: item["type"] == "display" and "required" in item,
        "`required` must not be in a display item (que-6). Remove it.",
    ),
    Invariant(
        "repeats",
        lambda item: item["type"] == "display" and "repeats" in item,
        "`repeats` must not be in a display item (que-6). Remove it.",
    ),
    Invariant(
        "initial",
        lambda item: item["type"] in ("group", "display") and "initial" in item,
        "`initial` must not be in a group or display item (que-8). Remove it.",
    ),
    Invariant(
        "readOnly",
        lambda item: item["type"] == "display" and "readOnly" in item,
        "`readOnly` must not be in a display item (que-9). Remove it.",
    ),
    Invariant(
        "maxLength",
        lambda item: "maxLength" in item and item["type"] not in MAX_LENGTH_TYPES,
        "`maxLength` is allowed only in questions of a simple type (que-10). Remove it.",
    ),
    Invariant(
        "initial",
        lambda item: "answerOption" in item and "initial" in item,
        "`initial` must not be used together with `answerOption` (que-11). Use `answerOption.initialSelected`.",
    ),
    Invariant(
        "enableBehavior",
        lambda item: len(item.get("enableWhen", ())) > 1 and "enableBehavior" not in item,
        "`enableBehavior` is required if there is more than one `enableWhen` (que-12). Add all or any.",
    ),
    Invariant(
        "initial",
        lambda item: len(item.get("initial", ())) > 1 and not item.get("repeats"),
        "`initial` must have a single value unless `repeats` is true (que-13). Keep one value.",
    ),
    Invariant(
        "answerOption",
        lambda item: item["type"] in ("group", "display") and "answerOption" in item,
        "`answerOption` must not be in a group or display item. Remove it.",
    ),
)


def questionnaire_issues(
    questionnaire: Resource, terms: TerminologyResources | None = None, trusted: bool = True
) -> list[Issue]:
    """Returns every issue of a Questionnaire whose structure is valid.

    Expressions are parsed but never evaluated. If the questionnaire is not ``trusted`` they are not even parsed.
    """
    known_terms = TerminologyResources(questionnaire.get("contained", ()), terms)
    items = index_items(questionnaire)
    issues = [*form_issues(questionnaire), *constraint_issues(questionnaire, "Questionnaire", trusted)]
    for item in items.values():
        issues += item_issues(item)
        issues += value_issues(item, known_terms)
        issues += limit_issues(item, known_terms)
        issues += value_set_issues(item, known_terms)
        issues += enable_when_issues(item, items)
        issues += expression_issues(item, trusted)
        issues += constraint_issues(item.item, item.path, trusted, item.link_id)
    return issues + list(repeated_link_id_issues(questionnaire))


def form_issues(questionnaire: Resource) -> Iterator[Issue]:
    """Yields the issues of the questionnaire as a whole: modifiers and name."""
    for issue in modifier_issues({**questionnaire, "resourceType": "Questionnaire"}):
        text = f"`{issue.path.rpartition('.')[2]}` can change the meaning of the questionnaire and is not supported."
        yield Issue("not-supported", issue.path, text, severity="warning", inconclusive=True)
    if "name" in questionnaire and not NAME.fullmatch(questionnaire["name"]):
        text = "`name` should begin with a capital and contain only letters, digits and _, so that programs can use it"
        yield Issue("invariant", "Questionnaire.name", f"{text} (que-0).", severity="warning")


def item_issues(item: IndexedItem) -> Iterator[Issue]:
    """Yields an issue for each invariant that an item breaks."""
    for invariant in INVARIANTS:
        if invariant.is_broken(item.item):
            yield Issue("invariant", f"{item.path}.{invariant.element}", invariant.text, link_id=item.link_id)
    if item.item["type"] == "question":
        text = "`type` question is abstract: it does not say the type of the answers. Use another code, such as string."
        yield Issue("code-invalid", f"{item.path}.type", text, link_id=item.link_id)


def repeated_link_id_issues(questionnaire: Resource) -> Iterator[Issue]:
    """Yields an issue for each linkId that an item before it has too."""
    seen: set[str] = set()
    for item in walk_questionnaire(questionnaire):
        if item.link_id in seen:
            text = "`linkId` must be unique in the questionnaire (que-2). Give each item its own."
            yield Issue("invariant", f"{item.path}.linkId", text, link_id=item.link_id)
        seen.add(item.link_id)
