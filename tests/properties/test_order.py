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
    """All that was judged."""
    assessment = act.assessment
    return {
        "scores": {id: own.scores for id, own in assessment.responses.items()},
        "flags": {id: own.flags for id, own in assessment.responses.items()},
        "contradictions": {id: own.contradictions for id, own in assessment.responses.items()},
        "patterns": assessment.patterns,
        "urgency": assessment.urgency,
    }


@given(givens(), st.randoms(use_true_random=True))
def test_the_order_of_items_of_answers_and_of_responses_changes_nothing(given: Given, random: Random) -> None:
    mixed = [shuffled(resource, random) for resource in given.resources()]
    assert outcome(judge(random.sample(mixed, len(mixed)), given.age)) == outcome(judged(given))
