"""The order of the answers does not change the results."""

from collections.abc import Mapping
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from service.fhir.r4.types import Resource
from service.fhir.results.submission import Submission
from tests.support.generated.strategies import PatientAnswers, assess_answers, assess_resources, patient_answers


def shuffled(resource: Resource, random: Random) -> Resource:
    """The same items and answers in another order, at every level."""
    made = dict(resource)
    for name in ("item", "answer"):
        if name in resource:
            parts = [shuffled(part, random) for part in resource[name]]
            made[name] = random.sample(parts, len(parts))
    return made


def outcome(act: Submission) -> Mapping[str, object]:
    """All that was judged."""
    assessment = act.assessment
    return {
        "scores": {id: own.scores for id, own in assessment.responses.items()},
        "flags": {id: own.flags for id, own in assessment.responses.items()},
        "contradictions": {id: own.contradictions for id, own in assessment.responses.items()},
        "patterns": assessment.patterns,
        "urgency": assessment.urgency,
    }


@given(patient_answers(), st.randoms(use_true_random=True))
def test_the_order_of_items_of_answers_and_of_responses_changes_nothing(given: PatientAnswers, random: Random) -> None:
    mixed = [shuffled(resource, random) for resource in given.resources()]
    assert outcome(assess_resources(random.sample(mixed, len(mixed)), given.age)) == outcome(assess_answers(given))
