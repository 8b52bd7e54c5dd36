"""The same input gives the same bytes: twice over, in another order of keys, in another process."""

import hashlib
import os
import subprocess
import sys
from random import Random
from typing import Any

from hypothesis import given

from service.fhir.r4.strict_json import encode, load
from service.fhir.r4.types import Resource
from service.fhir.results.bundle import transaction_bundle
from tests.support.building import context
from tests.support.files import ROOT
from tests.support.generated.generating import random_submission
from tests.support.generated.strategies import PatientAnswers, assess_resources, patient_answers

PRINT_DIGEST = "from tests.properties.test_same_bytes import digest; print(digest())"


def composed(resources: list[Resource], age: int | None) -> Resource:
    return transaction_bundle(assess_resources(resources, age), context().knowledge)


def fresh(resource: Resource) -> Resource:
    """The same content in objects of its own."""
    return load(encode(resource))


def turned(value: Any) -> Any:
    """The same content with the keys of every object in reverse."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(part) for part in value] if isinstance(value, list) else value


def parts(bundle: Resource) -> tuple[list[Resource], bytes]:
    """The responses, which go out with their keys as received, and everything else in bytes."""
    resources = [entry["resource"] for entry in bundle["entry"]]
    received = [resource for resource in resources if resource["resourceType"] == "QuestionnaireResponse"]
    return received, encode([resource for resource in resources if resource not in received])


@given(patient_answers())
def test_the_same_answers_give_the_same_bytes_in_any_order_of_responses_and_keys(given: PatientAnswers) -> None:
    resources = [fresh(resource) for resource in given.resources()]
    first = composed(given.resources(), given.age)
    assert encode(first) == encode(composed(resources, given.age)) == encode(composed(resources[::-1], given.age))
    assert parts(first) == parts(composed(turned(given.resources()), given.age))


def digest() -> str:
    """A digest of the results of some responses."""
    acts = (random_submission(Random(seed)) for seed in range(20))
    return hashlib.sha256(b"".join(encode(composed(*act)) for act in acts)).hexdigest()


def digest_elsewhere(seed: str) -> str:
    """The digest of a process with its own hash seed, so that its sets have another order."""
    run = [sys.executable, "-c", PRINT_DIGEST]
    env = {**os.environ, "PYTHONHASHSEED": seed}
    made = subprocess.run(run, env=env, cwd=ROOT, capture_output=True, text=True, check=True)
    return made.stdout.strip()


def test_another_process_gives_the_same_bytes() -> None:
    assert digest_elsewhere("1") == digest()
