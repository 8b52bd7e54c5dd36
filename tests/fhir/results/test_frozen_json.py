"""Elements that results share cannot be changed: what somebody does to one Bundle never shows in another."""

import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from service.fhir.frozen_json import FrozenArray, FrozenObject, freeze_object
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from tests.support.building import response, scored, with_total
from tests.support.responses.written import STENOSIS, bundle_of

REFERENCES: dict[str, Any] = {
    "author": {"reference": "Practitioner/1"},
    "encounter": {"reference": "Encounter/1", "identifier": {"system": "urn:example", "value": "1"}},
}


def bundle_of_patient(patient: str) -> Resource:
    """A Bundle with flags, patterns, scores, panels, a missing total, a Task and what an encounter adds.

    It is made of responses of its own: what a Bundle contains of a response is the response as received.
    """
    resources = [
        response("leg-pain", {**STENOSIS, "lp-alarm": ["fever"]}, patient=patient, **REFERENCES),
        with_total("phq-9", 20, last=2, patient=patient, **REFERENCES),
        scored("gad-7", [None, 1, 1, 1, 1, 1, 1], status="stopped", patient=patient, **REFERENCES),
    ]
    return bundle_of(*map(copy.deepcopy, resources))


def containers(value: Any) -> Iterator[dict[str, Any] | list[Any]]:
    """Every object and array in a value, itself included, those inside it first."""
    if isinstance(value, dict | list):
        for inner in list(value.values()) if isinstance(value, dict) else list(value):
            yield from containers(inner)
        yield value


def spoil(bundle: Resource) -> int:
    """Changes every object and array that can be changed; how many could."""
    spoilt = 0
    for container in containers(bundle):
        try:
            if isinstance(container, dict):
                container["spoilt"] = container.pop(next(iter(container), ""), True)
            else:
                container.insert(0, "spoilt")
        except TypeError:
            continue
        spoilt += 1
    return spoilt


@pytest.mark.parametrize("other", ["Patient/p1", "Patient/p2"])
def test_a_bundle_changed_at_every_depth_changes_no_later_bundle(other: str) -> None:
    before = encode(bundle_of_patient(other))
    assert spoil(bundle_of_patient("Patient/p1")) > 500
    assert encode(bundle_of_patient(other)) == before


def test_two_bundles_share_nothing_that_can_be_changed() -> None:
    ours, theirs = bundle_of_patient("Patient/p1"), bundle_of_patient("Patient/p2")
    own = {id(container) for container in containers(ours)}
    shared = [container for container in containers(theirs) if id(container) in own]
    assert [type(container) for container in shared if not isinstance(container, FrozenObject | FrozenArray)] == []
    assert shared


def test_the_results_of_one_bundle_share_nothing_that_can_be_changed() -> None:
    results = [entry["resource"] for entry in bundle_of_patient("Patient/p1")["entry"]]
    found = [id(c) for c in containers(results) if not isinstance(c, FrozenObject | FrozenArray)]
    assert len(found) == len(set(found))


FROZEN = freeze_object({"a": [{"b": 1}], "c": "d"})
CHANGES: dict[str, Callable[[Any, Any], Any]] = {
    "object set": lambda o, a: o.__setitem__("a", 1),
    "object delete": lambda o, a: o.__delitem__("a"),
    "object or": lambda o, a: o.__ior__({"a": 1}),
    "object clear": lambda o, a: o.clear(),
    "object pop": lambda o, a: o.pop("a"),
    "object popitem": lambda o, a: o.popitem(),
    "object setdefault": lambda o, a: o.setdefault("e", 1),
    "object update": lambda o, a: o.update(a=1),
    "array set": lambda o, a: a.__setitem__(0, 1),
    "array delete": lambda o, a: a.__delitem__(0),
    "array add": lambda o, a: a.__iadd__([1]),
    "array multiply": lambda o, a: a.__imul__(2),
    "array append": lambda o, a: a.append(1),
    "array extend": lambda o, a: a.extend([1]),
    "array insert": lambda o, a: a.insert(0, 1),
    "array pop": lambda o, a: a.pop(),
    "array remove": lambda o, a: a.remove({"b": 1}),
    "array clear": lambda o, a: a.clear(),
    "array sort": lambda o, a: a.sort(),
    "array reverse": lambda o, a: a.reverse(),
    "deep inside": lambda o, a: a[0].update(b=2),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_refused(change: str) -> None:
    with pytest.raises(TypeError, match="shared between results"):
        CHANGES[change](FROZEN, FROZEN["a"])
    assert FROZEN == {"a": [{"b": 1}], "c": "d"}


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])  # noqa: S301
def test_a_deep_copy_is_plain_and_can_be_changed(copied: Callable[[Resource], Resource]) -> None:
    plain = copied(FROZEN)
    plain["a"][0]["b"] = 2
    assert (type(plain), type(plain["a"]), plain) == (dict, list, {"a": [{"b": 2}], "c": "d"})


def test_it_encodes_like_a_plain_object() -> None:
    assert encode(FROZEN) == b'{"a":[{"b":1}],"c":"d"}'
