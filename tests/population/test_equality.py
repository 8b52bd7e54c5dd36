"""The operations on columns find in every row what the evaluator finds: on all cases, and on random responses."""

import json
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

import pytest

from service.adapters.database.population.coded_rows import coded_answer_rows
from service.adapters.mappings.catalogue import load_catalogue
from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.r4.types import Resource
from service.fhir.results.submission import SourceResponse, Submission
from service.issues import Rejected
from service.ports.coded_responses import CodedResponse
from service.screening.rules.assessment import RuleSet
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import check_submission
from tests.received.test_received import NOW as LATER
from tests.received.test_received import cases as received_cases
from tests.received.test_received import resource_of
from tests.support.building import NOW, catalogue, context, scored
from tests.support.files import CASES, OLD_RULES
from tests.support.generated.population import (
    code_visit,
    evaluate_visit,
    found_by_columns,
    found_by_evaluator,
    random_visit,
)
from tests.test_cases import build, cases, judge

# One of the parts into which the million is divided, so that the parts run beside each other.
PARTS = 40
VISITS_OF_A_MILLION = 352_000


def as_row(source: SourceResponse, number: int, birth_date: str | None) -> CodedResponse:
    """The row of a response as it comes out of the database."""
    row, form = coded_answer_rows(source)
    return CodedResponse(
        source.id,
        number,
        source.response.patient,
        source.instrument_name,
        form["form"],
        row["edition"],
        source.order_time,
        source.response.status,
        birth_date,
        {link_id: tuple(options) for link_id, options in json.loads(form["questions"]).items()},
        json.loads(row["answers"]),
        {link_id: Decimal(number) for link_id, number in json.loads(row["numbers"]).items()},
    )


def rows_of(submission: Submission, number: int) -> list[CodedResponse]:
    return [as_row(source, number, submission.birth_date) for source in submission.own_sources]


def require_equal(submissions: Sequence[Submission], rules: RuleSet) -> None:
    rows = [row for number, each in enumerate(submissions) for row in rows_of(each, number)]
    expected = [found_by_evaluator(each.assessment, each.own_ids) for each in submissions]
    assert found_by_columns(rules, rows) == expected


def test_all_cases() -> None:
    params: list[Any] = list(cases())
    require_equal([judge(param.values[0]) for param in params], catalogue().rules)


def test_of_two_responses_of_a_submission_the_newest_with_a_total_gives_the_patterns() -> None:
    case = read_yaml(CASES / "e04-anxiety-linked-burning.yaml")
    resources = [build(entry) for entry in case["responses"]]
    incomplete = scored("gad-7", [0, *[None] * 6], id="newer", authored="2026-11-21T09:30:00Z")
    sources = [check_submission(resource, context(), NOW)[0] for resource in (*resources, incomplete)]
    submission = assess_submission(sources, context(), NOW)
    assert "anxiety-linked" in {item.pattern.id for item in submission.assessment.patterns.reported}
    require_equal([submission], catalogue().rules)


def test_responses_of_other_publishers() -> None:
    """Their forms lack questions of ours, and leave some out because of the answers before them."""
    editions = [json.loads(path.read_text())["response"] for path in sorted((CASES / "editions").glob("*.json"))]
    received = [resource_of(param.values[0]) for param in received_cases()]
    found = [each for resource in (*editions, *received) if (each := assessed_alone(resource)) is not None]
    assert len(found) > 50
    require_equal(found, catalogue().rules)


def assessed_alone(resource: Resource) -> Submission | None:
    """The submission of a response; None if it is refused."""
    try:
        source, _ = check_submission({"id": "r", **resource}, context(), LATER)
    except Rejected:
        return None
    return assess_submission([source], context(), LATER)


@cache
def old_rules() -> RuleSet:
    return load_catalogue(None, OLD_RULES / "mappings").rules


def require_equal_at_random(seed: int, visits: int, rules: RuleSet) -> None:
    random = Random(seed)
    for numbers in batches(visits):
        made = [random_visit(random, number).known_to(rules) for number in numbers]
        made = [each for each in made if each.written]
        rows = [row for number, each in enumerate(made) for row in code_visit(each, number)]
        assert found_by_columns(rules, rows) == [evaluate_visit(rules, each) for each in made]


def batches(visits: int) -> list[range]:
    """The numbers of visits, a thousand at a time."""
    return [range(first, min(first + 1_000, visits)) for first in range(0, visits, 1_000)]


@pytest.mark.parametrize("seed", range(4))
def test_20_000_random_responses(seed: int) -> None:
    require_equal_at_random(seed, 1_800, catalogue().rules)


def test_random_responses_by_earlier_rules() -> None:
    require_equal_at_random(9, 500, old_rules())


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_a_million_random_responses(part: int) -> None:
    require_equal_at_random(1_000 + part, VISITS_OF_A_MILLION // PARTS, catalogue().rules)
