"""Each limit of the strict loader, exactly at it and just above; what is published is what is kept."""

import re
from typing import Any

import pytest

from service.adapters.database.posted_searches import MAX_SEARCHES
from service.adapters.database.store import PAGE_BYTES
from service.cli.serving.http_server import ConnectionLimits
from service.fhir.definitions.capability_statement import capability_statement
from service.fhir.r4.operation_outcome import MAX_ISSUES
from service.fhir.r4.strict_json import LIMITS, MAX_BYTES, encode
from service.fhir.r4.types import Resource
from service.fhir.r4.values.clean_json import MAX_DEPTH, MAX_DIGITS, MAX_ITEMS, MAX_STRING
from service.fhir.search.request_parser import MAX_ALTERNATIVES, MAX_COUNT, MAX_LENGTH
from service.web.admission import REQUESTS_WITH_DATABASE
from service.web.request_limits import MAX_HEADERS, MAX_PARAMETERS, MAX_URL
from service.work import WAIT_SECONDS
from tests.support.building import phq
from tests.support.files import ROOT
from tests.support.rest import Rest, content, issues


def padded(size: int) -> bytes:
    """A good response of this many bytes."""
    return encode(phq()).ljust(size)


def nested(depth: int) -> Resource:
    """A good response with this many objects and arrays inside one another."""
    inner: Resource = {"url": "http://x", **({"valueString": "a"} if depth % 2 else {"valueCoding": {"code": "a"}})}
    for _ in range((depth - 3 - (depth % 2 == 0)) // 2):
        inner = {"url": "http://x", "extension": [inner]}
    return phq(extension=[inner])


def depth_of(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if children is None else 1 + max(map(depth_of, children), default=0)


def with_items(count: int) -> Resource:
    return {**phq(), "item": [{"linkId": f"x{number}"} for number in range(count)]}


def with_total(number: str) -> bytes:
    resource = phq()
    resource["item"].append({"linkId": "/44261-6", "answer": [{"valueDecimal": 77777}]})
    return encode(resource).replace(b"77777", number.encode())


class TestBody:
    def test_its_bytes(self, rest: Rest) -> None:
        assert rest.post(padded(MAX_BYTES)).status_code == 201
        answer = rest.post(padded(MAX_BYTES + 1))
        assert (answer.status_code, issues(answer)) == (413, [("too-long", None)])

    @pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH])
    def test_objects_and_arrays_inside_one_another(self, rest: Rest, depth: int) -> None:
        assert depth_of(nested(depth)) == depth
        assert rest.post(nested(depth)).status_code == 201

    @pytest.mark.parametrize("depth", [MAX_DEPTH + 1, MAX_DEPTH + 2, 200])
    def test_deeper_ones_are_refused(self, rest: Rest, depth: int) -> None:
        answer = rest.post(nested(depth))
        assert answer.status_code == 400
        assert {code for code, _ in issues(answer)} == {"too-long"}

    def test_items(self, rest: Rest) -> None:
        read = rest.post(with_items(MAX_ITEMS))
        assert (read.status_code, issues(read)[0][0]) == (422, "structure")
        answer = rest.post(with_items(MAX_ITEMS + 1))
        assert (answer.status_code, issues(answer)) == (400, [("too-long", None)])

    def test_items_whose_names_are_escaped_count_too(self, rest: Rest) -> None:
        answer = rest.post(encode(with_items(MAX_ITEMS + 1)).replace(b'"linkId"', b'"link\\u0049d"'))
        assert (answer.status_code, issues(answer)) == (400, [("too-long", None)])

    @pytest.mark.parametrize("character", ["a", "ä", "😀"])
    def test_characters_of_a_string(self, rest: Rest, character: str) -> None:
        longest = "a" + character * (MAX_STRING - 1)
        assert rest.post(phq(author={"display": longest})).status_code == 201
        answer = rest.post(phq(author={"display": longest + "a"}))
        place = "QuestionnaireResponse.author.display"
        assert (answer.status_code, issues(answer)) == (400, [("too-long", place)])

    def test_narrative_may_be_longer(self, rest: Rest) -> None:
        words = "a " * MAX_STRING
        div = f'<div xmlns="http://www.w3.org/1999/xhtml">{words}</div>'
        assert rest.post(phq(text={"status": "additional", "div": div})).status_code == 201

    @pytest.mark.parametrize(
        "number", ["9" * 18, "-" + "9" * 18, "1." + "0" * 17, "1e17", "0." + "0" * 16 + "1", "1e-18"]
    )
    def test_digits_of_a_number(self, rest: Rest, number: str) -> None:
        assert MAX_DIGITS == 18
        assert rest.post(with_total(number)).status_code == 201

    @pytest.mark.parametrize("number", ["1" * 19, "-" + "1" * 19, "1." + "0" * 18, "1e18", "0." + "1" * 19, "1e-19"])
    def test_numbers_of_more_digits_are_refused(self, rest: Rest, number: str) -> None:
        answer = rest.post(with_total(number))
        assert (answer.status_code, issues(answer)[0][0]) == (400, "value")

    def test_issues_reported_at_once(self, rest: Rest) -> None:
        for count, told in ((MAX_ISSUES, MAX_ISSUES), (MAX_ISSUES + 1, MAX_ISSUES + 1), (300_000, MAX_ISSUES + 1)):
            body = b'{"resourceType": "QuestionnaireResponse", "item": [' + b",".join([b"[]"] * count) + b"]}"
            answer = rest.post(body)
            assert (answer.status_code, len(issues(answer))) == (400, told)
            assert (issues(answer)[-1][0] == "too-costly") == (count > MAX_ISSUES)
            assert len(answer.data) < 100_000


class TestAddress:
    def test_its_length(self, rest: Rest) -> None:
        address = "/fhir/Observation?_id="
        assert rest.client.get(address + "a" * (MAX_URL - len(address))).status_code == 200
        answer = rest.client.get(address + "a" * (MAX_URL - len(address) + 1))
        assert (answer.status_code, issues(answer)) == (414, [("too-long", None)])

    def test_its_parameters(self, rest: Rest) -> None:
        assert rest.get("Observation?" + "&".join(["_id=a"] * MAX_PARAMETERS)).status_code == 200
        answer = rest.get("Observation?" + "&".join(["_id=a"] * (MAX_PARAMETERS + 1)))
        assert (answer.status_code, issues(answer)) == (400, [("invalid", None)])


class TestPublished:
    def test_the_statement_names_each_limit_of_a_body(self, rest: Rest) -> None:
        resources = content(rest.get("metadata"))["rest"][0]["resource"]
        (told,) = [entry["documentation"] for entry in resources if entry["type"] == "QuestionnaireResponse"]
        for limit in (MAX_BYTES, MAX_DEPTH, MAX_ITEMS, MAX_STRING, MAX_DIGITS):
            assert f"{limit:,} " in told or f"{limit:,};" in told
        assert all(text in told for text in LIMITS.values())

    def test_only_what_takes_content_has_such_limits(self) -> None:
        resources = capability_statement("http://x", "1", "2026")["rest"][0]["resource"]
        assert [entry["type"] for entry in resources if "up to these limits" in entry.get("documentation", "")] == [
            "QuestionnaireResponse"
        ]

    def test_the_page_for_operators_has_the_same(self) -> None:
        text = (ROOT / "docs/operations.md").read_text().split("## Limits")[1]
        rows = dict(re.findall(r"^\| ([a-z ]+) \| ([\d,]+)", text, re.M))
        assert {name: int(number.replace(",", "")) for name, number in rows.items()} == {
            "body": MAX_BYTES,
            "nesting": MAX_DEPTH,
            "items": MAX_ITEMS,
            "a string": MAX_STRING,
            "a number": MAX_DIGITS,
            "address": MAX_URL,
            "parameters of a search": MAX_PARAMETERS,
            "values in a search": MAX_ALTERNATIVES,
            "resources on a page": MAX_COUNT,
            "headers": MAX_HEADERS,
            "issues in one outcome": MAX_ISSUES,
            "a search": MAX_LENGTH,
            "bytes on a page": PAGE_BYTES,
            "requests that use the database at once": REQUESTS_WITH_DATABASE,
            "wait for the database": int(WAIT_SECONDS),
            "connections": ConnectionLimits().connections,
            "posted searches with a next page": MAX_SEARCHES,
            "headers of a request": int(ConnectionLimits().header_seconds),
            "body of a request": int(ConnectionLimits().body_seconds),
        }
