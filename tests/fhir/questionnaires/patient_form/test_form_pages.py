"""Pages out of a Questionnaire: a control for each item type, and follow-ups on a later page."""

import json
from decimal import Decimal
from typing import Any

from service.fhir.questionnaires.patient_form.enabled_items import answered_items, enabled_items
from service.fhir.questionnaires.patient_form.form_pages import FormPage, read_form_pages
from service.fhir.questionnaires.patient_form.form_questions import FormQuestion
from service.fhir.questionnaires.patient_form.form_response import initial_answers
from service.fhir.questionnaires.questionnaire_reader import read_instrument
from service.fhir.r4.types import Resource
from service.fhir.terminology.value_set_membership import TerminologyResources
from tests.support.building import catalogue
from tests.support.files import ROOT

ALL_TYPES: Resource = json.loads((ROOT / "tests/cases/forms/all-types.json").read_text())


def pages(questionnaire: Resource = ALL_TYPES, **options: object) -> tuple[FormPage, ...]:
    return read_form_pages(questionnaire, "en", TerminologyResources(), **options)  # type: ignore[arg-type]


def questions() -> dict[str, FormQuestion]:
    return {question.link_id: question for page in pages() for question in page.questions}


def published(name: str) -> Resource:
    return next(each for each in catalogue().questionnaires if each["id"] == name)


def test_each_item_type_has_its_control() -> None:
    assert {link_id: question.control for link_id, question in questions().items()} == {
        "pain": "numbers",
        "smokes": "yes-no",
        "per-day": "number",
        "height": "number",
        "weight": "number",
        "since": "date",
        "last": "date-time",
        "wake": "time",
        "name": "text",
        "story": "text",
        "page": "text",
        "helpers": "lines",
        "colour": "radios",
        "size": "radios",
        "list": "select",
        "foods": "checkboxes",
        "fixed": "read-only",
        "photo": "not-supported",
    }


def test_a_short_scale_has_a_button_for_each_number_and_words_at_its_ends() -> None:
    pain = questions()["pain"]
    assert [option.text for option in pain.options] == [str(number) for number in range(11)]
    assert (pain.low_text, pain.high_text, pain.help) == ("No pain", "Worst pain", "Think of today.")


def test_limits_units_and_options_are_those_of_the_questionnaire() -> None:
    found = questions()
    assert (found["per-day"].minimum, found["per-day"].maximum) == (Decimal(1), None)
    assert found["height"].unit == "cm"
    assert [unit.text for unit in found["weight"].units] == ["kg", "lb"]
    assert [option.text for option in found["list"].options] == ["A", "B"]
    assert found["list"].options[0].answer == {
        "valueCoding": {"system": "http://c.example", "code": "a", "display": "A"}
    }
    assert found["name"].max_length == 10
    assert found["foods"].open_text
    assert found["pain"].required
    assert not found["smokes"].required


def test_a_hidden_item_is_on_no_page_and_its_initial_value_is_in_the_response() -> None:
    assert "hidden" not in questions()
    assert initial_answers(ALL_TYPES) == {
        "size": [{"valueString": "S"}],
        "hidden": [{"valueString": "kept"}],
        "fixed": [{"valueString": "shown"}],
    }


def test_a_follow_up_is_never_on_the_page_of_its_question() -> None:
    for questionnaire in (ALL_TYPES, *catalogue().questionnaires):
        for page in pages(questionnaire):
            asked = {question.link_id for question in page.questions}
            assert not [element.path for element in page.elements if asked & element.sources]


def test_each_question_is_on_one_page() -> None:
    for questionnaire in catalogue().questionnaires:
        links = [question.link_id for page in pages(questionnaire) for question in page.questions]
        assert len(links) == len(set(links))


def test_the_phq_9_has_three_questions_on_a_page() -> None:
    counts = [len(page.questions) for page in pages(published("phq-9"))]
    assert counts[:3] == [3, 3, 3]


def test_a_moved_group_follows_its_question() -> None:
    moved = pages(published("phq-9"), moved={"safety": "/44260-8"})
    assert [page.questions[-1].link_id for page in moved] == [
        "/44259-0",
        "/44258-2",
        "/44260-8",
        "safe-now",
        "/69722-7",
    ]


def test_an_item_whose_condition_is_not_met_is_not_enabled() -> None:
    instrument = read_instrument(ALL_TYPES)
    assert "per-day" not in enabled_items(instrument, ALL_TYPES, {})
    assert "per-day" not in enabled_items(instrument, ALL_TYPES, {"smokes": [{"valueBoolean": False}]})
    assert "per-day" in enabled_items(instrument, ALL_TYPES, {"smokes": [{"valueBoolean": True}]})


def test_the_items_of_a_response_are_in_the_order_of_the_form_and_in_their_groups() -> None:
    answers: dict[str, Any] = {
        "weight": [{"valueString": "1"}],
        "pain": [{"valueInteger": 3}],
        "per-day": [{"valueInteger": 2}],
    }
    enabled = enabled_items(read_instrument(ALL_TYPES), ALL_TYPES, answers)
    assert list(answered_items(ALL_TYPES, answers, enabled)) == [
        {"linkId": "pain", "text": "How bad is it?", "answer": [{"valueInteger": 3}]},
        {
            "linkId": "group",
            "text": "Your body",
            "item": [{"linkId": "weight", "text": "Weight", "answer": [{"valueString": "1"}]}],
        },
    ]
