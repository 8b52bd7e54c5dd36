"""CORS: a browser of a listed origin may use the FHIR interface, one of another origin may not.

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

import pytest

from service.adapters.database.engine import Database
from tests.support.building import phq
from tests.support.rest import Clock, Rest, content, rest_on

OURS = "https://ehr.example"
EXPOSED = {"ETag", "Location", "Last-Modified", "Retry-After", "X-Request-Id"}
PATHS = ("metadata", "QuestionnaireResponse", "QuestionnaireResponse/r-1", "Nope", "", "QuestionnaireResponse/$extract")


@pytest.fixture
def open_rest(database: Database, clock: Clock) -> Rest:
    return rest_on(database, clock, cors_origins=(OURS, "http://127.0.0.1:3000"))


def preflight(rest: Rest, path: str, origin: str, method: str = "PUT") -> dict[str, str]:
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    answer = rest.client.options(f"/fhir/{path}", headers=headers)
    return {"status": str(answer.status_code), **dict(answer.headers)}


@pytest.mark.parametrize("path", PATHS)
def test_a_listed_origin_may_read_the_answer_and_its_headers(open_rest: Rest, path: str) -> None:
    answer = open_rest.get(path, Origin=OURS)
    assert answer.headers["Access-Control-Allow-Origin"] == OURS
    assert set(answer.headers["Access-Control-Expose-Headers"].split(", ")) == EXPOSED
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", ["QuestionnaireResponse/r-1", "QuestionnaireResponse/r-1/"])
def test_a_preflight_says_which_methods_and_headers_may_be_sent(open_rest: Rest, path: str) -> None:
    answer = preflight(open_rest, path, OURS)
    assert (answer["status"], answer["Access-Control-Allow-Origin"]) == ("204", OURS)
    assert set(answer["Access-Control-Allow-Methods"].split(", ")) == {"GET", "HEAD", "OPTIONS", "PATCH", "PUT"}
    allowed = answer["Access-Control-Allow-Headers"].split(", ")
    assert {"Content-Type", "If-Match", "If-None-Exist", "Prefer", "Authorization", "X-Medplum"} <= set(allowed)


@pytest.mark.parametrize("origin", ["https://other.example", f"{OURS}.evil.example", "https://EHR.example", "null", ""])
def test_another_origin_gets_no_header(open_rest: Rest, origin: str) -> None:
    assert not any(name.startswith("Access-Control") for name in preflight(open_rest, "metadata", origin))
    answer = open_rest.get("metadata", Origin=origin)
    assert not any(name.startswith("Access-Control") for name, _ in answer.headers)
    assert "Origin" in answer.headers["Vary"]


def test_it_is_off_by_default(rest: Rest) -> None:
    answer = rest.get("metadata", Origin=OURS)
    assert not any(name.startswith("Access-Control") for name, _ in answer.headers)
    assert content(answer)["rest"][0]["security"]["cors"] is False


def test_the_statement_says_that_it_is_on(open_rest: Rest) -> None:
    assert content(open_rest.get("metadata"))["rest"][0]["security"]["cors"] is True


@pytest.mark.parametrize("path", ["metadata", "QuestionnaireResponse", "QuestionnaireResponse/r-1", ""])
def test_options_without_an_origin_names_the_methods(rest: Rest, path: str) -> None:
    rest.post(phq())
    answer = rest.client.options(f"/fhir/{path}")
    assert answer.status_code == 200
    assert "OPTIONS" in answer.headers["Allow"]
