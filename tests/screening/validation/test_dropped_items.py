"""A sender is told which answers are not used because our questionnaire has no item for them."""

from service.fhir.questionnaires.supplied_forms import SuppliedForms
from service.screening.instruments.editions import Edition, InstrumentEdition
from service.screening.instruments.response import Answer, AnsweredItem, Response
from service.screening.validation.dropped_items import dropped_item_issues
from service.usecases.operations.validate import validate
from tests.support.building import NOW, catalogue, scored


def item(link_id: str, *values: str, items: tuple[AnsweredItem, ...] = ()) -> AnsweredItem:
    return AnsweredItem(link_id, link_id, tuple(Answer("string", value, link_id) for value in values), items)


def paths(*items: AnsweredItem) -> list[str]:
    edition = Edition("http://example.org/q", dropped=frozenset({"about", "name"}))
    response = Response("r", "http://example.org/q", "completed", "Patient/p", None, items)
    found = dropped_item_issues(response, InstrumentEdition(catalogue().instrument("gad-7"), edition))
    assert {issue.severity for issue in found} <= {"information"}
    return [issue.path for issue in found]


def test_an_answer_that_is_dropped_is_told_at_any_depth() -> None:
    assert paths(item("page", items=(item("name", "x"),)), item("/69725-0")) == ["name"]


def test_a_group_that_is_dropped_is_told_once() -> None:
    assert paths(item("about", items=(item("name", "x"), item("age", "9")))) == ["about"]


def test_without_an_answer_nothing_is_told() -> None:
    assert paths(item("about", items=(item("name"),)), item("page", "x")) == []


def test_validate_tells_it_too_and_the_response_stays_valid() -> None:
    resource = scored("gad-7", [0] * 7, questionnaire="http://loinc.org/q/69737-5")
    resource["item"].append({"linkId": "/69722-7", "answer": [{"valueString": "x"}]})
    result = validate(resource, catalogue(), SuppliedForms(), NOW)
    assert result.valid
    assert [issue.severity for issue in result.issues if issue.path == "QuestionnaireResponse.item[7]"] == [
        "information"
    ]
