"""A FHIR implementation that is not ours finds no error in anything we publish, return or write."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from service.fhir.definitions.published import published_resources
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.fhir.results.bundle import transaction_bundle, with_full_urls
from service.fhir.results.submission import Submission
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import check_submission
from tests.support.building import NOW, catalogue, context, with_total
from tests.support.generated.generating import random_submission
from tests.support.rest import Rest, content
from tests.test_cases import build, cases

pytestmark = pytest.mark.node

SECOND = Path(__file__).parent / "second"
MANY, CHUNK = 1000, 50


class Second:
    """One process of the other implementation, fed with resources."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.input, self.output = process.stdin, process.stdout
        assert self.output.readline() == "ready\n"

    def errors(self, resource: Resource) -> list[str]:
        self.input.write(encode(resource).decode() + "\n")
        self.input.flush()
        found: list[str] = json.loads(self.output.readline())
        return found


@pytest.fixture(scope="session")
def second() -> Iterator[Second]:
    if not (SECOND / "node_modules").exists():
        pytest.fail("The other implementation is not installed. Run these tests with: make test-node", pytrace=False)
    command = ["node", str(SECOND / "validate.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Second(process)
        process.terminate()


def written(resources: list[Resource], age: int | None) -> Resource:
    parts = [check_submission(resource, context(), NOW)[0] for resource in resources]
    birth = None if age is None else f"{NOW.year - age}-01-01"
    act: Submission = assess_submission(parts, context(), NOW, birth_date=birth)
    return with_full_urls(transaction_bundle(act, context().knowledge), "http://fhir.example/fhir")


@pytest.mark.parametrize("resource", published_resources(catalogue()), ids=lambda r: f"{r['resourceType']}-{r['id']}")
def test_what_we_publish_has_no_error(second: Second, resource: Resource) -> None:
    assert second.errors(resource) == []


@pytest.mark.parametrize("case", list(cases()))
def test_the_bundle_of_a_case_has_no_error(second: Second, case: dict[str, Any]) -> None:
    assert second.errors(written([build(entry) for entry in case["responses"]], case.get("age"))) == []


@pytest.mark.parametrize("first", range(0, MANY, CHUNK))
def test_the_bundles_of_generated_responses_have_no_error(second: Second, first: int) -> None:
    for seed in range(first, first + CHUNK):
        assert second.errors(written(*random_submission(Random(seed)))) == [], f"seed {seed}"


RETURNED = [
    "metadata",
    "Questionnaire/phq-9",
    "Questionnaire?status=active",
    "QuestionnaireResponse/r-1",
    "QuestionnaireResponse?patient=p1",
    "Observation?patient=p1",
    "ClinicalImpression?patient=p1&colour=red",
    "Task?patient=p1",
    "Provenance?target=QuestionnaireResponse/r-1",
    "QuestionnaireResponse/r-1/$extract",
    "QuestionnaireResponse/r-1/$validate",
    "QuestionnaireResponse/none",
    "Patient",
    "Observation?date=x",
]


@pytest.mark.parametrize("path", RETURNED)
def test_what_the_interface_returns_has_no_error(second: Second, rest: Rest, path: str) -> None:
    rest.post(with_total("phq-9", 12, 1))
    assert second.errors(content(rest.get(path))) == []


@pytest.mark.parametrize("status", ["amended", "entered-in-error"])
def test_new_versions_have_no_error(second: Second, rest: Rest, status: str) -> None:
    rest.post(with_total("phq-9", 12, 1))
    rest.put({**with_total("phq-9", 14, 1, status=status), "id": "r-1"}, version=1)
    for type_name in ("QuestionnaireResponse", "Observation", "ClinicalImpression", "Task", "Provenance"):
        for resource in rest.found(f"{type_name}?_count=200"):
            assert second.errors(resource) == []


def test_it_would_find_an_error(second: Second) -> None:
    assert second.errors({"resourceType": "Observation", "id": "x", "status": "final"})
    assert second.errors({"resourceType": "Observation", "id": "x", "status": "final", "code": {"text": 3}})
