"""Our Observations and Provenance meet the profiles of US Core, whether they claim them or not.

The profiles are not in this repository. PROFILES names a folder with them: the unpacked package of US Core 9.0.0, or
its source files (StructureDefinitions may be without snapshot). docs/results.md says what is checked.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from service.fhir.r4.types import Resource
from service.fhir.results.bundle import result_resources
from service.usecases.operations.preview import dry_run
from tests.hapi.hl7_validator.validator import PROFILES, Validator
from tests.support.building import NOW, context, with_total
from tests.test_cases import cases, judge

pytestmark = [
    pytest.mark.hapi,
    pytest.mark.skipif(PROFILES is None, reason="not run: PROFILES names no folder with the profiles of US Core 9.0.0"),
]

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
SCREENING, SIMPLE, PROVENANCE = (
    f"{US_CORE}/us-core-{name}" for name in ("observation-screening-assessment", "simple-observation", "provenance")
)
# Value sets that US Core refers to and that are not among its files: a code cannot be checked against them.
NOT_AT_HAND = {
    "http://cts.nlm.nih.gov/fhir/ValueSet/2.16.840.1.113762.1.4.1267.13",
    "http://terminology.hl7.org/ValueSet/provenance-agent-type",
}
VALUE_SET = re.compile(r"ValueSet '([^']+)' not found")


def profile_of(resource: Resource) -> str | None:
    """The profile that a result of ours must meet; None for types without."""
    if resource["resourceType"] != "Observation":
        return PROVENANCE if resource["resourceType"] == "Provenance" else None
    codes = {coding["code"] for category in resource["category"] for coding in category["coding"]}
    return SCREENING if "survey" in codes else SIMPLE


def shape(resource: Resource) -> tuple[object, ...]:
    """What differs between results that are checked separately: elements, codes, and the value of coded ones."""
    value = resource.get("valueCodeableConcept", {}).get("coding", [{}])[0].get("code")
    return resource["resourceType"], str(resource.get("code")), value, *sorted(resource)


@cache
def results() -> dict[str, list[Resource]]:
    """One result of each shape in all cases and with each option of a site, by profile."""
    found: dict[str, dict[tuple[object, ...], Resource]] = {}
    for resource in (*results_of_cases(), *results_of_options()):
        if profile := profile_of(resource):
            found.setdefault(profile, {}).setdefault(shape(resource), resource)
    return {profile: list(shapes.values()) for profile, shapes in found.items()}


def results_of_cases() -> Iterator[Resource]:
    for case in cases():
        yield from result_resources(judge(case.values[0]), context().knowledge)


def results_of_options() -> Iterator[Resource]:
    """Totals as integers, and screenings for quality measures: positive and negative, of adults and adolescents."""
    options: list[dict[str, Any]] = [
        {"score_value": "integer"},
        {"quality_codes": "adult"},
        {"quality_codes": "adolescent"},
    ]
    for option in options:
        used = replace(context(), knowledge=replace(context().knowledge, **option))
        for total in (3, 12):
            bundle = dry_run([with_total("phq-9", total)], used, NOW)
            yield from (entry["resource"] for entry in bundle["entry"])


def test_a_result_of_each_option_is_among_the_results() -> None:
    codes = {resource["code"]["coding"][0]["code"] for resource in results()[SCREENING]}
    assert {"73832-8", "73831-0"} <= codes
    assert any("valueInteger" in resource for resource in results()[SCREENING])


@pytest.mark.parametrize("profile", [SCREENING, SIMPLE, PROVENANCE])
def test_results_meet_their_profile(validator: Validator, profile: str) -> None:
    assert results()[profile]
    assert [error for resource in results()[profile] for error in validator.errors(resource, profile)] == []


@pytest.mark.parametrize("profile", [SCREENING, SIMPLE, PROVENANCE])
def test_only_named_value_sets_are_not_at_hand(validator: Validator, profile: str) -> None:
    issues = [issue for resource in results()[profile][:20] for issue in validator.issues(resource, profile)]
    missing = {url for issue in issues for url in VALUE_SET.findall(issue["diagnostics"])}
    assert missing <= NOT_AT_HAND


@pytest.mark.parametrize(("profile", "needed"), [(SCREENING, "category"), (SIMPLE, "subject")])
def test_a_profile_of_observations_would_find_an_error(validator: Validator, profile: str, needed: str) -> None:
    wrong = {name: value for name, value in results()[profile][0].items() if name != needed}
    assert any(needed in error for error in validator.errors(wrong, profile))


def test_the_profile_of_provenance_would_find_an_error(validator: Validator) -> None:
    right = results()[PROVENANCE][0]
    agent = {name: value for name, value in right["agent"][0].items() if name != "onBehalfOf"}
    assert any("provenance-1" in error for error in validator.errors({**right, "agent": [agent]}, PROVENANCE))
