"""Search: parameters, values, and what is left out.

https://hl7.org/fhir/R4/search.html
"""

import pytest

from tests.building import IDENTIFIED, phq
from tests.conftest import Rest, content, issues


class TestSearch:
    def test_each_parameter_of_the_issue_finds(self, rest: Rest) -> None:
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

    def test_a_canonical_is_found_with_and_without_its_version(self, rest: Rest) -> None:
        url = "https://w3id.org/sural/Questionnaire/phq-9"
        rest.post(phq(questionnaire=f"{url}|1.0.0"))
        assert len(rest.found(f"QuestionnaireResponse?questionnaire={url}")) == 1
        assert len(rest.found(f"QuestionnaireResponse?questionnaire={url}|1.0.0")) == 1

    def test_dates_compare_as_the_prefix_says(self, rest: Rest) -> None:
        rest.post(phq(authored="2026-11-20"))
        finds = {
            prefix: len(rest.found(f"QuestionnaireResponse?authored={prefix}2026-11-20T12:00:00Z"))
            for prefix in ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
        }
        expected = {"eq": 0, "ne": 1, "gt": 1, "lt": 1, "ge": 1, "le": 1, "sa": 0, "eb": 0, "ap": 1}
        assert finds == expected

    def test_pages_neither_skip_nor_repeat_while_others_keep_writing(self, rest: Rest) -> None:
        for _ in range(2):
            rest.post(phq())
        everything = [resource["id"] for resource in rest.found("Observation?patient=p1&_count=200")]
        seen, path = [], "Observation?patient=p1&_count=4"
        while path:
            bundle = content(rest.get(path))
            seen += [entry["resource"]["id"] for entry in bundle["entry"]]
            links = {link["relation"]: link["url"] for link in bundle["link"]}
            path = links.get("next", "").removeprefix("http://sural.example/fhir/")
            rest.post(phq())
        assert seen == everything

    def test_the_self_link_has_the_parameters_really_used(self, rest: Rest) -> None:
        bundle = content(rest.get("Observation?patient=p1&nonsense=1&_count=5"))
        assert bundle["link"][0] == {
            "relation": "self",
            "url": "http://sural.example/fhir/Observation?patient=p1&_count=5",
        }
        (outcome,) = bundle["entry"]
        assert outcome["search"]["mode"] == "outcome"
        assert outcome["resource"]["issue"][0]["severity"] == "warning"

    def test_a_strict_client_gets_a_refusal_instead(self, rest: Rest) -> None:
        answer = rest.get("Observation?nonsense=1", Prefer="handling=strict")
        assert answer.status_code == 400
        assert issues(answer)[0][0] == "not-supported"

    @pytest.mark.parametrize(
        "query", ["authored=05", "_count=abc", "_count=-1", "identifier=a|b|c", "_page=x", "status=|", "authored=ge"]
    )
    def test_a_value_that_cannot_be_is_refused(self, rest: Rest, query: str) -> None:
        answer = rest.get(f"QuestionnaireResponse?{query}")
        assert answer.status_code == 400
        assert issues(answer)[0][0] == "value"

    def test_count_zero_only_counts(self, rest: Rest) -> None:
        rest.post(phq())
        bundle = content(rest.get("QuestionnaireResponse?_count=0"))
        assert (bundle["total"], bundle.get("entry")) == (1, None)
