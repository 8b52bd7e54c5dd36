"""The searches of US Core 9.0.0 for screening Observations and QuestionnaireResponse, in the sequence of its rows.

Each row is one of the CapabilityStatement of a US Core server, with its expectation.
https://hl7.org/fhir/us/core/CapabilityStatement-us-core-server.html
"""

from collections.abc import Callable

import pytest

from tests.support.building import with_total
from tests.support.rest import Clock, Rest, content

URL = "https://w3id.org/sural/Questionnaire/phq-9"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category|survey"
TAG = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category|cognitive-status"
TOTAL = "http://loinc.org|44261-6"
FINAL = "http://hl7.org/fhir/observation-status|final"
COMPLETED = "http://hl7.org/fhir/questionnaire-answers-status|completed"

OBSERVATION = [
    ("SHALL", "patient=p1&category=survey"),
    ("SHALL", f"patient=p1&category={CATEGORY}"),
    ("SHALL", f"patient=Patient/p1&category={TAG}"),
    ("SHALL", f"patient=p1&code={TOTAL}"),
    ("SHALL", f"patient=p1&code={TOTAL},http://loinc.org|70274-6"),
    ("SHALL", "patient=p1&category=survey&date=ge2026-11-20T00:00:00Z"),
    ("SHALL", "patient=p1&category=survey&date=gt2026-11-20T00:00:00Z&date=lt2026-11-22T00:00:00Z"),
    ("SHALL", "patient=p1&category=survey&date=le2026-11-21T23:59:59%2B00:00"),
    ("SHALL", f"patient=p1&category={TAG}&date=ge2026-11-20T00:00:00Z"),
    ("SHOULD", "patient=p1&category=survey&status=final"),
    ("SHOULD", f"patient=p1&category=survey&status={FINAL},amended"),
    ("SHOULD", f"patient=p1&code={TOTAL}&date=ge2026"),
    ("SHOULD", "patient=p1&category=survey&_lastUpdated=ge2026-11-21T00:00:00Z"),
]
RESPONSE = [
    ("SHALL", "_id=r-1"),
    ("SHALL", "patient=p1"),
    ("SHALL", "patient=Patient/p1"),
    ("SHOULD", "patient=p1&authored=ge2026-11-21T09:00:00Z"),
    ("SHOULD", "patient=p1&authored=gt2026-11-20T09:00:00Z&authored=lt2026-11-22T09:00:00%2B01:00"),
    ("SHOULD", "patient=p1&authored=le2026-11-21T09:00:00Z"),
    ("SHOULD", "patient=p1&status=completed"),
    ("SHOULD", f"patient=p1&status={COMPLETED},amended"),
    ("SHOULD", f"patient=p1&questionnaire={URL}"),
]


@pytest.fixture
def filled(rest: Rest, clock: Clock) -> Rest:
    rest.post(with_total("phq-9", 12))
    rest.post(with_total("phq-9", 3, patient="Patient/p2"))
    return rest


def check_row(rest: Rest, type_name: str, query: str) -> None:
    """Asserts that the search finds resources of the patient and no others, by GET and by POST."""
    by_get = content(rest.get(f"{type_name}?{query}&_count=200"))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = rest.client.post(f"/fhir/{type_name}/_search", data=f"{query}&_count=200", headers=headers)
    found = [entry["resource"] for entry in by_get["entry"]]
    assert {resource["subject"]["reference"] for resource in found} == {"Patient/p1"}
    assert all(entry["search"]["mode"] == "match" for entry in by_get["entry"])
    assert content(answer)["entry"] == by_get["entry"]


def check_provenance(rest: Rest, type_name: str, query: str) -> None:
    """Asserts that the Provenance of the matches comes with them: SHALL."""
    bundle = content(rest.get(f"{type_name}?{query}&_revinclude=Provenance:target"))
    included = [entry["resource"] for entry in bundle["entry"] if entry["search"]["mode"] == "include"]
    assert {resource["resourceType"] for resource in included} == {"Provenance"}


CHECKS = (check_row, check_provenance)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(("expectation", "query"), OBSERVATION)
def test_screening_observations(
    filled: Rest, expectation: str, query: str, check: Callable[[Rest, str, str], None]
) -> None:
    check(filled, "Observation", query)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(("expectation", "query"), RESPONSE)
def test_questionnaire_responses(
    filled: Rest, expectation: str, query: str, check: Callable[[Rest, str, str], None]
) -> None:
    check(filled, "QuestionnaireResponse", query)


def test_the_statement_documents_the_changes_that_last_updated_detects(rest: Rest) -> None:
    """us-core-observation-lastupdated: "A server SHALL document the types of changes that can be detected"."""
    (observation,) = [
        each for each in content(rest.get("metadata"))["rest"][0]["resource"] if each["type"] == "Observation"
    ]
    (parameter,) = [each for each in observation["searchParam"] if each["name"] == "_lastUpdated"]
    assert "corrected answer" in parameter["documentation"]


@pytest.mark.parametrize("type_name", ["Observation", "QuestionnaireResponse"])
def test_what_was_found_can_be_read_again_in_each_way(filled: Rest, type_name: str) -> None:
    """US Core: read SHALL, vread and history-instance SHOULD."""
    here = f"{type_name}/{filled.found(f'{type_name}?patient=p1')[0]['id']}"
    for path in (here, f"{here}/_history/1", f"{here}/_history"):
        assert filled.get(path).status_code == 200
