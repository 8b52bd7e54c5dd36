"""What the quick check of structures is sure of has no issue in the check of each element; and most responses are sure.

Seen to fail without the invariants, without what is required, with two types of one choice, and with any Extension.
"""

from contextlib import suppress
from random import Random

import pytest

from service.fhir.r4.strict_json import encode, load
from service.fhir.r4.structure import check_each_element, check_structure
from service.fhir.r4.types import Resource
from service.fhir.r4.values import sure_structure
from service.fhir.r4.values.sure_structure import MOST_OBJECTS, count_sure_objects
from service.issues import Malformed
from service.work import limit_work, steps_left
from tests.strict.near_misses import NEAR_MISSES
from tests.support.building import phq, response
from tests.support.generated.any_resource import random_resource, resource_types
from tests.support.generated.mutating import mutate_body, places, random_body

EXTENSION = {"url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": 1}


def is_sure(resource: Resource) -> bool:
    """Whether the quick check is sure of a resource; then the other one has no issue."""
    type_name = str(resource["resourceType"])
    if not count_sure_objects(resource, type_name):
        return False
    check_each_element(resource, type_name)
    return True


def read_mutated(random: Random, tree: Resource) -> Resource | None:
    """The response with changes; None if it is none any more."""
    try:
        read = load(mutate_body(random, tree))
    except Malformed:
        return None
    return read if read.get("resourceType") == "QuestionnaireResponse" else None


def test_both_agree_on_mutated_responses() -> None:
    sure = 0
    for seed in range(2_000):
        random = Random(seed)
        tree: Resource = random_body(random, seed)
        for name in ("contained", "source") if seed % 2 else ():
            tree.pop(name, None)
        sure += is_sure(tree)
        changed = read_mutated(random, tree)
        if changed is not None:
            is_sure(changed)
    assert sure > 500


def test_both_agree_on_resources_of_any_type() -> None:
    sure = 0
    for seed in range(6_000):
        random = Random(seed)
        made = random_resource(random, random.choice(resource_types()))
        sure += is_sure(made)
        holder, key = random.choice([*places(made)])
        if key != "resourceType":
            holder[key] = random.choice(NEAR_MISSES)
            is_sure(made)
    assert sure > 500


@pytest.mark.parametrize("made", [phq(), response("leg-pain", {"lp-side": ["both-unequal"], "lp-where": ["calf"]})])
def test_a_usual_response_is_sure(made: Resource) -> None:
    assert is_sure(made)
    assert is_sure({**made, "extension": [EXTENSION]})


@pytest.mark.parametrize("name", ["Unknown", "HumanName", "Resource", "DomainResource", ""])
def test_what_is_no_type_of_resource_is_never_sure(name: str) -> None:
    assert not count_sure_objects({"resourceType": name}, name)
    with pytest.raises(Malformed):
        check_structure({"resourceType": name}, name)


@pytest.mark.parametrize(
    "changed",
    [
        {"contained": [{"resourceType": "Patient", "id": "p"}]},
        {"author": {"reference": "#p"}},
        {"_status": {"extension": [EXTENSION]}},
        {"text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">a</div>'}},
        {"extension": [{**EXTENSION, "extension": [EXTENSION]}]},
        {"extension": [{"url": "urn:x", "valueDecimal": 1, "valueString": "1"}]},
        {"extension": [{"url": "urn:x", "valueInteger": 2**31}]},
        {"extension": [{"url": "urn:x", "valuePositiveInt": 0}]},
        {"meta": {"id": "m"}},
        {"encounter": {"reference": "Patient/1"}},
        {"authored": "2026-02-30"},
    ],
)
def test_where_the_other_check_decides(changed: Resource) -> None:
    assert not is_sure({**phq(), **changed})


def steps_of(resource: Resource) -> int:
    """The steps that a check costs, also if it refuses the resource."""
    limit_work()
    before = steps_left.get() or 0
    with suppress(Malformed):
        check_structure(resource, "QuestionnaireResponse")
    spent = before - (steps_left.get() or 0)
    limit_work(None)
    return spent


def test_both_cost_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [load(encode(phq())), {**phq(), "status": "x"}, {**phq(), "text": {"status": "generated", "div": "<div/>"}}]
    quick = [steps_of(each) for each in made]
    monkeypatch.setattr("service.fhir.r4.structure.count_sure_objects", lambda *_: 0)
    assert quick == [steps_of(each) for each in made]


def test_of_very_many_objects_it_is_not_sure() -> None:
    many = {**phq(), "identifier": {"system": "urn:x", "value": "1"}, "extension": [EXTENSION] * MOST_OBJECTS}
    assert not is_sure(many)
    check = sure_structure.SureCheck()
    holder = sure_structure.SureElement(False, False, None, "QuestionnaireResponse", frozenset())
    check.is_sure({k: v for k, v in many.items() if k != "resourceType"}, holder)
    assert check.objects <= MOST_OBJECTS + 1
