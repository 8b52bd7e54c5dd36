"""Validation of a response against its questionnaire: every issue, each with its path."""

import pytest

from service.fhir.r4.types import Resource
from service.issues import Issue, Unprocessable
from service.usecases.responses.prepare import check_submission
from tests.support.building import NOW, context, response, scored


def issues(resource: Resource) -> list[tuple[str, str]]:
    """Code and place of every issue for which a submission is refused."""
    try:
        check_submission(resource, context(), NOW)
    except Unprocessable as problem:
        return [(issue.code, issue.path.removeprefix("QuestionnaireResponse.")) for issue in problem.issues]
    return []


def legs(**changes: object) -> Resource:
    return {**response("leg-pain", {"lp-any": ["no"], "lp-alarm": ["none"]}, rest="blank"), **changes}


def test_a_good_response_has_no_issue() -> None:
    assert issues(legs()) == []
    assert issues(response("leg-pain", {"lp-feel": ["numbness"], "lp-muscle": ["weak"]})) == []


def test_an_unknown_linkid_is_named_by_its_place_and_not_repeated() -> None:
    resource = legs()
    resource["item"].append({"linkId": "secret", "answer": [{"valueString": "x"}]})
    with pytest.raises(Unprocessable) as caught:
        check_submission(resource, context(), NOW)
    (issue,) = caught.value.issues
    assert issue.path == "QuestionnaireResponse.item[2].linkId"
    assert "secret" not in issue.text


def test_an_item_in_the_wrong_place_is_an_issue() -> None:
    resource = legs()
    resource["item"].append({"linkId": "lp-side", "answer": resource["item"][0]["answer"]})
    assert issues(resource) == [("structure", "item[2]")]


@pytest.mark.parametrize(
    "value",
    [{"valueBoolean": True}, {"valueString": "yes"}, {"valueInteger": 1}, {"valueDecimal": 1}, {"valueDate": "2026"}],
)
def test_an_answer_of_another_type_is_an_issue(value: Resource) -> None:
    resource = legs()
    resource["item"][0]["answer"] = [value]
    assert issues(resource) == [("value", "item[0].answer[0].value")]


def test_an_option_of_another_question_or_system_is_not_offered() -> None:
    resource = legs()
    coding = resource["item"][0]["answer"][0]["valueCoding"]
    resource["item"][0]["answer"] = [{"valueCoding": {**coding, "code": "lp-hands.no"}}]
    assert issues(resource) == [("code-invalid", "item[0].answer[0].value")]
    resource["item"][0]["answer"] = [{"valueCoding": {**coding, "system": "http://loinc.org"}}]
    assert issues(resource) == [("code-invalid", "item[0].answer[0].value")]


def test_a_required_question_left_out_is_an_issue_of_a_finished_response_only() -> None:
    resource = legs()
    del resource["item"][1]
    assert issues(resource) == [("required", "QuestionnaireResponse")]
    assert issues({**resource, "status": "in-progress"}) == []
    assert issues({**resource, "status": "stopped"}) == []


def test_no_item_of_the_instruments_is_required() -> None:
    assert issues(scored("phq-9", [None] * 9)) == []
    assert issues(scored("gad-7", [None] * 7)) == []


def test_two_answers_to_a_question_that_does_not_repeat_are_an_issue() -> None:
    resource = legs()
    resource["item"][0]["answer"] *= 2
    assert issues(resource) == [("structure", "item[0].answer")]


def test_a_question_that_stands_twice_is_an_issue() -> None:
    resource = legs()
    resource["item"].insert(1, resource["item"][0])
    assert issues(resource) == [("structure", "item[1]")]


def test_a_display_item_takes_no_answer() -> None:
    resource = legs()
    resource["item"].insert(0, {"linkId": "lp-intro", "answer": [{"valueString": "x"}]})
    assert issues(resource) == [("structure", "item[0].answer")]


def test_every_issue_is_collected() -> None:
    resource = legs()
    resource["item"][0]["answer"] = [{"valueBoolean": True}]
    del resource["item"][1]
    resource["item"].append({"linkId": "nope"})
    assert {code for code, _ in issues(resource)} == {"value", "required", "structure"}


def warnings(resource: Resource) -> list[Issue]:
    return check_submission(resource, context(), NOW)[1]


def test_none_beside_another_option_is_a_warning_and_not_refused() -> None:
    resource = response("leg-pain", {"lp-any": ["no"], "lp-alarm": ["none", "fever"]}, rest="blank")
    assert [(w.severity, w.link_id) for w in warnings(resource)] == [("warning", "lp-alarm")]


def test_an_answer_to_a_question_that_was_not_shown_is_a_warning_and_counts_as_given() -> None:
    answers = {"lp-any": ["yes"], "lp-alarm": ["none"], "lp-stress": ["no"], "lp-calm": ["often"]}
    resource = response("leg-pain", answers, rest="blank")
    assert [(w.severity, w.link_id) for w in warnings(resource)] == [("warning", "lp-calm")]
    part, _ = check_submission(resource, context(), NOW)
    assert part.sheet.chosen["lp-calm"] == {"lp-calm.often"}
    assert [c.link_id for c in part.sheet.contradictions] == ["lp-calm"]
