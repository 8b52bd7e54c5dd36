"""The HL7 validator finds no error in anything we publish or write, over every case."""

from random import Random
from typing import Any

import pytest

from service.fhir.definitions.published import published_resources
from service.fhir.r4.types import Resource
from service.fhir.results.bundle import transaction_bundle, with_full_urls
from service.fhir.results.submission import SourceResponse, Submission
from service.issues import Issue
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import check_submission
from tests.hapi.hl7_validator.validator import NO_SNAPSHOT, Validator
from tests.node.test_agreement import CHUNK, MANY, RETURNED
from tests.support.building import NOW, catalogue, context, scored, with_total
from tests.support.generated.generating import random_submission
from tests.support.rest import Rest, content
from tests.test_cases import build, cases

pytestmark = pytest.mark.hapi


@pytest.mark.parametrize("resource", published_resources(catalogue()), ids=lambda r: f"{r['resourceType']}-{r['id']}")
def test_what_we_publish_has_no_error(validator: Validator, resource: Resource) -> None:
    assert [error for error in validator.errors(resource) if NO_SNAPSHOT not in error] == []


@pytest.mark.parametrize("case", list(cases()))
def test_the_bundle_of_a_case_has_no_error(validator: Validator, case: dict[str, Any]) -> None:
    prepared = [check_submission(build(entry), context(), NOW) for entry in case["responses"]]
    act = assess_submission([part for part, _ in prepared], context(), NOW)
    assert errors_of(act, prepared, validator) == []


def errors_of(act: Submission, prepared: list[tuple[SourceResponse, list[Issue]]], validator: Validator) -> list[str]:
    """Errors in the Bundle of an act, apart from what the senders of its responses were warned of."""
    bundle = with_full_urls(transaction_bundle(act, context().knowledge), "http://fhir.example/fhir")
    warned = any(warnings for _, warnings in prepared)
    return [error for error in validator.errors(bundle) if not (warned and told_by_us(error))]


@pytest.mark.parametrize("first", range(0, MANY, CHUNK))
def test_the_bundles_of_generated_responses_have_no_error(validator: Validator, first: int) -> None:
    for seed in range(first, first + CHUNK):
        resources, _ = random_submission(Random(seed))
        prepared = [check_submission(resource, context(), NOW) for resource in resources]
        act = assess_submission([part for part, _ in prepared], context(), NOW)
        assert errors_of(act, prepared, validator) == [], f"seed {seed}"


def told_by_us(error: str) -> bool:
    """Answers to hidden questions, or beside "none", stay in the response as it came; its sender was warned."""
    return "exclusive" in error.lower() or "not enabled" in error.lower()


@pytest.mark.parametrize("path", RETURNED)
def test_what_the_interface_returns_has_no_error(validator: Validator, rest: Rest, path: str) -> None:
    rest.post(with_total("phq-9", 12, 1))
    assert [error for error in validator.errors(content(rest.get(path))) if NO_SNAPSHOT not in error] == []


@pytest.mark.parametrize("status", ["amended", "entered-in-error"])
def test_new_versions_have_no_error(validator: Validator, rest: Rest, status: str) -> None:
    rest.post(with_total("phq-9", 12, 1))
    rest.put({**with_total("phq-9", 14, 1, status=status), "id": "r-1"}, version=1)
    for type_name in ("QuestionnaireResponse", "Observation", "ClinicalImpression", "Task", "Provenance"):
        for resource in rest.found(f"{type_name}?_count=200"):
            assert validator.errors(resource) == []


def test_it_would_find_an_error(validator: Validator) -> None:
    wrong = scored("gad-7", [0] * 7)
    wrong["item"][0]["answer"] = [{"valueBoolean": True}]
    assert validator.errors(wrong)


def test_it_would_say_that_a_response_was_not_checked(validator: Validator) -> None:
    assert validator.errors(scored("gad-7", [0] * 7, questionnaire="http://example.org/unknown"))
