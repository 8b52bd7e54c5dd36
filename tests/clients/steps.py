"""The resources that the tests of all client libraries send: one patient per library, so that they share a server."""

from typing import Any

from service.fhir.ids import BASE
from service.fhir.r4.types import Resource
from tests.support.building import response, with_total

TOTAL = "http://loinc.org|44261-6"
SYSTEM = "http://ehr.example/responses"


def phq(patient: str, total: int = 12, **elements: Any) -> Resource:
    """A PHQ-9 response without an id."""
    made = with_total("phq-9", total, patient=f"Patient/{patient}", **elements)
    return {name: value for name, value in made.items() if name != "id"}


def identified(patient: str, total: int = 12) -> Resource:
    """A PHQ-9 response with an identifier of its own."""
    return phq(patient, total, identifier={"system": SYSTEM, "value": patient})


def visit(patient: str) -> Resource:
    """A transaction of three forms of one patient."""
    person = f"Patient/{patient}"
    forms = [response("leg-pain", patient=person), with_total("gad-7", 12, patient=person), phq(patient)]
    entries = [
        {
            "resource": {name: value for name, value in form.items() if name != "id"},
            "request": {"method": "POST", "url": "QuestionnaireResponse"},
        }
        for form in forms
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def requests_of(patient: str) -> dict[str, Resource]:
    """What a client in another language sends, by name of the step."""
    return {
        "older": phq(patient, 4, authored="2026-11-01T09:00:00Z"),
        "newer": phq(patient, 9),
        "identified": identified(f"{patient}-c"),
        "transaction": visit(f"{patient}-t"),
    }


QUESTIONNAIRE = f"{BASE}/Questionnaire/phq-9"
