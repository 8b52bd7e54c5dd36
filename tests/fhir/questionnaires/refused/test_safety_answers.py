"""Safety answers are read from any JSON, as far as anything of it can be read."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from service.fhir.questionnaires.refused.safety_answers import (
    MAX_DEPTH,
    MOST_ELEMENTS,
    ReadAnswer,
    find_safety_answers,
)
from service.screening.instruments.editions import Edition
from service.screening.instruments.typed_value import Coding
from service.usecases.refusals.keep import safety_questions
from tests.support.building import catalogue

ROWS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "answers.yaml").read_text())
ITEM_9 = "PHQ-9 item 9"


def read(resource: Any, edition: Edition | None = None) -> list[ReadAnswer]:
    loaded = catalogue()
    questions = safety_questions(loaded.rules, {name: loaded.instrument(name) for name in loaded.rules.instruments})
    return find_safety_answers(resource, questions, edition, "QuestionnaireResponse")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_what_can_be_read(row: dict[str, Any]) -> None:
    found = read({"item": [row["item"]]})
    texts = row.get("reads") or row.get("zero")
    assert [list(answer.texts) for answer in found] == ([texts] if texts else [])
    assert [(answer.question.name, answer.is_sign) for answer in found] == ([(ITEM_9, "reads" in row)] if texts else [])


def test_the_place_is_that_of_the_danger_sign() -> None:
    answers = [{"valueInteger": 0}, {"valueInteger": 2}]
    (found,) = read({"item": [{"linkId": "x"}, {"linkId": "/44260-8", "answer": answers}]})
    assert found.path == "QuestionnaireResponse.item[1].answer[1]"


def test_alarm_signs_are_read_together() -> None:
    codes = ("lp-alarm.fever", "lp-alarm.bladder-bowel")
    answers = [{"valueCoding": {"code": code}} for code in codes]
    (found,) = read({"item": [{"linkId": "lp-alarm", "answer": answers}]})
    assert (found.question.name, found.chosen, found.is_sign) == ("Alarm sign", frozenset(codes), True)


def test_the_names_and_codes_of_an_edition_are_known() -> None:
    theirs, ours = Coding("http://example.org/often", "b"), Coding("http://loinc.org", "LA6570-1")
    edition = Edition("http://example.org/q", link_ids={"nine": "/44260-8"}, codings={("/44260-8", theirs): ours})
    answer = {"valueCoding": {"system": theirs.system, "code": theirs.code}}
    (found,) = read({"item": [{"linkId": "nine", "answer": [answer]}]}, edition)
    assert (found.question.name, found.texts) == (ITEM_9, ("More than half the days",))


@pytest.mark.parametrize("resource", [None, 1, "x", [], {}, {"item": 1}, {"item": {"item": {"item": None}}}])
def test_content_without_items_has_no_answers(resource: Any) -> None:
    assert read(resource) == []


def test_no_content_is_read_without_end() -> None:
    answered: dict[str, Any] = {"linkId": "/44260-8", "answer": [{"valueInteger": 1}]}
    deep = answered
    for _ in range(MAX_DEPTH + 1):
        deep = {"item": [deep]}
    assert read(deep) == []
    assert len(read(deep["item"][0]["item"][0])) == 1
    assert read({"item": [*[{}] * MOST_ELEMENTS, answered]}) == []
    assert len(read({"item": [*[{}] * (MOST_ELEMENTS - 3), answered]})) == 1
