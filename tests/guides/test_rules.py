"""The rules of rules.yaml are met by everything that we publish, by example responses and by the results of cases."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from fhirpathpy import evaluate
from fhirpathpy.models import models

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.definitions.published import published_resources
from service.fhir.r4.strict_json import load
from service.fhir.r4.types import Resource
from service.fhir.results.bundle import result_resources
from tests.support.building import catalogue, context
from tests.support.files import CASES, ROOT
from tests.test_cases import cases, judge

GUIDES = read_yaml(ROOT / "tests/guides/rules.yaml")
RULES = [
    pytest.param(guide, rule, id=f"{name}: {key}")
    for name, guide in GUIDES.items()
    for key, rule in guide["rules"].items()
]
# Every so many cases: their results repeat the same shapes, and FHIRPath is slow.
STEP = 9


@cache
def checked() -> dict[str, list[Resource]]:
    """The resources to check, by type; of Observations with the same code one of each kind of value."""
    found: dict[str, dict[Any, Resource]] = {}
    for resource in (*published_resources(catalogue()), *received(), *results()):
        found.setdefault(resource["resourceType"], {}).setdefault(kind_of(resource), resource)
    return {type_name: list(kinds.values()) for type_name, kinds in found.items()}


def kind_of(resource: Resource) -> Any:
    """What tells apart resources that are checked separately: the code and elements of an Observation, else the id."""
    if resource["resourceType"] != "Observation":
        return resource["id"]
    return resource["code"]["coding"][0]["code"], resource["status"], tuple(sorted(resource))


def received() -> Iterator[Resource]:
    for path in sorted((CASES / "patients").glob("*/*.json")):
        resource = load(path.read_bytes())
        if resource["resourceType"] == "QuestionnaireResponse":
            yield {"id": str(path), **resource}


def results() -> Iterator[Resource]:
    for case in list(cases())[::STEP]:
        yield from result_resources(judge(case.values[0]), context().knowledge)


def is_true(resource: Resource, path: str) -> bool:
    """Whether a FHIRPath is true of a resource; true also if it says nothing of it."""
    found = evaluate(resource, path, {"resource": resource}, models["r4"])
    return all(value is True for value in found)


def line_of(rule: dict[str, Any]) -> str:
    """The rule as one FHIRPath that is true or false of a whole resource."""
    line = rule.get("expression") or rule["is"]
    return f"{rule['elements']}.all({line})" if "elements" in rule else str(line)


@pytest.mark.parametrize(("guide", "rule"), RULES)
def test_a_rule_is_met(guide: dict[str, Any], rule: dict[str, Any]) -> None:
    of_type = checked()[guide["type"]]
    concerned = [r for r in of_type if "where" not in guide or is_true(r, f"{guide['type']}.all({guide['where']})")]
    assert concerned
    assert [r["id"] for r in concerned if not is_true(r, line_of(rule))] == []


@pytest.mark.parametrize(("guide", "rule"), RULES)
def test_a_rule_would_find_a_fault(guide: dict[str, Any], rule: dict[str, Any]) -> None:
    assert not is_true({"resourceType": guide["type"], **rule["broken"]}, line_of(rule))
