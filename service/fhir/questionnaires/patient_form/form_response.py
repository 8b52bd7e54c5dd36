"""The QuestionnaireResponse of what a patient entered.

https://hl7.org/fhir/R4/questionnaireresponse.html
"""

from collections.abc import Iterator
from typing import Any

from service.fhir.questionnaires.patient_form.enabled_items import Answers, answered_items
from service.fhir.questionnaires.patient_form.translations import walk_definitions
from service.fhir.r4.types import Resource

COMPLETION_MODE = "http://hl7.org/fhir/StructureDefinition/questionnaireresponse-completionMode"
# The mode of http://hl7.org/fhir/ValueSet/questionnaireresponse-mode, which the extension requires.
ELECTRONIC = {"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode", "code": "ELECTRONIC"}
HELPER = "helper"


def response_of_form(
    questionnaire: Resource,
    answers: Answers,
    enabled: frozenset[str],
    *,
    id: str,
    patient: str,
    status: str,
    authored: str,
    language: str,
    mode: str,
    helper: str | None,
) -> Resource:
    """Returns the response, without the answers of disabled items. ``mode`` and ``helper`` are words for people.

    ``helper``: who answers in place of the patient.
    """
    items = list(answered_items(questionnaire, answers, enabled))
    subject = {"reference": patient}
    author = subject if helper is None else {"reference": f"#{HELPER}"}
    return {
        "resourceType": "QuestionnaireResponse",
        "id": id,
        "language": language,
        **({} if helper is None else {"contained": [related_person(patient, helper)]}),
        "extension": [{"url": COMPLETION_MODE, "valueCodeableConcept": {"coding": [ELECTRONIC], "text": mode}}],
        "questionnaire": f"{questionnaire['url']}|{questionnaire['version']}",
        "status": status,
        "subject": subject,
        "authored": authored,
        "author": author,
        "source": author,
        **({"item": items} if items else {}),
    }


def related_person(patient: str, relationship: str) -> Resource:
    """Returns the person who answers in place of the patient. The service does not know who it is."""
    return {
        "resourceType": "RelatedPerson",
        "id": HELPER,
        "patient": {"reference": patient},
        "relationship": [{"text": relationship}],
    }


def initial_answers(questionnaire: Resource) -> dict[str, list[dict[str, Any]]]:
    """Returns the answers that a form has already: `initial`, and options with `initialSelected`."""
    found = ((item["linkId"], list(initial_values(item))) for item in walk_definitions(questionnaire))
    return {link_id: values for link_id, values in found if values}


def initial_values(item: Resource) -> Iterator[dict[str, Any]]:
    """Yields the answers that one item has already."""
    yield from item.get("initial", ())
    for option in item.get("answerOption", ()):
        if option.get("initialSelected"):
            yield {name: value for name, value in option.items() if name.startswith("value")}
