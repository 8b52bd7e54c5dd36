"""No content of a request causes more work than the budget of a request; processor time has a generous ceiling."""

from urllib.parse import urlencode

import pytest

from service.fhir.r4 import strict_json
from service.fhir.r4.strict_json import MAX_BYTES, JsonNode, encode, find_issues, load
from service.work import REQUEST_STEPS, TooCostly, limit_work, spend_steps
from tests.support.measuring.abuse import ABUSES, CORE, abusive_searches, coded, parameters, value_set
from tests.support.measuring.processor_time import under_generous_ceiling
from tests.support.rest import Rest, content, issues

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("name", sorted(ABUSES))
def test_a_body_is_answered_or_refused_as_too_costly(rest: Rest, name: str) -> None:
    body = encode(ABUSES[name]())
    assert len(body) < MAX_BYTES
    with under_generous_ceiling():
        answer = rest.post(body, "QuestionnaireResponse/$validate")
    assert answer.status_code in (200, 422)
    if answer.status_code == 422:
        assert issues(answer) == [("too-costly", None)]
    assert len(answer.data) < MAX_BYTES


@pytest.mark.parametrize("name", ["arrays_in_arrays", "many_extensions", "numbers_beside_a_line_break"])
@pytest.mark.parametrize("path", ["QuestionnaireResponse", "QuestionnaireResponse/$validate", "$process-response"])
def test_a_body_of_too_many_values_is_refused_wherever_it_is_sent(rest: Rest, name: str, path: str) -> None:
    answer = rest.post(encode(ABUSES[name]()), path)
    assert (answer.status_code, issues(answer)) == (422, [("too-costly", None)])


LONG = "x" * 9_999
QUANTITY = {"value": 5, "unit": LONG, "system": "http://unitsofmeasure.org", "code": "kg"}


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ({"type": "string"}, {"valueInteger": 1}),
        (
            {"type": "quantity", "extension": [{"url": f"{CORE}/minValue", "valueQuantity": QUANTITY}]},
            {"valueQuantity": {**QUANTITY, "value": 1}},
        ),
        (
            {"type": "reference", "extension": [{"url": f"{CORE}/questionnaire-referenceResource", "valueCode": LONG}]},
            {"valueReference": {"reference": "Patient/1"}},
        ),
        (
            {"type": "attachment", "extension": [{"url": f"{CORE}/mimeType", "valueCode": LONG}]},
            {"valueAttachment": {"contentType": "text/plain", "data": "YQ=="}},
        ),
        ({"type": "choice", "answerValueSet": f"http://x/{LONG[:9_000]}"}, {"valueCoding": {"code": LONG}}),
    ],
)
def test_an_answer_repeats_at_most_the_beginning_of_a_name(
    rest: Rest, form: dict[str, object], answer: dict[str, object]
) -> None:
    sent = parameters([{"linkId": LONG, **form}], [{"linkId": LONG, "answer": [answer]}, {"linkId": f"{LONG}y"}])
    told = rest.post(sent, "QuestionnaireResponse/$validate")
    assert told.status_code == 200
    assert len(content(told)["issue"]) > 1
    assert all(len(issue["diagnostics"]) < 500 for issue in content(told)["issue"])
    assert len(told.data) < 6_000


@pytest.mark.parametrize("number", range(len(list(abusive_searches()))))
def test_a_search_is_answered_or_refused(rest: Rest, number: int) -> None:
    query = urlencode(list(abusive_searches())[number])
    with under_generous_ceiling():
        answer = rest.client.post("/fhir/Observation/_search", data=query, headers=FORM)
    assert answer.status_code == 400
    assert content(answer)["resourceType"] == "OperationOutcome"


def test_a_value_set_in_itself_leaves_the_check_inconclusive(rest: Rest) -> None:
    answer = rest.post(
        coded({"answerValueSet": "#v"}, value_set("v", "http://x/vs", url="http://x/vs")),
        "QuestionnaireResponse/$validate",
    )
    assert ("not-supported", "QuestionnaireResponse.item[0].answer[0].value") in issues(answer)


def test_the_budget_is_spent_at_its_last_step() -> None:
    limit_work()
    spend_steps(REQUEST_STEPS)
    with pytest.raises(TooCostly):
        spend_steps(1)
    limit_work(None)
    spend_steps(REQUEST_STEPS * 10)


def test_each_request_has_its_own_budget(rest: Rest) -> None:
    body = encode(ABUSES["chain_of_later_items"]())
    answers = [rest.post(body, "QuestionnaireResponse/$validate").status_code for _ in range(12)]
    assert set(answers) == {200}


def test_the_arrays_of_a_body_are_counted_before_they_are_built() -> None:
    limit_work(10)
    try:
        assert load(b'{"a": [[1], [2], [3]]}')
        with pytest.raises(TooCostly):
            load(b'{"a": [[1], [2], [3], [4], [5], [6], [7], [8], [9]]}')
    finally:
        limit_work(None)


def test_the_nodes_of_an_array_are_not_built_beyond_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    built = []

    class CountedNode(JsonNode):
        def __init__(self, *_: object) -> None:
            built.append(self.path)

    monkeypatch.setattr(strict_json, "JsonNode", CountedNode)
    limit_work(1_000)
    try:
        with pytest.raises(TooCostly):
            list(find_issues({"x": [1] * 1_000}))
    finally:
        limit_work(None)
    assert 1 < len(built) <= 1 + 1_000 / strict_json.NODE_STEPS
