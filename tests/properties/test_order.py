"""The order in which answers arrive means nothing."""

from collections.abc import Mapping
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from service.fhir.acts import Act
from service.fhir.reading import Resource
from tests.properties.strategies import Given, givens, judge, judged


def shuffled(resource: Resource, random: Random) -> Resource:
    """The same items and answers in another order, at every level."""
    made = dict(resource)
    for name in ("item", "answer"):
        if name in resource:
            parts = [shuffled(part, random) for part in resource[name]]
            made[name] = random.sample(parts, len(parts))
    return made


def outcome(act: Act) -> Mapping[str, object]:
    """All that was judged; contradictions alone are listed in the order received."""
    assessment = act.assessment
    return {
        "scores": {id: own.scores for id, own in assessment.responses.items()},
        "flags": {id: own.flags for id, own in assessment.responses.items()},
        "contradictions": {id: set(own.contradictions) for id, own in assessment.responses.items()},
        "patterns": assessment.patterns,
        "urgency": assessment.urgency,
    }


@given(givens(), st.randoms(use_true_random=True))
def test_the_order_of_items_and_of_their_answers_changes_nothing(given: Given, random: Random) -> None:
    mixed = [shuffled(resource, random) for resource in given.resources()]
    assert outcome(judge(mixed, given.age)) == outcome(judged(given))


@given(givens("leg-pain", "gad-7", "phq-9"), st.permutations(range(3)))
def test_the_order_of_the_responses_of_one_act_changes_nothing(given: Given, order: list[int]) -> None:
    resources = given.resources()
    assert outcome(judge([resources[index] for index in order], given.age)) == outcome(judged(given))
