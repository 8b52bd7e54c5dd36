"""The table of element definitions is what the models of fhir.resources say, as `make elements` writes it."""

import pytest

from service.fhir.r4.element_definitions import TABLE, elements_of, is_resource_type
from tests.support.shipped_files.element_table import table_text


def test_the_table_is_that_of_the_library() -> None:
    assert TABLE.read_text() == table_text(), "Run: make elements"


def test_an_element_is_as_r4_defines_it() -> None:
    """https://hl7.org/fhir/R4/questionnaireresponse-definitions.html"""
    elements = elements_of("QuestionnaireResponse") or {}
    status, item, based_on = elements["status"], elements["item"], elements["basedOn"]
    assert (status.type, status.primitive, status.required, status.many) == ("Code", True, True, False)
    assert status.codes == {"in-progress", "completed", "amended", "entered-in-error", "stopped"}
    assert (item.type, item.primitive, item.required, item.many) == ("QuestionnaireResponseItem", False, False, True)
    assert based_on.targets == {"CarePlan", "ServiceRequest"}


@pytest.mark.parametrize("name", ["CodeableReference", "Citation", "patient", "Patient ", "", "Unknown"])
def test_a_name_that_r4_does_not_have_has_no_elements(name: str) -> None:
    assert elements_of(name) is None


@pytest.mark.parametrize("name", ["Resource", "DomainResource", "HumanName", "Citation", None, 1, ["Patient"]])
def test_what_cannot_be_sent_is_no_type_of_resource(name: object) -> None:
    assert not is_resource_type(name)
    assert is_resource_type("Patient")
