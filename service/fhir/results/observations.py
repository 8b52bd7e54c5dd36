"""Observations: one per answer that the questionnaire marks for extraction, per score, per panel, per red flag.

https://hl7.org/fhir/uv/sdc/extraction.html#observation-based-extraction
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from service.fhir.frozen_json import FrozenObject, freeze_object
from service.fhir.r4.types import Resource
from service.fhir.results.knowledge_base import KnowledgeBase
from service.fhir.results.observation_elements import (
    base_observation,
    category_and_code,
    category_element,
    codeable_concept,
    determination_categories,
    observation_references,
)
from service.fhir.results.score_observations import score_observation
from service.fhir.results.screening_observations import screening_observations
from service.fhir.results.submission import SourceResponse
from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.instruments.instrument import Instrument, Item
from service.screening.instruments.response import Answer
from service.screening.instruments.typed_value import Coding
from service.screening.rules.age import Age
from service.screening.rules.assessment import ResponseResults
from service.screening.rules.red_flags import Flag


def response_observations(
    source: SourceResponse, results: ResponseResults, knowledge: KnowledgeBase, age: Age | None
) -> list[Resource]:
    """Returns all Observations of one response; of an unfinished response only those of its flags."""
    status = "preliminary" if source.is_unfinished else "final"
    flags = [flag_observation(flag, source, knowledge, status) for flag in results.flags.raised]
    if source.is_unfinished:
        return flags
    items = list(item_observations(source, results, knowledge, status))
    scores = [score_observation(score, source, knowledge, status) for score in results.scores]
    members = [*items, *scores]
    panel = [panel_observation(source, slot, members, status) for slot in panel_slots(source, results)]
    screenings = screening_observations(source, results, knowledge, age, status)
    return [*members, *panel, *flags, *screenings]


@lru_cache(4096)
def item_kind(item: Item) -> FrozenObject:
    """Returns category and code of the answers to an item.

    The cache serves "assess and compose" of `make bench`, as do those of ``panel_kind``, ``option_kind`` and
    ``flag_category``.
    """
    return freeze_object(category_and_code(item.categories, codeable_concept(item.code, item.text)))


@lru_cache(256)
def panel_kind(instrument: Instrument) -> FrozenObject:
    """Returns category and code of the panel of an instrument."""
    return freeze_object(category_and_code(instrument.categories, codeable_concept(instrument.code, instrument.title)))


@lru_cache(256)
def flag_category(instrument: Instrument) -> FrozenObject:
    """Returns ``category`` of the red flags of an instrument; an empty object without categories."""
    return freeze_object(category_element(determination_categories(instrument.categories)))


@lru_cache(16_384)
def option_kind(item: Item, code: str) -> FrozenObject:
    """Returns category, code and value of an answer that is an option of the item."""
    return freeze_object({**item_kind(item), "valueCodeableConcept": coding_concept(item.option_of[code])})


def coding_concept(coding: Coding) -> Resource:
    """Returns a Coding as new CodeableConcept; its text is the display, or if absent the code."""
    return codeable_concept((coding,), coding.display or coding.code or "")


def item_observations(
    source: SourceResponse, results: ResponseResults, knowledge: KnowledgeBase, status: str
) -> Iterator[Resource]:
    """Yields one Observation per answer. Zero and "no" are values; an item left open gives no Observation.

    An item that was declined gives one with the reason.
    """
    declined = knowledge.codes.bindings["declined"]
    total_items = {score.rule.item for score in results.scores}
    instrument = source.sheet.instrument
    for answered in source.response.all_items:
        item = instrument.by_link_id[answered.link_id]
        if not item.extract or item.link_id in total_items:
            continue
        for key, answer in used_answers(answered.answers, item, source.sheet).items():
            id = source.answer_id(item.link_id, key)
            yield base_observation(id, source.answer_elements, status, answer_kind(item, answer))
        if answered.absent in declined:
            yield declined_observation(source, item, declined[answered.absent], status)


def used_answers(answers: Sequence[Answer], item: Item, sheet: AnswerSheet) -> dict[str, Answer]:
    """Returns the answers to an item by their key, without an exclusive option that was chosen together with others.

    The key of a Coding is its system|code, so that order does not matter: an option that is chosen twice has the same
    key both times. That of any other answer is its index.
    """
    used = {}
    for index, answer in enumerate(answers):
        value = answer.value
        if not isinstance(value, Coding):
            used[str(index)] = answer
        elif value.code in sheet.chosen[item.link_id]:
            used[f"{value.system}|{value.code}"] = answer
    return used


def answer_kind(item: Item, answer: Answer) -> Resource:
    """Returns category, code and value of an answer."""
    value = answer.value
    if isinstance(value, Coding) and value.code is not None and value.code in item.option_of:
        return option_kind(item, value.code)
    return {**item_kind(item), **observation_value(item, answer)}


def declined_observation(source: SourceResponse, item: Item, reason: Resource, status: str) -> Resource:
    """Returns the Observation of a question that was declined: without a value, with the reason."""
    return {
        **base_observation(source.answer_id(item.link_id, "declined"), source.shared_elements, status, item_kind(item)),
        **source.performer,
        "dataAbsentReason": {"coding": [dict(reason)]},
        "derivedFrom": [source.reference],
    }


def observation_value(item: Item, answer: Answer) -> Resource:
    """Returns the answer as Observation.value[x] in a type that R4 allows there, else ``dataAbsentReason``."""
    value: Any = answer.value
    match answer.type:
        case "Coding":
            return {"valueCodeableConcept": coding_concept(value)}
        case "decimal" | "integer" if item.unit is not None or answer.type == "decimal":
            return {"valueQuantity": {"value": value, **unit_elements(item.unit)}}
        case "date" | "uri":
            return {"valueDateTime" if answer.type == "date" else "valueString": value}
        case "Quantity":
            return {"valueQuantity": freeze_object(value)}
        case "boolean" | "integer" | "dateTime" | "time" | "string":
            return {f"value{answer.type[0].upper()}{answer.type[1:]}": value}
    return {"dataAbsentReason": {"text": f"A value of type {answer.type} has no place in an Observation."}}


def unit_elements(unit: Coding | None) -> Resource:
    """Returns unit, system and code of a Quantity; an empty object without a unit."""
    if unit is None:
        return {}
    return {"unit": unit.display or unit.code, "system": unit.system, "code": unit.code}


def panel_slots(source: SourceResponse, results: ResponseResults) -> list[str]:
    """Returns the slot of the panel of a response; none if the panel would have no members."""
    instrument = source.sheet.instrument
    answered = any(instrument.by_link_id[link_id].extract for link_id in source.sheet.chosen)
    return [f"panel/{instrument.name}"] if instrument.code and (results.scores or answered) else []


def panel_observation(source: SourceResponse, slot: str, members: Iterable[Resource], status: str) -> Resource:
    """Returns the panel of the answers and scores of a response. It has members and no value."""
    instrument, shared = source.sheet.instrument, source.shared_elements
    return {
        **base_observation(source.derived_id("Observation", slot), shared, status, panel_kind(instrument)),
        "hasMember": [{"reference": f"Observation/{member['id']}"} for member in members],
        "derivedFrom": [source.reference],
    }


def flag_observation(flag: Flag, source: SourceResponse, knowledge: KnowledgeBase, status: str) -> Resource:
    """Returns the Observation of a red flag. Its value is the urgency, its source the answers that raised it."""
    codes = knowledge.codes
    kind = {**flag_category(source.sheet.instrument), "code": codes.codeable_concept("red-flag", flag.rule.code)}
    answers = [] if source.is_unfinished else flag_answers(flag)
    id = source.derived_id("Observation", f"flag/{flag.rule.code}")
    return {
        **base_observation(id, source.shared_elements, status, kind),
        "valueCodeableConcept": codes.codeable_concept("urgency", flag.level.code),
        "derivedFrom": [source.reference, *observation_references(source, answers)],
    }


def flag_answers(flag: Flag) -> list[tuple[str, str]]:
    """Returns the answers that raised a flag, as (linkId, code)."""
    return [(reason.subject, code) for reason in flag.reasons if reason.kind == "answer" for code in reason.values]
