"""Observations of totals: the value with its band, or the reason why there is none.

https://hl7.org/fhir/R4/observation.html
"""

from collections.abc import Mapping
from functools import lru_cache

from service.fhir.frozen_json import FrozenObject, freeze_object
from service.fhir.r4.types import Resource
from service.fhir.results.knowledge_base import KnowledgeBase
from service.fhir.results.observation_elements import (
    base_observation,
    category_and_code,
    codeable_concept,
    observation_references,
)
from service.fhir.results.submission import SourceResponse
from service.fhir.terminology.code_systems import CodeSystems
from service.fhir.terminology.messages import Messages
from service.screening.instruments.edition_translation import NOT_ASKED
from service.screening.instruments.instrument import Item
from service.screening.rules.assessment import ResponseResults
from service.screening.rules.scores import Number, Score


def score_slot(score: Score) -> str:
    """Returns the slot of the Observation of a score."""
    return f"score/{score.rule.id}"


def score_observation(score: Score, source: SourceResponse, knowledge: KnowledgeBase, status: str) -> Resource:
    """Returns a total with its band, or the reason why there is none.

    The total is calculated, so the Observation has no performer.
    """
    rule, sheet = score.rule, source.sheet
    item = sheet.instrument.by_link_id[rule.item]
    kind = score_kind(item, rule.title)
    warning = total_warning(score, knowledge.messages)
    answers = [(link_id, code) for link_id in rule.summands for code in sorted(sheet.chosen.get(link_id, ()))]
    return {
        **base_observation(source.derived_id("Observation", score_slot(score)), source.shared_elements, status, kind),
        **score_value(score, source, knowledge),
        **({"note": [{"text": warning}]} if warning else {}),
        "derivedFrom": [source.reference, *observation_references(source, answers), *number_references(score, source)],
    }


@lru_cache(1024)
def score_kind(item: Item, title: str) -> FrozenObject:
    """Returns category and code of a total.

    The cache serves "from bytes to the bytes of the Bundle" of `make bench`.
    """
    return freeze_object(category_and_code(item.categories, codeable_concept(item.code, title)))


def number_references(score: Score, source: SourceResponse) -> list[Resource]:
    """Returns References to the Observations of the integers that a score is made of, if the items have one."""
    if not score.rule.ranges:
        return []
    by_link_id = source.sheet.instrument.by_link_id
    answered = (link_id for link_id in score.rule.ranges if link_id in source.sheet.numbers)
    ids = (source.answer_id(link_id, "0") for link_id in answered if by_link_id[link_id].extract)
    return [{"reference": f"Observation/{id}"} for id in ids]


def score_value(score: Score, source: SourceResponse, knowledge: KnowledgeBase) -> Resource:
    """Returns the total with its interpretation (the band), or ``dataAbsentReason``."""
    value: Resource = {}
    if score.total is None:
        value["dataAbsentReason"] = score_absent_reason(score, source, knowledge)
    else:
        value |= total_value(score.total, knowledge)
    if score.band is not None:
        value["interpretation"] = [knowledge.codes.codeable_concept("severity", score.band)]
    return value


def score_absent_reason(score: Score, source: SourceResponse, knowledge: KnowledgeBase) -> Resource:
    """Returns a CodeableConcept whose text names the unanswered items, by the reason why they are."""
    by_link_id, message = source.sheet.instrument.by_link_id, knowledge.messages.message
    reasons = [
        message("score", reason, questions="; ".join(by_link_id[link_id].text for link_id in link_ids))
        for reason, link_ids in missing_by_reason(score, knowledge.codes).items()
    ]
    text = message("score", "absent", reasons="; ".join(reasons))
    return {"coding": [dict(absent_coding(score, knowledge.codes))], "text": text}


def missing_by_reason(score: Score, codes: CodeSystems) -> dict[str, list[str]]:
    """Returns the missing items by ``left-open``, ``declined`` and ``not-asked``, as far as there are any."""
    found: dict[str, list[str]] = {"left-open": [], "declined": [], "not-asked": []}
    for link_id in score.missing:
        given = score.reasons.get(link_id)
        was_not_asked = link_id in score.not_asked or given == NOT_ASKED
        reason = "not-asked" if was_not_asked else "declined" if given in codes.bindings["declined"] else "left-open"
        found[reason].append(link_id)
    return {reason: link_ids for reason, link_ids in found.items() if link_ids}


def absent_coding(score: Score, codes: CodeSystems) -> Mapping[str, str]:
    """Returns the data-absent-reason of a score: that of its items if they have one in common, else "unknown"."""
    declined: Mapping[str, Mapping[str, str]] = codes.bindings["declined"]
    reasons = {"not-asked" if link_id in score.not_asked else score.reasons.get(link_id) for link_id in score.missing}
    common = {**declined, "not-asked": codes.bindings["not-asked"]}
    only = next(iter(reasons)) if len(reasons) == 1 else None
    found: Mapping[str, str] = common.get(only or "", codes.bindings["absent"])
    return found


def missing_text(part: str, score: Score, knowledge: KnowledgeBase, /, **names: object) -> str:
    """Returns the sentence of a ``part`` of the messages about a score without a total: how many items, and why."""
    by_reason = missing_by_reason(score, knowledge.codes)
    names |= {"missing": len(score.missing), "items": len(score.rule.summands)}
    declined = len(by_reason.get("declined", ()))
    if by_reason.keys() == {"not-asked"}:
        return knowledge.messages.message(part, "score-not-asked", **names)
    if not declined:
        return knowledge.messages.message(part, "score-open", **names)
    key = "score-declined" if declined == len(score.missing) else "score-open-declined"
    return knowledge.messages.message(part, key, declined=declined, **names)


def total_warning(score: Score, messages: Messages) -> str | None:
    """Returns the warning that the sender's total differs from ours; None if it does not."""
    if not score.differs:
        return None
    key = "differs" if score.total is not None else "differs-open"
    return messages.message("note", key, score=score.rule.title, stored=score.stored, total=score.total)


def score_slots(results: ResponseResults) -> list[str]:
    """Returns the slots of the scores of a response."""
    return [score_slot(score) for score in results.scores]


def total_value(total: Number, knowledge: KnowledgeBase) -> Resource:
    """Returns the total as ``valueQuantity`` with its unit, or as ``valueInteger`` if a setting says so.

    docs/results.md says who reads which.
    """
    if knowledge.score_value == "integer" and isinstance(total, int):
        return {"valueInteger": total}
    return {"valueQuantity": {"value": total, **knowledge.codes.bindings["unit"]}}
