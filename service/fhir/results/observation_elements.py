"""The elements that every kind of Observation has: id, category, code, references to other Observations.

https://hl7.org/fhir/R4/observation.html
"""

from collections.abc import Iterable, Iterator

from service.fhir.ids import ID_SYSTEM
from service.fhir.r4.types import Resource
from service.fhir.results.submission import SourceResponse
from service.fhir.terminology.code_systems import coding_json
from service.screening.instruments.typed_value import Coding

# Observation.category of answers, and of totals and panels of answers.
SURVEY = Coding("http://terminology.hl7.org/CodeSystem/observation-category", "survey")


def base_observation(id: str, shared: Resource, status: str, kind: Resource) -> Resource:
    """Returns an Observation. ``kind`` contains its category and code, ``shared`` what it shares with others."""
    return {
        "resourceType": "Observation",
        "id": id,
        "language": "en",
        "identifier": [{"system": ID_SYSTEM, "value": id}],
        "status": status,
        **kind,
        **shared,
    }


def category_and_code(categories: Iterable[Coding], code: Resource) -> Resource:
    """Returns Observation.category, if there is one, and Observation.code as the elements of a new object."""
    return {**category_element(categories), "code": code}


def category_element(categories: Iterable[Coding]) -> Resource:
    """Returns Observation.category as the only element of a new object; an empty object without categories."""
    concepts = [{"coding": [coding_json(category)]} for category in categories]
    return {"category": concepts} if concepts else {}


def determination_categories(categories: Iterable[Coding]) -> Iterator[Coding]:
    """Yields the categories of a finding drawn from answers: those of the form without ``survey``.

    A finding is no answer to a question, so it follows US Core Simple Observation (US Core 9.0.0, CONF-0438).
    """
    return (category for category in categories if (category.system, category.code) != (SURVEY.system, SURVEY.code))


def codeable_concept(codings: Iterable[Coding], text: str) -> Resource:
    """Returns a new CodeableConcept."""
    return {"coding": [coding_json(coding) for coding in codings], "text": text}


def observation_references(source: SourceResponse, answers: Iterable[tuple[str, str]]) -> list[Resource]:
    """Returns References to the Observations of coded answers, given as (linkId, code), if the item has one."""
    by_link_id = source.sheet.instrument.by_link_id
    references = []
    for link_id, code in dict.fromkeys(answers):
        item = by_link_id[link_id]
        if item.extract:
            id = source.answer_id(link_id, f"{item.option_of[code].system}|{code}")
            references.append({"reference": f"Observation/{id}"})
    return references
