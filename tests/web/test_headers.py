"""Headers that every answer carries."""

from tests.building import phq
from tests.conftest import Rest


class TestHeaders:
    def test_every_answer_carries_them(self, rest: Rest) -> None:
        for answer in (rest.get("metadata"), rest.get("Nope/1"), rest.client.get("/"), rest.client.get("/nope")):
            assert answer.headers["X-Request-Id"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]

    def test_what_is_about_a_patient_is_not_kept_on_the_way(self, rest: Rest) -> None:
        assert rest.get("Observation?patient=p1").headers["Cache-Control"] == "no-store"
        assert "Cache-Control" not in rest.get("metadata").headers

    def test_the_id_of_the_client_comes_back_beside_ours(self, rest: Rest) -> None:
        answer = rest.get("metadata", X_Request_Id="abc-1")
        assert answer.headers["X-Correlation-Id"] == "abc-1"
        assert "X-Correlation-Id" not in rest.get("metadata", X_Request_Id="<script>").headers

    def test_head_is_get_without_content(self, rest: Rest) -> None:
        rest.post(phq())
        head = rest.client.head("/fhir/QuestionnaireResponse/r-1")
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["ETag"] == 'W/"1"'
