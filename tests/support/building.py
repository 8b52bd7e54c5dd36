"""Builders of responses and of the AssessmentContext, so that a test shows only the values that it is about."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from service.adapters.mappings.catalogue import LoadedCatalogue, load_catalogue
from service.fhir.ids import BASE
from service.fhir.r4.types import Resource
from service.fhir.results.knowledge_base import KnowledgeBase
from service.screening.instruments.instrument import EnableWhen, Item
from service.screening.instruments.typed_value import Coding
from service.usecases.responses.prepare import AssessmentContext

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
AUTHORED = "2026-11-21T09:00:00Z"
# The answer "none" of each question that has neither "none" nor "no" as an option.
PLAIN = {
    "lp-any": "yes",
    "lp-onset": "gradual",
    "lp-painkillers": "not-tried",
    "lp-impact": "none",
    "lp-mood-order": "na",
}


@cache
def catalogue() -> LoadedCatalogue:
    """The catalogue of the shipped files, loaded once."""
    return load_catalogue()


@cache
def context() -> AssessmentContext:
    """An AssessmentContext of the shipped files, without a FHIR server."""
    return context_of(catalogue())


def context_of(loaded: LoadedCatalogue) -> AssessmentContext:
    """An AssessmentContext without a FHIR server."""
    parts = (loaded.rules, loaded.advice, loaded.codes, loaded.facts, loaded.messages)
    knowledge = KnowledgeBase(*parts, "test", words=loaded.words)
    return AssessmentContext(loaded, knowledge)


def response(
    name: str,
    answers: Mapping[str, Sequence[str]] | None = None,
    rest: str = "none",
    authored: str | None = AUTHORED,
    patient: str = "Patient/p1",
    **elements: Any,
) -> Resource:
    """A response to our own form. ``rest`` is the answer to every other question: ``none`` or ``blank``."""
    instrument = catalogue().newest[f"{BASE}/Questionnaire/{name}"]
    given = {link_id: list(codes) for link_id, codes in (answers or {}).items()}
    items = build_items(instrument.items, given, rest)
    made: Resource = {
        "resourceType": "QuestionnaireResponse",
        "id": f"{name}-1",
        "questionnaire": instrument.url,
        "status": "completed",
        "subject": {"reference": patient},
        **({"authored": authored} if authored else {}),
        **elements,
    }
    return {**made, "item": items} if items else made


def build_items(items: Sequence[Item], given: dict[str, list[str]], rest: str) -> list[Resource]:
    made = []
    for item in items:
        named = item.link_id in given or any(inner.link_id in given for inner in item.items)
        if not named and not is_shown(item, given):
            continue
        if item.type == "group":
            inner = build_items(item.items, given, rest)
            made += [{"linkId": item.link_id, "item": inner}] if inner else []
        elif item.options:
            codes = given.get(item.link_id) or ([] if rest == "blank" else plain_answer(item))
            if codes:
                given[item.link_id] = codes
                made.append({"linkId": item.link_id, "answer": [answer(item, code) for code in codes]})
    return made


def plain_answer(item: Item) -> list[str]:
    """The option "none" or "no" of the question, or no option."""
    offered = [code.removeprefix(f"{item.link_id}.") for code in item.option_of]
    wanted = PLAIN.get(item.link_id) or next((code for code in ("none", "no", "LA6568-5") if code in offered), None)
    return [] if wanted is None else [wanted]


def is_shown(item: Item, given: Mapping[str, Sequence[str]]) -> bool:
    return not item.enable_when or any(is_met(condition, given) for condition in item.enable_when)


def is_met(condition: EnableWhen, given: Mapping[str, Sequence[str]]) -> bool:
    codes = given.get(condition.question, ())
    return any(condition.answer_code in (code, f"{condition.question}.{code}") for code in codes)


def answer(item: Item, code: str) -> Resource:
    found = next(item.option_of[key] for key in item.option_of if key in (code, f"{item.link_id}.{code}"))
    return {"valueCoding": coding(found)}


def coding(value: Coding) -> Resource:
    return {"system": value.system, "code": value.code, "display": value.display}


IDENTIFIED = {"identifier": {"system": "urn:example:responses", "value": "1"}}
FREQUENCY = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")


def scored(name: str, weights: Sequence[int | None], **elements: Any) -> Resource:
    """A GAD-7 or PHQ-9 response from the weights of its items in order; None leaves an item unanswered."""
    rule = catalogue().rules.instruments[name].scores[0]
    more = elements.pop("answers", {})
    answers = {
        link_id: [FREQUENCY[weight]]
        for link_id, weight in zip(rule.summands, weights, strict=True)
        if weight is not None
    }
    return response(name, {**answers, **more}, rest="blank", **elements)


def with_total(name: str, total: int, last: int = 0, **elements: Any) -> Resource:
    """A response with this total. ``last`` is the weight of the last item, in the PHQ-9 the safety item."""
    count = len(catalogue().rules.instruments[name].scores[0].summands)
    left = total - last
    weights = []
    for _ in range(count - 1):
        weights.append(min(3, left))
        left -= weights[-1]
    return scored(name, [*weights, last + left], **elements)


def phq(**elements: Any) -> Resource:
    """A PHQ-9 response with a total of 12."""
    return with_total("phq-9", 12, **elements)
