"""Headers of every response, HEAD, and which responses a cache may store.

https://hl7.org/fhir/R4/http.html#custom
"""

import pytest

from tests.support.building import phq
from tests.support.rest import Rest, content

EVERY_GET = (
    "metadata",
    "QuestionnaireResponse/r-1",
    "QuestionnaireResponse/r-1/_history/1",
    "QuestionnaireResponse/r-1/_history",
    "QuestionnaireResponse",
    "Questionnaire",
    "Questionnaire/phq-9",
    "Questionnaire/phq-9/_history",
    "Nope",
    "QuestionnaireResponse/r-none",
    "QuestionnaireResponse/$nope",
    "QuestionnaireResponse/_search",
    "Observation?_count=x",
)


class TestHeaders:
    def test_every_answer_carries_them(self, rest: Rest) -> None:
        answers = [rest.get(path) for path in EVERY_GET]
        for answer in (*answers, rest.client.get("/"), rest.client.get("/nope"), rest.post(b"{")):
            assert answer.headers["X-Request-Id"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]

    @pytest.mark.parametrize("path", [path for path in EVERY_GET if path != "metadata"])
    def test_what_is_about_a_patient_is_not_kept_on_the_way(self, rest: Rest, path: str) -> None:
        rest.post(phq())
        assert rest.get(path).headers["Cache-Control"] == "no-store"
        assert rest.get(path, Accept="text/plain").headers["Cache-Control"] == "no-store"

    def test_what_is_offered_may_be_kept(self, rest: Rest) -> None:
        assert "Cache-Control" not in rest.get("metadata").headers

    def test_the_id_of_the_client_comes_back_beside_ours(self, rest: Rest) -> None:
        answer = rest.get("metadata", X_Request_Id="abc-1")
        assert answer.headers["X-Correlation-Id"] == "abc-1"
        assert answer.headers["X-Request-Id"] != "abc-1"
        assert "X-Correlation-Id" not in rest.get("metadata", X_Request_Id="<script>").headers

    def test_ours_differs_from_request_to_request(self, rest: Rest) -> None:
        assert len({rest.get("metadata").headers["X-Request-Id"] for _ in range(3)}) == 3


class TestHead:
    @pytest.mark.parametrize("path", EVERY_GET)
    def test_it_is_get_without_content(self, rest: Rest, path: str) -> None:
        rest.post(phq())
        get, head = rest.get(path), rest.client.head(f"/fhir/{path}")
        assert (head.status_code, head.data) == (get.status_code, b"")
        own = {"X-Request-Id"}
        assert {n: v for n, v in head.headers if n not in own} == {n: v for n, v in get.headers if n not in own}


class TestMetadata:
    def test_a_client_that_has_it_gets_304_without_content(self, rest: Rest) -> None:
        tag = rest.get("metadata").headers["ETag"]
        answer = rest.get("metadata", If_None_Match=tag)
        assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
        assert content(rest.get("metadata", If_None_Match='W/"other"'))["resourceType"] == "CapabilityStatement"
