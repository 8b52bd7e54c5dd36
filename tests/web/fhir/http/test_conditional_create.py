"""A resent create is recognised by identifier, Idempotency-Key or If-None-Exist, and stored once."""

from typing import Any

import pytest

from service.fhir.r4.types import Resource
from tests.support.building import with_total
from tests.support.rest import Rest, issues

MINE = {"system": "http://ehr.example", "value": "7"}


def phq(total: int = 12, **elements: Any) -> Resource:
    return with_total("phq-9", total, **elements)


def count(rest: Rest) -> int:
    return len(rest.found("QuestionnaireResponse"))


class TestKey:
    def test_the_same_content_under_the_same_key_is_the_same_response(self, rest: Rest) -> None:
        first = rest.post(phq(), Idempotency_Key='"8e03978e"')
        again = rest.post(phq(), Idempotency_Key="8e03978e")
        assert (first.status_code, again.status_code) == (201, 200)
        for name in ("Location", "ETag", "Last-Modified"):
            assert again.headers[name] == first.headers[name]
        assert count(rest) == 1

    def test_other_content_under_the_same_key_is_refused(self, rest: Rest) -> None:
        rest.post(phq(12), Idempotency_Key="a")
        answer = rest.post(phq(13), Idempotency_Key="a")
        assert (answer.status_code, issues(answer)[0][0]) == (422, "duplicate")
        assert count(rest) == 1

    def test_another_key_is_another_response(self, rest: Rest) -> None:
        assert [rest.post(phq(), Idempotency_Key=key).status_code for key in ("a", "b")] == [201, 201]

    def test_a_refused_response_uses_up_no_key(self, rest: Rest) -> None:
        assert rest.post(phq(status="entered-in-error"), Idempotency_Key="a").status_code == 422
        assert rest.post(phq(), Idempotency_Key="a").status_code == 201

    @pytest.mark.parametrize("key", ["", " ", "a" * 256, "a b", "ö"])
    def test_what_is_no_key_is_refused(self, rest: Rest, key: str) -> None:
        answer = rest.post(phq(), Idempotency_Key=key)
        assert (answer.status_code, issues(answer)[0][0]) == (400, "value")

    def test_the_first_receipt_comes_back_after_a_correction_too(self, rest: Rest) -> None:
        first = rest.post(phq(), Idempotency_Key="a")
        rest.put({**phq(13), "id": "r-1"}, version=1)
        again = rest.post(phq(), Idempotency_Key="a")
        assert (again.status_code, again.headers["ETag"]) == (200, first.headers["ETag"])


class TestCondition:
    def test_none_that_meets_it_makes_one(self, rest: Rest) -> None:
        answer = rest.post(phq(identifier=MINE), If_None_Exist="identifier=http://ehr.example|7")
        assert answer.status_code == 201

    def test_one_that_meets_it_is_the_answer(self, rest: Rest) -> None:
        first = rest.post(phq(identifier=MINE))
        again = rest.post(phq(13), If_None_Exist="identifier=http://ehr.example|7")
        assert again.status_code == 200
        for name in ("Location", "ETag", "Last-Modified"):
            assert again.headers[name] == first.headers[name]
        assert count(rest) == 1

    @pytest.mark.parametrize(
        "before",
        ["?", "QuestionnaireResponse?", "/QuestionnaireResponse?", "http://sural.example/fhir/QuestionnaireResponse?"],
    )
    def test_the_type_or_our_full_address_may_be_before_it(self, rest: Rest, before: str) -> None:
        condition = f"{before}identifier=http://ehr.example|7"
        assert rest.post(phq(identifier=MINE), If_None_Exist=condition).status_code == 201
        assert rest.post(phq(13), If_None_Exist=condition).status_code == 200

    @pytest.mark.parametrize(
        "before", ["Observation?", "http://other.example/fhir/QuestionnaireResponse?", "QuestionnaireResponse/1?"]
    )
    def test_another_address_before_it_makes_nothing(self, rest: Rest, before: str) -> None:
        answer = rest.post(phq(), If_None_Exist=f"{before}identifier=http://ehr.example|7")
        assert (answer.status_code, issues(answer)) == (400, [("not-supported", None)])
        assert count(rest) == 0

    def test_the_criteria_may_be_in_the_address(self, rest: Rest) -> None:
        path = "QuestionnaireResponse?identifier=http://ehr.example|7"
        assert [rest.post(phq(identifier=MINE), path).status_code for _ in range(2)] == [201, 200]
        assert rest.post(phq(13), path).status_code == 200
        assert rest.post(phq(), path, If_None_Exist="patient=p1").status_code == 400
        assert count(rest) == 1

    def test_many_that_meet_it_make_nothing(self, rest: Rest) -> None:
        rest.post(phq(12))
        rest.post(phq(13))
        answer = rest.post(phq(14), If_None_Exist="patient=p1")
        assert (answer.status_code, issues(answer)[0][0]) == (412, "multiple-matches")
        assert count(rest) == 2

    @pytest.mark.parametrize(
        "condition", ["", "?", "colour=red", "identifier=", "_count=1", "identifier:missing=true", "authored=x"]
    )
    def test_a_condition_that_cannot_be_told_makes_nothing(self, rest: Rest, condition: str) -> None:
        answer = rest.post(phq(), If_None_Exist=condition)
        assert answer.status_code == 400
        assert count(rest) == 0
