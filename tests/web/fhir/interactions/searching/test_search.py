"""What a search finds: parameters, prefixes of dates, alternatives, escapes, codes.

https://hl7.org/fhir/R4/search.html
"""

from urllib.parse import quote

import pytest

from tests.support.building import IDENTIFIED, phq, with_total
from tests.support.rest import Clock, Rest, content, issues
from tests.web.fhir.interactions.searching.searchset import outcomes

PEOPLE = {
    "author": {"reference": "Practitioner/a"},
    "source": {"reference": "http://other.example/fhir/RelatedPerson/b"},
    "basedOn": [{"reference": "ServiceRequest/c"}],
    "encounter": {"reference": "Encounter/e"},
}


class TestParameters:
    def test_each_parameter_finds(self, rest: Rest) -> None:
        rest.post(phq(**IDENTIFIED))
        for query in (
            "patient=p1",
            "patient=Patient/p1",
            "subject=Patient/p1",
            "subject=http://sural.example/fhir/Patient/p1",
            "_id=r-1",
            "_id=r-0,r-1",
            "identifier=urn:example:responses|1",
            "identifier=1",
            "questionnaire=https://w3id.org/sural/Questionnaire/phq-9",
            "status=completed",
            "authored=2026-11-21",
            "authored=ge2026-11-21&authored=lt2026-11-22",
            "patient=p1&status=completed",
        ):
            assert len(rest.found(f"QuestionnaireResponse?{query}")) == 1, query
        for query in ("patient=p2", "_id=r-2", "identifier=urn:other|1", "status=stopped", "authored=2026-11-20"):
            assert rest.found(f"QuestionnaireResponse?{query}") == [], query

    def test_the_url_of_an_edition_is_told_as_what_it_is_taken(self, rest: Rest) -> None:
        for url in ("http://loinc.org/q/69737-5", "http://loinc.org/q/69737-5|2.80"):
            bundle = content(rest.get(f"Questionnaire?url={quote(url)}"))
            assert bundle["total"] == 0
            (issue,) = outcomes(bundle)
            assert issue["severity"] == "information"
            assert "read as responses to https://w3id.org/sural/Questionnaire/gad-7|1.0.0" in issue["details"]["text"]
        for url in ("http://example.org/q", "https://w3id.org/sural/Questionnaire/gad-7"):
            assert outcomes(content(rest.get(f"Questionnaire?url={quote(url)}"))) == []

    def test_nothing_found_is_an_empty_bundle(self, rest: Rest) -> None:
        for query in ("Observation?patient=nobody", "Observation?code=http://nowhere|nothing"):
            bundle = content(rest.get(query))
            assert (bundle["total"], bundle.get("entry")) == (0, None)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("author=a", 1),
            ("author=Practitioner/a", 1),
            ("author:Practitioner=a", 1),
            ("author:Patient=a", 0),
            ("author=Patient/a", 0),
            ("source=b", 0),
            ("source=http://other.example/fhir/RelatedPerson/b", 1),
            ("based-on=c", 1),
            ("encounter=e", 1),
            ("encounter=Encounter/e/_history/2", 1),
            ("subject:Patient=p1", 1),
        ],
    )
    def test_a_reference_is_found_by_id_by_type_or_by_address(self, rest: Rest, query: str, found: int) -> None:
        rest.post(phq(**PEOPLE))
        assert len(rest.found(f"QuestionnaireResponse?{query}")) == found

    def test_a_canonical_is_found_with_and_without_its_version(self, rest: Rest) -> None:
        url = "https://w3id.org/sural/Questionnaire/phq-9"
        rest.post(phq(questionnaire=f"{url}|1.0.0"))
        assert len(rest.found(f"QuestionnaireResponse?questionnaire={url}")) == 1
        assert len(rest.found(f"QuestionnaireResponse?questionnaire={url}|1.0.0")) == 1

    def test_results_are_found_from_the_response(self, rest: Rest) -> None:
        rest.post(phq())
        assert len(rest.found("Observation?derived-from=r-1")) == len(
            rest.found("Observation?derived-from=QuestionnaireResponse/r-1")
        )
        assert rest.found("Observation?derived-from=r-1")
        impression = rest.one("ClinicalImpression")["id"]
        assert rest.found(f"Provenance?target={impression}")


class TestDates:
    def test_dates_compare_as_the_prefix_says(self, rest: Rest) -> None:
        rest.post(phq(authored="2026-11-20"))
        finds = {
            prefix: len(rest.found(f"QuestionnaireResponse?authored={prefix}2026-11-20T12:00:00Z"))
            for prefix in ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
        }
        expected = {"eq": 0, "ne": 1, "gt": 1, "lt": 1, "ge": 1, "le": 1, "sa": 0, "eb": 0, "ap": 1}
        assert finds == expected

    @pytest.mark.parametrize(
        ("text", "prefixes"),
        [
            # Stored at 2026-11-21T12:00:00.000Z: the first moment behind the first range, and in the second.
            ("2026-11-21T11:59:59Z", {"ne", "gt", "ge", "sa"}),
            ("2026-11-21T12:00:00Z", {"eq", "ge", "le", "ap"}),
            ("2026-11-21T12:00Z", {"eq", "ge", "le", "ap"}),
            ("2026-11-21", {"eq", "ge", "le", "ap"}),
            ("2026-11-22", {"ne", "lt", "le", "eb"}),
        ],
    )
    def test_the_time_of_storing_compares_as_a_moment(self, rest: Rest, text: str, prefixes: set[str]) -> None:
        rest.post(phq())
        every = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
        found = {prefix for prefix in every if rest.found(f"QuestionnaireResponse?_lastUpdated={prefix}{text}")}
        assert found == prefixes

    def test_what_is_published_has_a_time_too(self, rest: Rest) -> None:
        assert len(rest.found("Questionnaire?_lastUpdated=gt2020")) == 8
        assert rest.found("Questionnaire?_lastUpdated=lt2020") == []

    def test_a_plus_sign_may_come_unencoded(self, rest: Rest) -> None:
        rest.post(phq())
        assert len(rest.found("QuestionnaireResponse?authored=2026-11-21T10:00:00+01:00")) == 1


class TestAndOrEscapes:
    def test_repeated_is_and_a_comma_is_or(self, rest: Rest, clock: Clock) -> None:
        rest.post(phq())
        rest.post(phq(status="in-progress"))
        rest.post(phq(status="stopped"))
        assert len(rest.found("QuestionnaireResponse?status=completed,stopped")) == 2
        assert rest.found("QuestionnaireResponse?status=completed&status=stopped") == []
        assert len(rest.found("QuestionnaireResponse?status=completed,stopped&status=stopped,in-progress")) == 1

    @pytest.mark.parametrize("value", ["a,b", "a|b", "a$b", "a\\b", "a\\,b", "x\\"])
    def test_a_backslash_makes_a_mark_part_of_the_value(self, rest: Rest, value: str) -> None:
        rest.post(phq(identifier={"system": "urn:s", "value": value}))
        escaped = "".join(f"\\{mark}" if mark in "\\,|$" else mark for mark in value)
        for given in (escaped, f"urn:s|{escaped}", f"other,{escaped}", f"{escaped},other"):
            assert len(rest.found(f"QuestionnaireResponse?identifier={quote(given)}")) == 1, given
        assert rest.found(f"QuestionnaireResponse?identifier={quote(escaped + 'x')}") == []

    def test_a_token_without_a_system_may_be_asked_for(self, rest: Rest) -> None:
        rest.post(phq(**IDENTIFIED))
        assert rest.found("QuestionnaireResponse?identifier=|1") == []
        assert len(rest.found("QuestionnaireResponse?identifier=urn:example:responses|")) == 1

    def test_very_many_alternatives_are_refused(self, rest: Rest) -> None:
        for given in (
            f"status={','.join(['urn:x|a'] * 200)}",
            f"authored={','.join(['ge2020'] * 20)}",  # a date costs as much as ten values
            f"_lastUpdated={','.join(['ge2020'] * 20)}",
            f"author={','.join(['a'] * 33)}",
            "&".join(["status=completed,completed"] * 99),
        ):
            assert rest.get(f"QuestionnaireResponse?{given}").status_code == 200
            answer = rest.get(f"QuestionnaireResponse?{given}&_id=r-1,r-2,r-3")
            assert (answer.status_code, issues(answer)) == (400, [("too-costly", None)])


STATUS_SYSTEMS = {
    "QuestionnaireResponse?status=http://hl7.org/fhir/questionnaire-answers-status|completed",
    "Observation?status=http://hl7.org/fhir/observation-status|final",
    "ClinicalImpression?status=http://hl7.org/fhir/event-status|completed",
    "Task?status=http://hl7.org/fhir/task-status|requested",
    "Task?priority=http://hl7.org/fhir/request-priority|asap",
    "Task?intent=http://hl7.org/fhir/request-intent|order",
    "Questionnaire?status=http://hl7.org/fhir/publication-status|active",
    "Questionnaire?subject-type=http://hl7.org/fhir/resource-types|Patient",
    "CodeSystem?status=http://hl7.org/fhir/publication-status|active",
    "ValueSet?status=http://hl7.org/fhir/publication-status|active",
    "StructureDefinition?status=http://hl7.org/fhir/publication-status|active",
    "PlanDefinition?status=http://hl7.org/fhir/publication-status|active",
}


class TestTokens:
    @pytest.mark.parametrize("query", sorted(STATUS_SYSTEMS))
    def test_an_element_of_type_code_has_the_system_that_its_definition_implies(self, rest: Rest, query: str) -> None:
        rest.post(with_total("phq-9", 12, 1, answers={"safe-now": ["yes"]}))
        before, _, code = query.rpartition("|")
        path, _, system = before.rpartition("=")
        assert rest.found(query)
        assert rest.found(f"{before}|") == rest.found(path.split("?")[0])
        assert rest.found(f"{path}={code}")
        assert rest.found(f"{path}=|{code}")
        assert rest.found(f"{path}=http://other.example|{code}") == []
        assert rest.found(f"{path}={system}|other") == []
