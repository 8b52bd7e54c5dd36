"""Addresses and methods that are not offered.

https://hl7.org/fhir/R4/http.html#summary
"""

import pytest

from tests.support.building import phq
from tests.support.rest import Rest, content, issues

MARK = "Zyxw-Canary-77"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "Nope", 404, "not-found"),
        ("POST", "Nope", 404, "not-found"),
        ("GET", "Nope/1", 404, "not-found"),
        ("DELETE", "Nope/1", 404, "not-found"),
        ("GET", "Patient/p1/Observation", 404, "not-found"),
        ("GET", "questionnaire", 404, "not-found"),
        ("GET", "questionnaire/phq-9", 404, "not-found"),
        ("GET", "/metadata", 404, "not-found"),
        ("GET", "Observation/o-none", 404, "not-found"),
        ("GET", "Observation/a/b/c/d", 404, "not-found"),
        ("GET", "", 405, "not-supported"),
        ("DELETE", "Observation/1", 405, "not-supported"),
        ("DELETE", "Observation", 405, "not-supported"),
        ("PATCH", "Observation/1", 405, "not-supported"),
        ("PUT", "Observation/1", 405, "not-supported"),
        ("POST", "Observation", 405, "not-supported"),
        ("PUT", "metadata", 405, "not-supported"),
        ("GET", "QuestionnaireResponse/$extract", 405, "not-supported"),
        ("GET", "$process-response", 405, "not-supported"),
        ("PUT", "QuestionnaireResponse/$extract", 400, "value"),
        ("PUT", "Observation/$nope", 404, "not-supported"),
        ("GET", "$nope", 404, "not-supported"),
        ("POST", "$nope", 404, "not-supported"),
        ("GET", "Observation/$lastn", 404, "not-supported"),
        ("POST", "Observation/$extract", 404, "not-supported"),
        ("POST", "$extract", 404, "not-supported"),
        ("GET", "QuestionnaireResponse/r-1/$nope", 404, "not-supported"),
        ("POST", "QuestionnaireResponse/r-1/$nope", 404, "not-supported"),
        ("GET", "_history", 404, "not-supported"),
        ("GET", "Observation/_history", 404, "not-supported"),
        ("GET", "QuestionnaireResponse/_history?_count=1", 404, "not-supported"),
    ],
)
def test_what_is_not_there_or_not_offered(rest: Rest, method: str, path: str, status: int, code: str) -> None:
    answer = rest.client.open(f"/fhir/{path}", method=method)
    assert answer.status_code == status
    assert issues(answer) == [(code, None)]
    assert answer.headers["Content-Type"] == "application/fhir+json; charset=utf-8"
    assert ("Allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    "path",
    [
        "metadata",
        "QuestionnaireResponse",
        "QuestionnaireResponse/r-1",
        "QuestionnaireResponse/r-1/_history",
        "QuestionnaireResponse/r-1/_history/1",
        "QuestionnaireResponse/_search",
        "QuestionnaireResponse/r-1/$extract",
        "Questionnaire/phq-9",
    ],
)
def test_a_slash_at_the_end_means_nothing(rest: Rest, path: str) -> None:
    rest.post(phq(), "QuestionnaireResponse/")
    with_slash, without = rest.get(f"{path}/"), rest.get(path)
    assert with_slash.status_code == 200
    assert content(with_slash) == content(without)
    assert rest.put({**phq(status="amended"), "id": "r-1"}, id="r-1/").status_code == 200


def test_a_search_by_get_may_have_the_address_of_a_posted_one(rest: Rest) -> None:
    rest.post(phq())
    assert content(rest.get("QuestionnaireResponse/_search?patient=p1"))["total"] == 1


def test_the_base_without_a_slash_is_the_same(rest: Rest) -> None:
    without_slash, with_slash = (rest.client.put(path, data=b"{}") for path in ("/fhir", "/fhir/"))
    assert without_slash.status_code == with_slash.status_code == 405
    assert issues(without_slash) == issues(with_slash)


def test_a_method_named_in_allow_is_one(rest: Rest) -> None:
    assert set(rest.client.put("/fhir/Observation/1").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert rest.client.get("/fhir/QuestionnaireResponse/$extract").headers["Allow"] == "POST"
    assert rest.client.get("/fhir/$process-response").headers["Allow"] == "POST"
    searching = rest.client.delete("/fhir/QuestionnaireResponse/_search").headers["Allow"]
    assert set(searching.split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("", "POST"),
        ("metadata", "GET HEAD"),
        ("Observation", "GET HEAD"),
        ("Observation/o-1", "GET HEAD"),
        ("QuestionnaireResponse", "GET HEAD POST"),
        ("QuestionnaireResponse/_search", "GET HEAD POST"),
        ("QuestionnaireResponse/r-1", "GET HEAD PATCH PUT"),
        ("QuestionnaireResponse/r-1/_history/1", "GET HEAD"),
        ("QuestionnaireResponse/$validate", "POST"),
        ("QuestionnaireResponse/r-1/$extract", "GET HEAD POST"),
        ("Questionnaire/$populate", "POST"),
        ("Questionnaire/phq-9/$populate", "POST"),
        ("$process-response", "POST"),
    ],
)
def test_options_names_the_methods_that_are_offered_and_no_others(rest: Rest, path: str, methods: str) -> None:
    answer = rest.client.options(f"/fhir/{path}")
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (200, {"OPTIONS", *methods.split()})


def test_a_history_that_is_not_offered_says_which_one_is(rest: Rest) -> None:
    answer = rest.get("Observation/_history")
    assert "[type]/[id]/_history" in content(answer)["issue"][0]["details"]["text"]


@pytest.mark.parametrize("id", ["a_b", "a%20b", "a%00b", "x" * 65, "ä", "%ff", "a|b", "'", "a%2Fb"])
@pytest.mark.parametrize("rest_of_path", ["", "/_history", "/_history/1"])
def test_a_malformed_id_is_refused(rest: Rest, id: str, rest_of_path: str) -> None:
    answer = rest.get(f"Observation/{id}{rest_of_path}")
    # An encoded slash is one more step in the address, which leads nowhere.
    assert (answer.status_code, issues(answer)[0][0]) in ((400, "value"), (404, "not-found"))
    assert answer.status_code == 400 or id == "a%2Fb"


@pytest.mark.parametrize(
    "path",
    [
        f"{MARK}",
        f"{MARK}/1",
        f"Observation/{MARK}",
        f"Observation/{MARK}_",
        f"Observation/1/_history/{MARK}_",
        f"Observation/${MARK}",
        f"Observation/1/_history?_since={MARK}",
        f"Observation?{MARK}=1",
        f"Observation?code={MARK}|{MARK}|{MARK}",
        f"Observation?code:{MARK}=1",
        f"Observation?patient.{MARK}=1",
        f"Observation?_has:{MARK}=1",
        f"Observation?_count={MARK}",
        f"Observation?_summary={MARK}",
        f"Observation?_elements={MARK}!",
        f"Observation?_elements={MARK}",
        f"Observation?_page={MARK}",
        f"Observation?_posted={MARK}",
        f"Observation?_sort={MARK}",
        f"Observation?_format={MARK}",
        f"Observation?date={MARK}",
    ],
)
@pytest.mark.parametrize("handling", ["lenient", "strict"])
def test_no_refusal_repeats_what_was_sent(rest: Rest, path: str, handling: str) -> None:
    rest.post(phq())
    answer = rest.get(path, Prefer=f"handling={handling}")
    outcomes = [content(answer)]
    if answer.status_code == 200:
        outcomes = [e["resource"] for e in outcomes[0].get("entry", []) if e["search"]["mode"] == "outcome"]
    assert outcomes
    assert MARK not in str(outcomes)
