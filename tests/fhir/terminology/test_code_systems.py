"""Codings and CodeableConcepts of our codes."""

import pytest

from service.fhir.ids import BASE
from service.fhir.r4.types import Resource
from service.fhir.terminology.code_systems import CodeSystem, CodeSystems, Concept, coding_json
from service.screening.instruments.typed_value import Coding

SOON = Concept("soon", "Soon")
URGENCY = CodeSystem("urgency", "Urgency", "How soon.", (Concept("any", "Any", concepts=(SOON,)),))
CODES = CodeSystems({"urgency": URGENCY}, {"urgency": URGENCY.displays}, {})


def test_a_codeable_concept_has_the_url_of_our_code_system_and_the_display_as_text() -> None:
    coding = {"system": f"{BASE}/CodeSystem/urgency", "code": "soon", "display": "Soon"}
    assert CODES.codeable_concept("urgency", "soon") == {"coding": [coding], "text": "Soon"}


def test_displays_are_of_every_depth() -> None:
    assert URGENCY.displays == {"any": "Any", "soon": "Soon"}


@pytest.mark.parametrize(
    ("coding", "expected"),
    [
        (Coding("urn:a", "1", "One"), {"system": "urn:a", "code": "1", "display": "One"}),
        (Coding(None, "1"), {"code": "1"}),
        (Coding("urn:a", None, "One"), {"system": "urn:a", "display": "One"}),
    ],
)
def test_a_coding_lacks_the_elements_that_it_has_no_value_for(coding: Coding, expected: Resource) -> None:
    assert coding_json(coding) == expected
