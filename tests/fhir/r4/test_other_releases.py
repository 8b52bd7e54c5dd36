"""A resource in the shape of STU3 or R5 is told so, beside its faults in R4."""

from typing import Any

import pytest

from service.fhir.r4.structure import check_structure
from service.issues import Malformed
from tests.support.building import scored

FORM = {"resourceType": "Questionnaire", "status": "active"}
ITEM = {"linkId": "a", "type": "group"}


def first_text(resource: dict[str, Any]) -> str:
    with pytest.raises(Malformed) as caught:
        check_structure(resource, resource["resourceType"])
    return caught.value.issues[0].text


@pytest.mark.parametrize(
    ("change", "release", "element"),
    [
        ({"questionnaire": {"reference": "Questionnaire/phq9"}}, "STU3", "`questionnaire`"),
        ({"context": {"reference": "Encounter/1"}}, "STU3", "`context`"),
        ({"parent": [{"reference": "Observation/1"}]}, "STU3", "`parent`"),
        ({"item": [{"linkId": "a", "subject": {"reference": "Patient/1"}}]}, "STU3", "`item.subject`"),
        ({"identifier": [{"value": "1"}]}, "R5", "`identifier`"),
    ],
)
def test_a_response_of_another_release_is_recognised(change: dict[str, Any], release: str, element: str) -> None:
    assert first_text({**scored("gad-7", [0] * 7), **change}) == (
        f"This has the shape of FHIR {release} ({element}). This service takes FHIR R4 (4.0.1): "
        "send the resource in its R4 form."
    )


@pytest.mark.parametrize(
    ("change", "release"),
    [
        ({"item": [{**ITEM, "item": [{"linkId": "b", "type": "choice", "option": [{"valueString": "x"}]}]}]}, "STU3"),
        ({"item": [{**ITEM, "options": {"reference": "ValueSet/1"}}]}, "STU3"),
        ({"versionAlgorithmString": "semver"}, "R5"),
        ({"item": [{"linkId": "b", "type": "coding"}]}, "R5"),
        ({"item": [{**ITEM, "answerConstraint": "optionsOnly"}]}, "R5"),
    ],
)
def test_a_questionnaire_of_another_release_is_recognised(change: dict[str, Any], release: str) -> None:
    assert f"FHIR {release}" in first_text({**FORM, **change})


def test_a_fault_that_no_release_explains_is_told_alone() -> None:
    assert "FHIR R5" not in first_text({**FORM, "item": [{"linkId": "b", "type": "multiple-choice"}]})
    assert "shape" not in first_text({**scored("gad-7", [0] * 7), "item": "x"})
