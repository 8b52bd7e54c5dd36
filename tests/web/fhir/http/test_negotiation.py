"""Media types, formats and FHIR versions.

https://hl7.org/fhir/R4/http.html#mime-type
"""

import pytest

from service.fhir.r4.strict_json import encode
from tests.support.building import phq
from tests.support.rest import Rest, content, issues

XML = "application/fhir+xml"


class TestBodies:
    """What is taken in."""

    @pytest.mark.parametrize(
        "media_type",
        [
            "text/plain",
            XML,
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "",
            "application/fhir+json; charset=iso-8859-1",
            "application/fhir+json; fhirVersion=3.0",
            "application/fhir+json; fhirVersion=4.0banana",
        ],
    )
    def test_another_media_type_is_not_taken(self, rest: Rest, media_type: str) -> None:
        answer = rest.client.post("/fhir/QuestionnaireResponse", data=b"{}", headers={"Content-Type": media_type})
        assert answer.status_code == 415
        assert issues(answer) == [("not-supported", None)]

    @pytest.mark.parametrize(
        "media_type",
        [
            "application/fhir+json",
            "application/json",
            "application/fhir+json; charset=UTF-8",
            "application/fhir+json; fhirVersion=4.0",
            "application/fhir+json;fhirVersion=4.0.1",
            "Application/FHIR+JSON; Charset=UTF-8; FHIRVersion=4.0",
            "APPLICATION/JSON",
        ],
    )
    def test_json_of_r4_is_taken(self, rest: Rest, media_type: str) -> None:
        answer = rest.client.post(
            "/fhir/QuestionnaireResponse", data=encode(phq()), headers={"Content-Type": media_type}
        )
        assert answer.status_code == 201

    def test_a_compressed_body_is_not_taken(self, rest: Rest) -> None:
        assert rest.post(phq(), Content_Encoding="gzip").status_code == 415


class TestAnswers:
    """What is given out."""

    @pytest.mark.parametrize(
        "accept",
        [
            None,
            "",
            "*/*",
            "application/*",
            "application/fhir+json",
            "application/json",
            "text/json",
            "application/fhir+json; fhirVersion=4.0",
            "application/fhir+json; fhirVersion=4.0; q=0.9",
            "application/json; charset=utf-8",
            f"{XML}, application/fhir+json;q=0.1",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "APPLICATION/FHIR+JSON",
        ],
    )
    def test_json_is_given_to_whoever_takes_it(self, rest: Rest, accept: str | None) -> None:
        headers = {} if accept is None else {"Accept": accept}
        answer = rest.get("metadata", **headers)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/fhir+json; charset=utf-8"

    @pytest.mark.parametrize(
        "accept",
        [
            XML,
            "text/plain",
            "text/html, image/png",
            "application/fhir+json;q=0",
            "application/fhir+json; fhirVersion=3.0",
            "application/fhir+json; fhirVersion=5.0",
            "nonsense",
        ],
    )
    def test_another_answer_than_json_is_not_given(self, rest: Rest, accept: str) -> None:
        for path in ("metadata", "Questionnaire/phq-9", "Questionnaire", "Questionnaire/phq-9/_history"):
            answer = rest.get(path, Accept=accept)
            assert (answer.status_code, issues(answer)) == (406, [("not-supported", None)])

    @pytest.mark.parametrize(
        "format",
        [
            "json",
            "application/json",
            "application/fhir%2Bjson",
            "application/fhir+json",
            "text/json",
            "application/fhir%2Bjson;fhirVersion=4.0",
            "application/fhir%2Bjson;%20fhirVersion=4.0",
            "JSON",
            "Application/FHIR%2BJson",
        ],
    )
    def test_format_counts_before_accept(self, rest: Rest, format: str) -> None:
        assert rest.get(f"metadata?_format={format}", Accept=XML).status_code == 200

    @pytest.mark.parametrize("format", ["xml", XML, "ttl", "html", "nonsense", "application/json;fhirVersion=3.0"])
    def test_another_format_is_refused_whatever_accept_says(self, rest: Rest, format: str) -> None:
        answer = rest.get(f"metadata?_format={format}", Accept="application/fhir+json")
        assert (answer.status_code, issues(answer)) == (406, [("not-supported", None)])

    def test_the_type_of_the_body_says_nothing_about_the_answer(self, rest: Rest) -> None:
        assert rest.get("metadata", Content_Type=XML).status_code == 200

    def test_a_format_in_a_posted_form_counts(self, rest: Rest) -> None:
        answers = [
            rest.client.post("/fhir/Observation/_search", data={"_format": format}, headers={"Accept": XML})
            for format in ("json", "xml")
        ]
        assert [answer.status_code for answer in answers] == [200, 406]

    def test_a_format_asked_for_stands_in_the_links(self, rest: Rest) -> None:
        rest.post(phq())
        bundle = content(rest.get("Observation?_format=json&_count=1", Accept=XML))
        assert all("_format=json" in link["url"] for link in bundle["link"])
