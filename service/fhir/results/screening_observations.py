"""The result of a screening in the codes that quality measures read, if SURAL_QUALITY_CODES asks for it.

CMS2 (Screening for Depression and Follow-Up Plan) reads ``Observation.code`` for adults or adolescents, and positive or
negative as ``valueCodeableConcept``. docs/results.md names the sources of the codes.
"""

from collections.abc import Iterator

from service.fhir.r4.types import Resource
from service.fhir.results.knowledge_base import KnowledgeBase
from service.fhir.results.observation_elements import base_observation, category_and_code
from service.fhir.results.result_options import AgeGroup
from service.fhir.results.score_observations import score_slot
from service.fhir.results.submission import SourceResponse
from service.screening.rules.age import Age
from service.screening.rules.assessment import ResponseResults
from service.screening.rules.scores import Score


def screening_observations(
    source: SourceResponse, results: ResponseResults, knowledge: KnowledgeBase, age: Age | None, status: str
) -> Iterator[Resource]:
    """Yields one Observation per score that makes the screening positive or negative; none without the setting.

    A total below the limit is not written as negative if a self-harm flag is raised: a person must decide.
    """
    if knowledge.quality_codes is None:
        return
    group = age_group(age, knowledge.rules.adult_age, knowledge.quality_codes)
    harm = any(flag.kind == "self-harm" for flag in results.flags.raised)
    for score in results.scores:
        if score.is_positive or (score.is_positive is False and not harm):
            yield screening_observation(score, source, knowledge, group, status)


def age_group(age: Age | None, adult_age: int, otherwise: AgeGroup) -> AgeGroup:
    """Returns the group of an age; ``otherwise`` if the age is unknown or may be on either side of ``adult_age``."""
    if age is None or age.low < adult_age <= age.high:
        return otherwise
    return "adult" if age.low >= adult_age else "adolescent"


def screening_observation(
    score: Score, source: SourceResponse, knowledge: KnowledgeBase, group: AgeGroup, status: str
) -> Resource:
    """Returns the Observation of a screening. It is derived from the response and the Observation of the total."""
    total = source.derived_id("Observation", score_slot(score))
    categories = source.sheet.instrument.by_link_id[score.rule.item].categories
    kind = category_and_code(categories, bound_concept(knowledge, f"screening-{group}"))
    result = "screening-positive" if score.is_positive else "screening-negative"
    id = source.derived_id("Observation", f"screening/{score.rule.id}")
    return {
        **base_observation(id, source.shared_elements, status, kind),
        "valueCodeableConcept": bound_concept(knowledge, result),
        "derivedFrom": [source.reference, {"reference": f"Observation/{total}"}],
    }


def bound_concept(knowledge: KnowledgeBase, name: str) -> Resource:
    """Returns the Coding of this name in codes.yaml as new CodeableConcept."""
    coding = dict(knowledge.codes.bindings[name])
    return {"coding": [coding], "text": coding["display"]}
