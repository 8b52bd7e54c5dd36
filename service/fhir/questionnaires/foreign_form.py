"""Reads another publisher's Questionnaire as far as an edition needs it: questions, codes, wording, options, weights.

It need not be valid: public forms often are not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from service.fhir.questionnaires.questionnaire_reader import ITEM_WEIGHT, ORDINAL_VALUE, first_extension_value
from service.fhir.r4.types import Resource
from service.fhir.r4.unchecked_json import objects_of
from service.screening.instruments.typed_value import Coding


@dataclass(frozen=True)
class ForeignOption:
    """One option: a Coding, an integer or a text, with its weight and wording if it has them."""

    coding: Coding | None
    number: int | None
    wording: str
    weight: Decimal | None


@dataclass(frozen=True)
class ForeignQuestion:
    """One question at any depth. ``conditional``: the form shows it only with certain answers."""

    link_id: str
    type: str
    wording: str
    codes: frozenset[str]
    options: tuple[ForeignOption, ...]
    conditional: bool


def read_foreign_questions(form: Resource) -> list[ForeignQuestion]:
    """The questions of a form in their order, without its groups and display items."""
    return [read_question(item, form) for item in items_in(form) if item.get("type") not in ("group", "display")]


def items_in(element: Resource) -> Iterator[Resource]:
    """Yields the items at any depth that have a linkId."""
    for item in objects_of(element.get("item")):
        if isinstance(item.get("linkId"), str):
            yield item
        yield from items_in(item)


def read_question(item: Resource, form: Resource) -> ForeignQuestion:
    """One question of a form."""
    codes = frozenset(str(coding["code"]) for coding in objects_of(item.get("code")) if "code" in coding)
    found = [read_foreign_option(option) for option in objects_of(item.get("answerOption"))]
    found += [read_concept(*each) for each in contained_concepts(str(item.get("answerValueSet", "")), form)]
    options = tuple(option for option in found if option is not None)
    conditional = "enableWhen" in item
    return ForeignQuestion(item["linkId"], str(item.get("type", "")), text_of(item), codes, options, conditional)


def text_of(item: Resource) -> str:
    """The wording of an item; empty without one."""
    return item["text"] if isinstance(item.get("text"), str) else ""


def read_foreign_option(option: Resource) -> ForeignOption | None:
    """One answerOption; None for a type that no edition can map."""
    coding, text, number = (option.get(f"value{kind}") for kind in ("Coding", "String", "Integer"))
    if isinstance(coding, dict):
        return coded_option(coding, read_weight(option) or read_weight(coding))
    if isinstance(number, int):
        return ForeignOption(None, number, "", Decimal(number))
    return ForeignOption(None, None, text, read_weight(option)) if isinstance(text, str) else None


def contained_concepts(canonical: str, form: Resource) -> list[tuple[str | None, Resource]]:
    """The concepts that a contained ValueSet lists, each with its system."""
    sets = [each for each in objects_of(form.get("contained")) if f"#{each.get('id')}" == canonical]
    compose = sets[0].get("compose") if sets else None
    includes = objects_of(compose.get("include")) if isinstance(compose, dict) else []
    return [(include.get("system"), concept) for include in includes for concept in objects_of(include.get("concept"))]


def read_concept(system: str | None, concept: Resource) -> ForeignOption:
    """One concept of a ValueSet as an option."""
    return coded_option({**concept, "system": system}, read_weight(concept))


def coded_option(coding: Mapping[str, Any], weight: Decimal | None) -> ForeignOption:
    """An option that is a Coding."""
    wording = str(coding.get("display") or coding.get("code") or "")
    return ForeignOption(Coding(coding.get("system"), coding.get("code")), None, wording, weight)


def read_weight(element: Resource) -> Decimal | None:
    """The weight in one of the extensions for it; None without one."""
    values = (first_extension_value(element, url) for url in (ITEM_WEIGHT, ORDINAL_VALUE))
    return next((Decimal(value) for value in values if isinstance(value, int | Decimal)), None)
