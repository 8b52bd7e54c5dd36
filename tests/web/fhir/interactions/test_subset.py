"""Parts of resources: _summary and _elements on read and search.

https://hl7.org/fhir/R4/search.html#summary
"""

import pytest

from service.fhir.interactions import PUBLISHED, STORED
from service.fhir.r4.structure import check_structure
from service.fhir.r4.types import Resource
from tests.support.building import phq
from tests.support.rest import Rest, content, issues

TAG = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
NARRATIVE = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}
ALWAYS = {"resourceType", "id", "meta", "status"}


@pytest.fixture
def stored(rest: Rest) -> Rest:
    rest.post(phq(text=NARRATIVE, meta={"tag": [{"code": "own"}]}))
    return rest


def both(rest: Rest, query: str, type_name: str = "QuestionnaireResponse") -> list[Resource]:
    """The same resource by read and by search."""
    id = rest.found(type_name)[0]["id"]
    found = content(rest.get(f"{type_name}?_id={id}&{query}"))["entry"][0]["resource"]
    return [content(rest.get(f"{type_name}/{id}?{query}")), found]


class TestSummary:
    def test_true_gives_the_elements_that_fhir_counts_as_summary(self, stored: Rest) -> None:
        for resource in both(stored, "_summary=true"):
            assert set(resource) == {*ALWAYS, "questionnaire", "subject", "authored"}

    def test_text_gives_the_narrative_and_what_is_mandatory(self, stored: Rest) -> None:
        for resource in both(stored, "_summary=text"):
            assert set(resource) == {*ALWAYS, "text"}

    def test_data_gives_all_but_the_narrative(self, stored: Rest) -> None:
        (whole,) = stored.found("QuestionnaireResponse")
        for resource in both(stored, "_summary=data"):
            assert set(resource) == set(whole) - {"text"}

    def test_false_gives_everything_unmarked(self, stored: Rest) -> None:
        (whole,) = stored.found("QuestionnaireResponse")
        assert both(stored, "_summary=false") == [whole, whole]

    def test_count_gives_the_total_of_a_search(self, stored: Rest) -> None:
        bundle = content(stored.get("Observation?_summary=count"))
        assert bundle["total"] > 0
        assert "entry" not in bundle
        assert [link["relation"] for link in bundle["link"]] == ["self"]

    def test_count_of_one_resource_is_refused(self, stored: Rest) -> None:
        answer = stored.get("QuestionnaireResponse/r-1?_summary=count")
        assert (answer.status_code, issues(answer)) == (400, [("value", "http._summary")])

    @pytest.mark.parametrize("query", ["_summary=banana", "_summary=True", "_summary=true&_summary=false"])
    def test_an_unknown_value_is_refused(self, stored: Rest, query: str) -> None:
        for path in ("QuestionnaireResponse", "QuestionnaireResponse/r-1"):
            answer = stored.get(f"{path}?{query}")
            assert (answer.status_code, issues(answer)[0][0]) == (400, "value")

    @pytest.mark.parametrize("summary", ["true", "text", "data"])
    @pytest.mark.parametrize("path", [*STORED, *PUBLISHED])
    def test_every_part_of_every_type_is_still_valid(self, stored: Rest, path: str, summary: str) -> None:
        for resource in stored.found(f"{path}?_summary={summary}"):
            assert resource["meta"]["tag"][-1] == TAG
            check_structure(resource, path)


class TestElements:
    def test_the_named_elements_are_given_beside_the_mandatory_ones(self, stored: Rest) -> None:
        for resource in both(stored, "_elements=subject,authored"):
            assert set(resource) == {*ALWAYS, "subject", "authored"}

    def test_the_type_may_stand_before_the_name(self, stored: Rest) -> None:
        for resource in both(stored, "_elements=QuestionnaireResponse.authored"):
            assert set(resource) == {*ALWAYS, "authored"}

    def test_a_choice_is_named_with_or_without_its_type(self, stored: Rest) -> None:
        for name in ("value", "valueQuantity"):
            score = stored.found(f"Observation?code=http://loinc.org|44261-6&_elements={name}")[0]
            assert set(score) == {*ALWAYS, "code", "valueQuantity"}

    def test_part_and_tag_stand_beside_the_tags_of_the_sender(self, stored: Rest) -> None:
        for resource in both(stored, "_elements=subject"):
            assert resource["meta"]["tag"] == [{"code": "own"}, TAG]

    def test_a_name_that_is_no_element_is_left_out_and_said(self, stored: Rest) -> None:
        bundle = content(stored.get("QuestionnaireResponse?_elements=banana,subject", Prefer="handling=lenient"))
        assert bundle["entry"][-1]["search"]["mode"] == "outcome"
        assert set(bundle["entry"][0]["resource"]) == {*ALWAYS, "subject"}
        for path in ("QuestionnaireResponse", "QuestionnaireResponse/r-1"):
            assert stored.get(f"{path}?_elements=banana").status_code == 400

    @pytest.mark.parametrize("query", ["_elements=a+b", "_elements=,", "_elements=subject&_summary=true"])
    def test_what_cannot_be_is_refused(self, stored: Rest, query: str) -> None:
        for path in ("QuestionnaireResponse", "QuestionnaireResponse/r-1"):
            answer = stored.get(f"{path}?{query}")
            assert (answer.status_code, issues(answer)[0][0]) == (400, "value")

    def test_what_was_asked_for_stands_in_the_links(self, stored: Rest) -> None:
        bundle = content(stored.get("Observation?_elements=code&_count=1"))
        assert all("_elements=code" in link["url"] for link in bundle["link"])
