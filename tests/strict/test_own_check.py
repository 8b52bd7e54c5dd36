"""Our check of the structure beside that of fhir.resources: ours accepts nothing that the library refuses.

Ours is the stricter one, so that what it refuses is not compared; tests/fhir/r4/test_structure.py has the cases. Seen
to fail without required objects, without required choices, and where Uuid was not checked.
"""

import json
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from service.fhir.r4.strict_json import load
from service.fhir.r4.structure import check_structure
from service.fhir.r4.types import Resource
from service.fhir.r4.values.library_check import library_issues
from service.issues import Malformed
from tests.strict.near_misses import NEAR_MISSES
from tests.support.generated.any_resource import random_resource, resource_types
from tests.support.generated.mutating import Place, add, double, drop, places, random_body, rename, swap

# What the library refuses by mistake: a uuid of another version than 4, which R4 allows.
FALSE_REFUSALS = "urn:uuid:c757873d-ec9a-1326-a141-556f43239520"


def near(random: Random, _: Any, place: Place) -> None:
    holder, key = place
    holder[key] = deepcopy(random.choice(NEAR_MISSES))


CHANGES: list[Callable[[Random, Any, Place], None]] = [
    near,
    near,
    near,
    near,
    drop,
    drop,
    drop,
    swap,
    double,
    rename,
    add,
]


def response_of_sender(random: Random, number: int) -> Resource:
    made: Resource = random_body(random, number)
    return made


def any_resource(random: Random, _: int) -> Resource:
    return random_resource(random, random.choice(resource_types()))


def mutated(random: Random, resource: Resource) -> Resource | None:
    """The resource with up to two changes; None if the loader refuses it."""
    for _ in range(random.choice([0, 1, 1, 2])):
        found = list(places(resource))
        if found:
            random.choice(CHANGES)(random, resource, random.choice(found))
    try:
        body = load(json.dumps(resource).encode())
    except (Malformed, UnicodeEncodeError):
        return None
    return body if isinstance(body, dict) else None


def compare(resource: Resource, expected: str) -> str:
    """What both checks say. Fails if the library refuses what ours accepts."""
    try:
        check_structure(resource, expected)
    except Malformed:
        return "refused"
    found = [issue.path for issue in library_issues(resource, expected)]
    assert not found or FALSE_REFUSALS in json.dumps(resource, default=str), (found, resource)
    return "accepted"


def run(make: Callable[[Random, int], Resource], number: int) -> Counter[str]:
    said: Counter[str] = Counter()
    for seed in range(number):
        random = Random(seed)
        resource = make(random, seed)
        expected = resource["resourceType"]
        changed = mutated(random, resource)
        said[compare(changed, expected) if changed is not None else "unreadable"] += 1
    return said


def test_the_library_refuses_no_response_that_we_accept() -> None:
    said = run(response_of_sender, 5_000)
    assert said["accepted"] > 1_000
    assert said["refused"] > 1_000


def test_the_library_refuses_no_resource_of_any_type_that_we_accept() -> None:
    said = run(any_resource, 15_000)
    assert said["accepted"] > 3_000
    assert said["refused"] > 3_000


@pytest.mark.slow
def test_the_library_refuses_none_of_many_responses_that_we_accept() -> None:
    assert run(response_of_sender, 100_000)["accepted"] > 20_000


@pytest.mark.slow
def test_the_library_refuses_none_of_many_resources_that_we_accept() -> None:
    assert run(any_resource, 900_000)["accepted"] > 200_000
