"""Builders of verbose shapes, so that a test shows only what matters to it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from service.adapters.catalogue import Catalogue, load_catalogue
from service.fhir.ids import BASE
from service.fhir.intake import Desk
from service.fhir.publisher import Publisher
from service.fhir.reading import Resource
from service.screening.instrument import Coding, EnableWhen, Item

SAMPLES = Path(__file__).parent / "samples"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
AUTHORED = "2026-11-21T09:00:00Z"
# What "none or no" means where a question has neither as an option.
PLAIN = {"lp-any": "yes", "lp-painkillers": "not-tried", "lp-impact": "none", "lp-mood-order": "na"}


@cache
def catalogue() -> Catalogue:
    """The shipped catalogue, read once."""
    return load_catalogue()


@cache
def desk() -> Desk:
    """A desk without a FHIR server."""
    return Desk(catalogue(), Publisher(catalogue().rules, catalogue().advice, catalogue().lexicon, "test"))


def response(
    name: str,
    answers: Mapping[str, Sequence[str]] | None = None,
    rest: str = "none",
    authored: str | None = AUTHORED,
    patient: str = "Patient/p1",
    **elements: Any,
) -> Resource:
    """A response on our own form. ``rest`` says how questions not named are answered: ``none`` or ``blank``."""
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
    """None or no, as far as the question offers it."""
    offered = [option.value.code.removeprefix(f"{item.link_id}.") for option in item.options]
    wanted = PLAIN.get(item.link_id) or next((code for code in ("none", "no", "LA6568-5") if code in offered), None)
    return [] if wanted is None else [wanted]


def is_shown(item: Item, given: Mapping[str, Sequence[str]]) -> bool:
    return not item.enable_when or any(is_met(condition, given) for condition in item.enable_when)


def is_met(condition: EnableWhen, given: Mapping[str, Sequence[str]]) -> bool:
    codes = given.get(condition.question, ())
    return any(condition.value.code in (code, f"{condition.question}.{code}") for code in codes)


def answer(item: Item, code: str) -> Resource:
    found = next(o.value for o in item.options if o.value.code in (code, f"{item.link_id}.{code}"))
    return {"valueCoding": coding(found)}


def coding(value: Coding) -> Resource:
    return {"system": value.system, "code": value.code, "display": value.display}


IDENTIFIED = {"identifier": {"system": "urn:example:responses", "value": "1"}}
FREQUENCY = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")


def scored(name: str, weights: Sequence[int | None], **elements: Any) -> Resource:
    """A GAD-7 or PHQ-9 response from the weights of its items in order; None leaves one open."""
    rule = catalogue().rules.instruments[name].scores[0]
    more = elements.pop("answers", {})
    answers = {
        link_id: [FREQUENCY[weight]]
        for link_id, weight in zip(rule.summands, weights, strict=True)
        if weight is not None
    }
    return response(name, {**answers, **more}, rest="blank", **elements)


def with_total(name: str, total: int, last: int = 0, **elements: Any) -> Resource:
    """A response with this total; the last item (of the PHQ-9 the safety item) weighs ``last``."""
    count = len(catalogue().rules.instruments[name].scores[0].summands)
    left = total - last
    weights = []
    for _ in range(count - 1):
        weights.append(min(3, left))
        left -= weights[-1]
    return scored(name, [*weights, last + left], **elements)


def phq(**elements: Any) -> Resource:
    """A PHQ-9 response of 12 points."""
    return with_total("phq-9", 12, **elements)
