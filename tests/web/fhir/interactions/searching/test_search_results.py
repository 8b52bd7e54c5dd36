"""The results of a search: their order, and what is included beside the matches.

https://hl7.org/fhir/R4/search.html
"""

from urllib.parse import quote

import pytest

from tests.support.building import phq, with_total
from tests.support.rest import Clock, Rest, content
from tests.web.fhir.interactions.searching.searchset import BASE, links


class TestSort:
    """R4: `_sort` is a list of parameters, each descending with a hyphen before it."""

    @pytest.fixture
    def three(self, rest: Rest, clock: Clock) -> Rest:
        """r-1 is authored last, r-2 first; r-3 has no `authored`, and is received between these times."""
        for authored in ("2026-11-21T11:00:00Z", "2026-11-19", None):
            rest.post(phq(authored=authored))
            clock.forward(minutes=1)
        rest.post(phq(authored="2026-11-21T12:01:00Z"))
        return rest

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", ["r-3", "r-4", "r-1", "r-2"]),
            ("_sort=-authored", ["r-3", "r-4", "r-1", "r-2"]),
            ("_sort=authored", ["r-2", "r-1", "r-4", "r-3"]),
            ("_sort=_lastUpdated", ["r-1", "r-2", "r-3", "r-4"]),
            ("_sort=-_lastUpdated", ["r-4", "r-3", "r-2", "r-1"]),
            ("_sort=_id", ["r-1", "r-2", "r-3", "r-4"]),
            ("_sort=-_id", ["r-4", "r-3", "r-2", "r-1"]),
            ("_sort=status,_id", None),
            ("_sort=authored,-_id", ["r-2", "r-1", "r-4", "r-3"]),
        ],
    )
    def test_results_are_in_the_order_asked_for(self, three: Rest, query: str, expected: list[str] | None) -> None:
        if expected is None:
            assert three.get(f"QuestionnaireResponse?{query}").status_code == 400
            return
        assert [found["id"] for found in three.found(f"QuestionnaireResponse?{query}")] == expected
        walked, path = [], f"QuestionnaireResponse?{query}&_count=1"
        while path:
            bundle = content(three.get(path))
            walked += [entry["resource"]["id"] for entry in bundle["entry"]]
            path = links(bundle).get("next", "").removeprefix(f"{BASE}/")
        assert walked == expected
        assert (
            not query or quote(query, safe="=") in links(content(three.get(f"QuestionnaireResponse?{query}")))["self"]
        )

    @pytest.mark.parametrize("sort", ["", "&_sort=-date"])
    def test_the_newest_score_is_first_although_it_came_first(self, rest: Rest, sort: str) -> None:
        rest.post(with_total("phq-9", 9, authored="2026-11-21T09:00:00Z"))
        rest.post(with_total("phq-9", 4, authored="2026-11-01T09:00:00Z"))
        bundle = content(rest.get(f"Observation?patient=p1&code=http://loinc.org|44261-6{sort}&_count=1"))
        assert bundle["entry"][0]["resource"]["valueQuantity"]["value"] == 9

    def test_an_amendment_without_authored_keeps_its_place(self, rest: Rest, clock: Clock) -> None:
        rest.post(phq(authored=None))
        clock.forward(hours=1)
        rest.post(phq(authored="2026-11-21T12:30:00Z"))
        rest.put({**phq(authored=None, status="amended"), "id": "r-1", "language": "en"}, version=1)
        assert [found["id"] for found in rest.found("QuestionnaireResponse")] == ["r-2", "r-1"]

    @pytest.mark.parametrize(
        "query", ["ClinicalImpression?_sort=date", "Provenance?_sort=recorded", "Task?_sort=-authored-on"]
    )
    def test_each_type_sorts_by_its_effective_time(self, rest: Rest, query: str) -> None:
        rest.post(phq())
        assert rest.get(query).status_code == 200

    def test_what_is_published_is_sorted_too(self, rest: Rest) -> None:
        assert [found["id"] for found in rest.found("Questionnaire?_sort=-_id")] == [
            "phq-9",
            "phq-8",
            "phq-4",
            "phq-2",
            "leg-pain-1.0.0",
            "leg-pain",
            "gad-7",
            "gad-2",
        ]
        assert len(rest.found("Questionnaire?_sort=date,_lastUpdated")) == 8


class TestIncludes:
    def included(self, rest: Rest, query: str) -> set[str]:
        """The references to the entries of mode include."""
        entries = content(rest.get(query))["entry"]
        resources = [entry["resource"] for entry in entries if entry["search"]["mode"] == "include"]
        references = [f"{resource['resourceType']}/{resource['id']}" for resource in resources]
        assert len(references) == len(set(references))
        return set(references)

    @pytest.mark.parametrize("type_name", ["QuestionnaireResponse", "Observation", "ClinicalImpression"])
    def test_the_provenance_of_each_match_comes_with_it(self, rest: Rest, type_name: str) -> None:
        rest.post(phq())
        trace = f"Provenance/{rest.one('Provenance')['id']}"
        bundle = content(rest.get(f"{type_name}?_revinclude=Provenance:target&_count=1"))
        assert self.included(rest, f"{type_name}?_revinclude=Provenance:target&_count=1") == {trace}
        assert bundle["total"] == len(rest.found(f"{type_name}?_count=200"))
        assert "_revinclude=Provenance%3Atarget" in links(bundle)["self"]
        assert self.included(rest, f"{type_name}?_revinclude=Provenance:target:{type_name}&_count=1") == {trace}

    @pytest.mark.parametrize(
        ("query", "types"),
        [
            ("Observation?_include=Observation:derived-from", {"QuestionnaireResponse", "Observation"}),
            ("Observation?_include=Observation:derived-from:QuestionnaireResponse", {"QuestionnaireResponse"}),
            ("Observation?code=http://loinc.org|44249-1&_include=Observation:has-member", {"Observation"}),
            ("ClinicalImpression?_include=ClinicalImpression:investigation", {"Observation", "QuestionnaireResponse"}),
            ("ClinicalImpression?_include=ClinicalImpression:previous", {"ClinicalImpression"}),
            ("Task?_include=Task:focus", {"ClinicalImpression"}),
            ("Provenance?_include=Provenance:entity", {"QuestionnaireResponse"}),
            ("QuestionnaireResponse?_include=QuestionnaireResponse:questionnaire", {"Questionnaire"}),
        ],
    )
    def test_what_a_match_refers_to_comes_with_it(self, rest: Rest, clock: Clock, query: str, types: set[str]) -> None:
        rest.post(phq(authored="2026-11-20T09:00:00Z"))
        rest.post(with_total("phq-9", 12, 1, answers={"safe-now": ["yes"]}))
        parts = query.split("?")
        found = self.included(rest, f"{query}&_count=1" if "Provenance" not in parts[0] else query)
        assert {reference.split("/")[0] for reference in found} <= types
        assert found or "previous" in query

    def test_a_match_is_not_included_again(self, rest: Rest) -> None:
        rest.post(phq())
        for reference in self.included(rest, "Observation?_include=Observation:derived-from&_count=200"):
            assert not reference.startswith("Observation/")
