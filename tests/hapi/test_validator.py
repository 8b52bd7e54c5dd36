"""The HL7 validator finds no error in anything we publish or write, over every case."""

import json
import subprocess
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from service.app import published
from service.fhir.acts import Act, Part
from service.fhir.assessing import assess_act
from service.fhir.encoding import encode
from service.fhir.intake import prepare
from service.fhir.reading import Resource, load
from service.fhir.writing import compose, with_full_urls
from service.screening.faults import Fault
from tests.building import NOW, SAMPLES, catalogue, desk, scored, with_total
from tests.conftest import Rest, content
from tests.generating import random_act
from tests.hapi.conftest import java
from tests.node.test_agreement import CHUNK, MANY, RETURNED
from tests.test_cases import build, cases

pytestmark = pytest.mark.hapi

# Offline the validator can make no snapshot: it says the same of HL7's own extensions.
NO_SNAPSHOT = "Error generating Snapshot: Unable to resolve package id hl7.fhir.r4.core#null"
NOT_FOUND = "Questionnaire_QR_Q_NotFound"


class Validator:
    """One process that is fed resources."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.input, self.output = process.stdin, process.stdout
        assert self.output.readline() == "ready\n"

    def issues(self, resource: Resource) -> list[Any]:
        self.input.write(encode(resource).decode() + "\n")
        self.input.flush()
        found: list[Any] = json.loads(self.output.readline())["issue"]
        return found

    def errors(self, resource: Resource) -> list[str]:
        """Errors, and the warning that a response was not checked at all."""
        return [
            f"{issue.get('location')}: {issue['diagnostics']}"
            for issue in self.issues(resource)
            if issue["severity"] in ("error", "fatal") or NOT_FOUND in str(issue)
        ]


@pytest.fixture(scope="session")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Validator]:
    folder = tmp_path_factory.mktemp("published")
    forms = [load(path.read_bytes()) for path in SAMPLES.glob("us-core-Questionnaire-*.json")]
    for resource in (*published(catalogue()), *forms):
        (folder / f"{resource['resourceType']}-{resource['id']}.json").write_bytes(encode(resource))
    with java("peer.Validator", str(folder)) as process:
        yield Validator(process)
        process.terminate()


@pytest.mark.parametrize("resource", published(catalogue()), ids=lambda r: f"{r['resourceType']}-{r['id']}")
def test_what_we_publish_has_no_error(validator: Validator, resource: Resource) -> None:
    assert [error for error in validator.errors(resource) if NO_SNAPSHOT not in error] == []


@pytest.mark.parametrize("case", list(cases()))
def test_the_bundle_of_a_case_has_no_error(validator: Validator, case: dict[str, Any]) -> None:
    prepared = [prepare(build(entry), desk(), NOW) for entry in case["responses"]]
    act = assess_act([part for part, _ in prepared], desk(), NOW)
    assert errors_of(act, prepared, validator) == []


def errors_of(act: Act, prepared: list[tuple[Part, list[Fault]]], validator: Validator) -> list[str]:
    """Errors in the Bundle of an act, apart from what the senders of its responses were warned of."""
    bundle = with_full_urls(compose(act, desk().publisher), "http://fhir.example/fhir")
    warned = any(warnings for _, warnings in prepared)
    return [error for error in validator.errors(bundle) if not (warned and told_by_us(error))]


@pytest.mark.parametrize("first", range(0, MANY, CHUNK))
def test_the_bundles_of_generated_responses_have_no_error(validator: Validator, first: int) -> None:
    for seed in range(first, first + CHUNK):
        resources, _ = random_act(Random(seed))
        prepared = [prepare(resource, desk(), NOW) for resource in resources]
        act = assess_act([part for part, _ in prepared], desk(), NOW)
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
