"""Published resources: Questionnaires, terminology and definitions, and the CapabilityStatement."""

import pytest

from tests.support.rest import Rest, content

SHORT = {"phq-2", "gad-2", "phq-4", "phq-8"}


class TestPublished:
    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("", {*SHORT, "phq-9", "gad-7", "leg-pain", "leg-pain-1.0.0"}),
            ("url=https://w3id.org/sural/Questionnaire/phq-9", {"phq-9"}),
            ("url=https://w3id.org/sural/Questionnaire/phq-9|1.0.0", {"phq-9"}),
            ("url=https://w3id.org/sural/Questionnaire/phq-9|9.0.0", set()),
            ("name=phq", {"phq-2", "phq-4", "phq-8", "phq-9"}),
            ("title=leg", {"leg-pain", "leg-pain-1.0.0"}),
            ("status=active", {*SHORT, "phq-9", "gad-7", "leg-pain", "leg-pain-1.0.0"}),
            ("status=draft", set()),
            ("identifier=https://w3id.org/sural/id|gad-7", {"gad-7"}),
            ("_id=gad-7,phq-9", {"phq-9", "gad-7"}),
            ("version=1.0.0&name=Gad7", {"gad-7"}),
            ("code=http://loinc.org|44249-1", {"phq-9"}),
        ],
    )
    def test_questionnaires_are_found(self, rest: Rest, query: str, names: set[str]) -> None:
        assert {resource["id"] for resource in rest.found(f"Questionnaire?{query}")} == names

    @pytest.mark.parametrize(
        "path", ["Questionnaire/phq-9", "CodeSystem/pattern", "ValueSet/urgency", "StructureDefinition/evidence"]
    )
    def test_what_is_published_is_read(self, rest: Rest, path: str) -> None:
        answer = rest.get(path)
        assert answer.status_code == 200
        assert content(answer)["id"] == path.split("/")[1]
        assert answer.headers["ETag"] == 'W/"1"'

    def test_the_interface_says_what_it_offers(self, rest: Rest) -> None:
        answer = rest.get("metadata")
        assert answer.status_code == 200
        capability = content(answer)
        assert (capability["resourceType"], capability["fhirVersion"]) == ("CapabilityStatement", "4.0.1")
        assert {r["type"] for r in capability["rest"][0]["resource"]} >= {"QuestionnaireResponse", "ClinicalImpression"}
