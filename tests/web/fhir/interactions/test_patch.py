"""PATCH: a JSON Patch of a stored response is a read, the patch, and an update.

https://hl7.org/fhir/R4/http.html#patch
https://www.rfc-editor.org/rfc/rfc6902
"""

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from service.adapters.database.engine import Database
from tests.support.building import scored
from tests.support.rest import Clock, Rest, content, issues, rest_on

STATUS = {"op": "replace", "path": "/status", "value": "amended"}


def patch(rest: Rest, operations: Any, id: str = "mine", **headers: str) -> TestResponse:
    named = {"Content-Type": "application/json-patch+json", **{n.replace("_", "-"): v for n, v in headers.items()}}
    body = operations if isinstance(operations, bytes) else json.dumps(operations).encode()
    return rest.client.patch(f"/fhir/QuestionnaireResponse/{id}", data=body, headers=named)


@pytest.fixture
def stored(rest: Rest) -> Rest:
    assert rest.put(scored("phq-9", [1] * 9, id="mine")).status_code == 201
    return rest


def first_answer(rest: Rest) -> str:
    """The pointer to the answer of the first scored item."""
    items = content(rest.get("QuestionnaireResponse/mine"))["item"]
    index = next(index for index, item in enumerate(items) if item["linkId"] == "/44250-9")
    return f"/item/{index}/answer/0/valueCoding"


def test_a_patched_answer_amends_score_and_impression(stored: Rest) -> None:
    coding = {"system": "http://loinc.org", "code": "LA6571-9", "display": "Nearly every day"}
    answer = patch(stored, [STATUS, {"op": "replace", "path": first_answer(stored), "value": coding}])
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"')
    total = stored.one("Observation?code=http://loinc.org|44261-6")
    assert (total["status"], total["valueQuantity"]["value"]) == ("amended", 11)


@pytest.mark.parametrize(
    ("operations", "status", "code"),
    [
        ([{"op": "test", "path": "/status", "value": "stopped"}, STATUS], 422, "processing"),
        ([{"op": "remove", "path": "/basedOn"}], 422, "processing"),
        ([{"op": "add", "path": "/item/99", "value": {"linkId": "x"}}], 422, "processing"),
        ([{"op": "move", "from": "/item", "path": "/item/0"}], 422, "processing"),
        ([{"op": "replace", "path": "/status", "value": "in-progress"}], 422, "business-rule"),
        ([{"op": "replace", "path": "/status", "value": "banana"}], 400, "code-invalid"),
        ([{"op": "remove", "path": "/questionnaire"}], 422, "required"),
        ([{"op": "replace", "path": "/id", "value": "other"}], 400, "invalid"),
        ([{"op": "banana", "path": "/status"}], 400, "structure"),
        ([{"op": "add", "path": "/status"}], 400, "required"),
        ([{"op": "add", "path": "status", "value": "amended"}], 400, "value"),
        ([{"op": "copy", "path": "/status"}], 400, "required"),
        (["x"], 400, "structure"),
        ({"op": "add"}, 400, "structure"),
        ([STATUS] * 201, 400, "too-costly"),
        ([{"op": "copy", "from": "/item", "path": "/item/-"}] * 30, 400, "too-costly"),
        (b"[", 400, "structure"),
        (b'[{"op": "add", "path": "/x", "value": ' + b"[" * 900 + b"]" * 900 + b"}]", 400, "too-long"),
        (b'[{"op": "add", "path": "/x", "value": {"a": [], "a": null}}]', 400, "structure"),
        ([{"op": "remove", "path": "/item/0/answer/0"}], 400, "structure"),
        ([{"op": "add", "path": "/identifier", "value": {}}], 400, "structure"),
        ([{"op": "add", "path": "/source", "value": None}], 400, "structure"),
        ([{"op": "add", "path": "/text", "value": {"status": "generated", "div": " "}}], 400, "structure"),
        ([{"op": "add", "path": "/item/0/item", "value": [{"linkId": "x"}] * 1_001}], 400, "too-long"),
    ],
)
def test_a_patch_that_cannot_be_applied_changes_nothing(stored: Rest, operations: Any, status: int, code: str) -> None:
    answer = patch(stored, operations)
    assert (answer.status_code, issues(answer)[0][0]) == (status, code)
    assert content(stored.get("QuestionnaireResponse/mine"))["meta"]["versionId"] == "1"


def test_a_patch_that_changes_nothing_makes_no_version(stored: Rest) -> None:
    answer = patch(stored, [{"op": "test", "path": "/status", "value": "completed"}])
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"1"')


def test_what_a_patch_leaves_empty_is_named(stored: Rest) -> None:
    answer = patch(stored, [{"op": "remove", "path": "/item/0/answer/0"}])
    assert issues(answer) == [("structure", "QuestionnaireResponse.item[0].answer")]


def test_a_value_may_be_empty_until_the_patch_has_filled_it(stored: Rest) -> None:
    note = {"url": "http://ehr.example/note", "valueString": "x"}
    empty: dict[str, Any] = {"op": "add", "path": "/extension", "value": []}
    answer = patch(stored, [empty, {"op": "add", "path": "/extension/-", "value": note}])
    assert (answer.status_code, content(answer)["extension"]) == (200, [note])


def test_an_empty_patch_changes_nothing(stored: Rest) -> None:
    answer = patch(stored, [])
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"1"')


def test_if_match_applies(stored: Rest) -> None:
    assert patch(stored, [STATUS], If_Match='W/"2"').status_code == 412
    assert patch(stored, [STATUS], If_Match='W/"1"').status_code == 200


def test_if_none_match_applies(stored: Rest) -> None:
    assert patch(stored, [STATUS], If_None_Match="*").status_code == 412


def test_an_unknown_response_is_not_found(rest: Rest) -> None:
    answer = patch(rest, [STATUS])
    assert (answer.status_code, issues(answer)) == (404, [("not-found", None)])


@pytest.mark.parametrize("media_type", ["application/json", "application/fhir+json", "application/merge-patch+json"])
def test_another_kind_of_patch_is_not_taken(stored: Rest, media_type: str) -> None:
    answer = patch(stored, [STATUS], Content_Type=media_type)
    # RFC 5789, 2.2: the response names the kind of patch that is taken.
    assert (answer.status_code, answer.headers["Accept-Patch"]) == (415, "application/json-patch+json")


def test_a_site_may_require_the_version(database: Database, clock: Clock) -> None:
    rest = rest_on(database, clock, if_match="required")
    rest.put(scored("phq-9", [1] * 9, id="mine"))
    assert patch(rest, [STATUS]).status_code == 400
    assert patch(rest, [STATUS], If_Match='W/"1"').status_code == 200
