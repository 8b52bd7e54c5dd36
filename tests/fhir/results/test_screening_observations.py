"""Totals and screenings as quality measures read them: by setting, age and answers."""

from dataclasses import replace
from typing import Any

import pytest

from service.fhir.r4.types import Resource
from service.fhir.results.result_options import AgeGroup
from service.usecases.operations.preview import dry_run
from tests.support.building import NOW, context, scored, with_total
from tests.support.responses.written import by_code, codes, written

ADULT, ADOLESCENT = "73832-8", "73831-0"
POSITIVE, NEGATIVE = "428181000124104", "428171000124102"
SAFE = {"safe-now": ["yes"]}


def results(resource: Resource, birth: str | None = None, **options: Any) -> Resource:
    knowledge = replace(context().knowledge, **options)
    return dry_run([resource], replace(context(), knowledge=knowledge), NOW, birth)


def screenings(bundle: Resource) -> list[tuple[str, str]]:
    """The code and value of each screening."""
    return [
        (code, observation["valueCodeableConcept"]["coding"][0]["code"])
        for code in (ADULT, ADOLESCENT)
        for observation in by_code(bundle, code)
    ]


@pytest.mark.parametrize("total", [0, 9, 10, 27])
def test_a_total_is_an_integer_if_the_setting_says_so(total: int) -> None:
    (score,) = by_code(results(with_total("phq-9", total, 0, answers=SAFE), score_value="integer"), "44261-6")
    assert score["valueInteger"] == total
    assert "valueQuantity" not in score
    assert score["interpretation"]


def test_without_the_setting_no_screening_is_written() -> None:
    assert screenings(results(with_total("phq-9", 12))) == []


@pytest.mark.parametrize(
    ("total", "last", "result"),
    [(10, 0, POSITIVE), (27, 3, POSITIVE), (10, 1, POSITIVE), (9, 0, NEGATIVE), (0, 0, NEGATIVE), (9, 1, None)],
)
def test_the_limit_is_10_and_thoughts_of_self_harm_below_it_are_left_to_a_person(
    total: int, last: int, result: str | None
) -> None:
    bundle = results(with_total("phq-9", total, last, answers=SAFE), quality_codes="adult")
    assert screenings(bundle) == ([(ADULT, result)] if result else [])


@pytest.mark.parametrize(
    ("birth", "setting", "code"),
    [
        (None, "adult", ADULT),
        (None, "adolescent", ADOLESCENT),
        ("1980-01-01", "adolescent", ADULT),
        ("2010-01-01", "adult", ADOLESCENT),
        (str(NOW.year - 18), "adult", ADULT),  # 17 or 18
        (str(NOW.year - 18), "adolescent", ADOLESCENT),
    ],
)
def test_the_age_decides_and_the_setting_if_it_is_not_known(birth: str | None, setting: AgeGroup, code: str) -> None:
    assert screenings(results(with_total("phq-9", 12), birth, quality_codes=setting)) == [(code, POSITIVE)]


@pytest.mark.parametrize(
    "resource",
    [
        scored("phq-9", [1, None, *[1] * 7], answers=SAFE),
        scored("gad-7", [3] * 7),
        with_total("phq-9", 12, status="in-progress"),
    ],
)
def test_no_total_another_instrument_and_an_unfinished_response_give_none(resource: Resource) -> None:
    assert screenings(results(resource, quality_codes="adult")) == []


def test_a_screening_is_a_survey_derived_from_the_response_and_the_total_and_no_member_of_the_panel() -> None:
    bundle = results(with_total("phq-9", 12), quality_codes="adult")
    (screening,), (total,), (panel,) = (by_code(bundle, code) for code in (ADULT, "44261-6", "44249-1"))
    assert screening["status"] == "final"
    assert codes(screening["category"]) == ["survey", "cognitive-status"]
    (response,) = written(bundle, "QuestionnaireResponse")
    sources = [f"QuestionnaireResponse/{response['id']}", f"Observation/{total['id']}"]
    assert [source["reference"] for source in screening["derivedFrom"]] == sources
    assert {"reference": f"Observation/{screening['id']}"} not in panel["hasMember"]
    assert "performer" not in screening
