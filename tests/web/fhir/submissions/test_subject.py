"""`subject`: a Patient of this site, under each address by which its FHIR server is known.

https://hl7.org/fhir/R4/references.html#literal
"""

import pytest

from service.adapters.database.engine import Database
from service.fhir.r4.types import Resource
from tests.support.building import phq
from tests.support.rest import Clock, Rest, content, issues, rest_on

ALIASES = ("https://fhir.hospital.example/r4", "http://hapi:8080/fhir/")


@pytest.fixture
def known(database: Database, clock: Clock) -> Rest:
    return rest_on(database, clock, fhir_server_aliases=ALIASES)


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/p1",
        "Patient/p1/_history/3",
        "http://sural.example/fhir/Patient/p1",
        "https://fhir.hospital.example/r4/Patient/p1",
        "https://fhir.hospital.example/r4/Patient/p1/_history/3",
        "http://hapi:8080/fhir/Patient/p1",
    ],
)
def test_each_form_means_the_same_patient(known: Rest, reference: str) -> None:
    assert known.post(phq(subject={"reference": reference})).status_code == 201
    assert len(known.found("QuestionnaireResponse?patient=p1")) == 1
    assert known.one("ClinicalImpression")["subject"] == {"reference": "Patient/p1"}
    by_address = f"QuestionnaireResponse?subject={reference.split('/_history/', maxsplit=1)[0]}"
    assert len(known.found(by_address)) == 1


@pytest.mark.parametrize("base", ["", "http://sural.example/fhir/", "https://fhir.hospital.example/r4/"])
def test_other_references_under_these_addresses_are_found_too(known: Rest, base: str) -> None:
    sent = phq(
        id="mine",
        encounter={"reference": f"{base}Encounter/e1"},
        author={"reference": f"{base}Practitioner/d1"},
        source={"reference": f"{base}RelatedPerson/s1"},
        basedOn=[{"reference": f"{base}ServiceRequest/b1"}],
    )
    assert known.put(sent).status_code == 201
    assert known.put(sent).headers["ETag"] == 'W/"1"'
    criteria = ("encounter", "Encounter/e1"), ("author", "Practitioner/d1"), ("source", "s1"), ("based-on", "b1")
    for name, value in criteria:
        assert len(known.found(f"QuestionnaireResponse?{name}={value}")) == 1
    assert known.found(f"Observation?encounter={base}Encounter/e1")
    assert len(known.found("ClinicalImpression?encounter=e1")) == 1


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "https://other.example/r4/Patient/p1"},
        {"reference": "https://fhir.hospital.example/r4x/Patient/p1"},
        {"reference": "Group/p1"},
        {"reference": "urn:uuid:9d1c1f5c-3b52-4f0f-8a3f-0c5b4f0f5a11"},
        {"identifier": {"system": "urn:oid:1.2.3", "value": "Zyxw-77"}},
        {"display": "Zyxw-77"},
    ],
)
def test_another_subject_is_refused_with_the_addresses_that_are_taken(known: Rest, subject: Resource) -> None:
    answer = known.post(phq(subject=subject))
    assert (answer.status_code, issues(answer)) == (422, [("value", "QuestionnaireResponse.subject")])
    text = content(answer)["issue"][0]["details"]["text"]
    for form in ("Patient/[id]", "https://fhir.hospital.example/r4/Patient/[id]", "http://hapi:8080/fhir/Patient/[id]"):
        assert form in text
    assert "Zyxw-77" not in text
