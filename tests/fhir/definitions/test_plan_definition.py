"""The published PlanDefinition says the same as the service, by a FHIRPath engine that is not ours."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import fhirpathpy
import pytest
from fhirpathpy.models import models

from service.fhir.definitions.published import published_plan
from service.fhir.ids import extension_url
from service.fhir.r4.types import Resource
from service.fhir.results.submission import Submission
from service.screening.kleene import and_
from service.screening.rules.age import age_at
from service.screening.rules.patterns import Pattern
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import check_submission
from tests.support.building import NOW, catalogue, context
from tests.support.generated.generating import random_submission
from tests.test_cases import build, cases

RULES = catalogue().rules
FEW, MANY, CHUNK = 50, 1000, 25


@cache
def plan() -> Resource:
    return published_plan(catalogue())


@cache
def compiled(text: str) -> Callable[[Any, Any], list[Any]]:
    made: Callable[[Any, Any], list[Any]] = fhirpathpy.compile(text, models["r4"])
    return made


def expressions(element: Any) -> Iterator[Resource]:
    """Every Expression in the order of the resource; JSON keys stand in the order in which they are read."""
    if isinstance(element, list):
        for part in element:
            yield from expressions(part)
    elif isinstance(element, dict):
        if element.get("language") == "text/fhirpath":
            yield element
        for key in ("extension", "valueExpression", "condition", "expression", "action"):
            yield from expressions(element.get(key))


class Evaluated:
    """The PlanDefinition on one act; unknown is None."""

    def __init__(self, resources: list[Resource], low: int | None, high: int | None) -> None:
        by_name = {resource["questionnaire"].rsplit("/", 1)[-1]: resource for resource in resources}
        self.context: dict[str, Any] = {name: by_name.get(name, []) for name in RULES.instruments}
        self.context |= {"age-low": [] if low is None else low, "age-high": [] if high is None else high}
        for given in expressions(plan()):
            if "name" in given:
                self.context[given["name"]] = self.value_of(given["expression"])

    def value_of(self, text: str) -> list[Any]:
        return compiled(text)({}, self.context)

    def __getitem__(self, name: str) -> Any:
        values = self.context[name]
        assert len(values) <= 1, name
        return values[0] if values else None


def judged(resources: list[Resource], age: int | None) -> tuple[Submission, Evaluated]:
    parts = [check_submission(resource, context(), NOW)[0] for resource in resources]
    birth = None if age is None else f"{NOW.year - age}-01-01"
    act = assess_submission(parts, context(), NOW, birth_date=birth)
    known = age_at(birth, act.as_of.date())
    low, high = (None, None) if known is None else (known.low, known.high)
    return act, Evaluated(resources, low, high)


def differences(act: Submission, theirs: Evaluated) -> Iterator[str]:
    """Every gate, line, total, flag, level, band and urgency that differs."""
    ours = act.assessment
    for id in ours.newest.values():
        own = ours.responses[id]
        for score in own.scores:
            yield from differs(f"score.{score.rule.id}.total", score.total, theirs)
        raised = {flag.rule.code: flag.level.code for flag in own.flags.raised}
        denied = {rule.code for rule in own.flags.denied}
        for rule in RULES.instruments[own.instrument].flags:
            up = True if rule.code in raised else False if rule.code in denied else None
            yield from differs(f"flag.{own.instrument}.{rule.code}", up, theirs)
            yield from differs(f"level.{own.instrument}.{rule.code}", raised.get(rule.code), theirs)
    yield from differs("patterns-judged", ours.patterns_evaluated, theirs)
    if ours.patterns_evaluated:
        for pattern in RULES.patterns:
            yield from pattern_differences(pattern, act, theirs)


def pattern_differences(pattern: Pattern, act: Submission, theirs: Evaluated) -> Iterator[str]:
    reported = {item.pattern.id: item for item in act.assessment.patterns.reported}
    case, id = replace(act.assessment.case, reported=reported, memo={}), pattern.id
    for n, part in enumerate(pattern.gate, 1):
        yield from differs(f"gate.{id}.{n}", part.evaluate(case), theirs)
    values = [line.when.evaluate(case) for line in pattern.lines]
    for n, value in enumerate(values, 1):
        yield from differs(f"line.{id}.{n}", value, theirs)
    total = sum(line.weight for line, value in zip(pattern.lines, values, strict=True) if value is True)
    if pattern.lines:
        yield from differs(f"total.{id}", total, theirs)
    gate = and_(part.evaluate(case) for part in pattern.gate) is True
    reached = pattern.minimum is None or theirs[f"reached.{id}"]
    if (gate and reached) is not (id in reported):
        yield f"pattern {id}"
    if id in reported:
        standing = {item: getattr(reported[id], item).code for item in ("urgency", "confidence")}
        found = {"urgency": urgency_of(id, theirs), "confidence": confidence_of(id, theirs)}
        if standing != found:
            yield f"{id}: {standing} and {found}"


def differs(name: str, ours: Any, theirs: Evaluated) -> Iterator[str]:
    if theirs[name] != ours:
        yield f"{name}: {ours} and {theirs[name]}"


@cache
def rule_of(id: str) -> Resource:
    patterns = plan()["action"][1]["action"]
    action = next(action for action in patterns if action["id"] == id)
    found: Resource = next(e for e in action["extension"] if e["url"] == extension_url("rule"))
    return found


def parts(id: str, url: str) -> list[Mapping[str, Any]]:
    """The parts of a rule of this name, each as a mapping from url to value."""
    found = [part for part in rule_of(id)["extension"] if part["url"] == url]
    return [{inner["url"]: value(inner) for inner in part.get("extension", [part])} for part in found]


def value(part: Resource) -> Any:
    held = next(content for key, content in part.items() if key.startswith("value"))
    return held["expression"] if isinstance(held, dict) else held


LEVELS = ["none", "routine", "soon", "same-day", "emergency"]
BANDS = ["possible", "fits", "fits-well"]


def urgency_of(id: str, theirs: Evaluated) -> str:
    """As a reader of the published rule would find the urgency."""
    own = next((p["urgency"] for p in parts(id, "urgency") if theirs.value_of(p["expression"]) == [True]), "none")
    held = [part["flag"] for part in parts(id, "at-least") if theirs.value_of(part["expression"]) == [True]]
    levels = [theirs[f"level.{name}.{flag}"] for flag in held for name in RULES.instruments if has(name, flag)]
    reached: str = max([own, *(level for level in levels if level)], key=LEVELS.index)
    return reached


def has(name: str, flag: str) -> bool:
    return any(rule.code == flag for rule in RULES.instruments[name].flags)


def confidence_of(id: str, theirs: Evaluated) -> str:
    """As a reader of the published rule would find the band."""
    if parts(id, "danger"):
        return "needs-checking"
    umbrella = parts(id, "band-of")
    if umbrella:
        band = BANDS.index(confidence_of(umbrella[0]["band-of"], theirs))
    else:
        total = theirs[f"total.{id}"]
        band = max(BANDS.index(part["confidence"]) for part in parts(id, "band") if total >= part["from"])
    for _ in (p for p in parts(id, "raise-band") if theirs.value_of(p["expression"]) == [True]):
        band = min(band + 1, len(BANDS) - 1)
    for part in (p for p in parts(id, "cap-band") if theirs.value_of(p["expression"]) == [True]):
        band = min(band, BANDS.index(part["confidence"]))
    return BANDS[band]


def agree(seeds: range) -> None:
    for seed in seeds:
        act, theirs = judged(*random_submission(Random(seed)))
        assert list(differences(act, theirs)) == [], f"seed {seed}"


@pytest.mark.parametrize("first", range(0, FEW, 10))
def test_the_plan_definition_agrees_with_the_service_on_fifty_responses(first: int) -> None:
    agree(range(first, first + 10))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(FEW, FEW + MANY, CHUNK))
def test_the_plan_definition_agrees_with_the_service_on_a_thousand_responses(first: int) -> None:
    agree(range(first, first + CHUNK))


def finished(case: dict[str, Any]) -> bool:
    """Whether the plan speaks of the case: of unfinished responses the service judges the safety items alone."""
    return all(entry.get("status") != "in-progress" for entry in case["responses"])


@pytest.mark.slow
@pytest.mark.parametrize("case", [param for param in cases() if finished(param.values[0])])
def test_the_plan_definition_agrees_with_the_service_on_every_finished_case(case: dict[str, Any]) -> None:
    act, theirs = judged([build(entry) for entry in case["responses"]], case.get("age"))
    assert list(differences(act, theirs)) == []


@pytest.mark.parametrize(
    "named", ["flag.leg-pain.any-weakness", "gate.sciatica.1", "line.spinal-stenosis.1", "total.sciatica"]
)
def test_a_name_that_came_out_otherwise_is_reported(named: str) -> None:
    act, theirs = judged(*next(made for made in map(random_submission, map(Random, range(50))) if has_legs(made[0])))
    theirs.context[named] = ["otherwise"]
    assert any(text.startswith(f"{named}:") for text in differences(act, theirs))


def has_legs(resources: list[Resource]) -> bool:
    return any(resource["questionnaire"].endswith("leg-pain") for resource in resources)


def test_every_action_names_the_document_and_section_of_its_facts() -> None:
    for group in plan()["action"]:
        for action in group["action"]:
            displays = [entry["display"] for entry in action["documentation"]]
            assert displays, action["id"]
            assert all("section" in display or "Not from the documents" in display for display in displays)


def test_there_is_one_action_per_rule() -> None:
    flags, patterns = ([action["id"] for action in group["action"]] for group in plan()["action"])
    assert patterns == [pattern.id for pattern in RULES.patterns]
    rules = sorted((flag for own in RULES.instruments.values() for flag in own.flags), key=lambda flag: flag.alone)
    assert flags == [f"{flag.instrument}.{flag.code}" for flag in rules]
