"""The published forms: what the issue promises about them, and that other engines can compute the totals."""

from itertools import product
from typing import Any

import pytest
from fhirpathpy import evaluate
from fhirpathpy.models import models

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.ids import BASE
from service.fhir.questionnaires.questionnaire_reader import (
    ITEM_WEIGHT,
    OPTION_EXCLUSIVE,
    ORDINAL_VALUE,
    first_extension_value,
)
from service.fhir.r4.types import Resource
from service.screening.instruments.instrument import walk_items
from tests.support.building import FREQUENCY, catalogue, scored
from tests.support.files import ROOT

FORMS = {form["id"]: form for form in catalogue().questionnaires}
SCORED = ("phq-9", "gad-7", "phq-2", "gad-2", "phq-4", "phq-8")
CALCULATED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"


def url_id(form: Resource) -> str:
    """The name that every version of a form has in common."""
    return str(form["url"]).removeprefix(f"{BASE}/Questionnaire/")


def items_of(form: Resource) -> list[Resource]:
    found = []
    for item in form.get("item", []):
        found += [item, *items_of(item)]
    return found


def item(form: str, link_id: str) -> Resource:
    return next(i for i in items_of(FORMS[form]) if i["linkId"] == link_id)


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_form_says_who_it_is(name: str) -> None:
    form = FORMS[name]
    assert name in (url_id(form), f"{url_id(form)}-{form['version']}")
    for element in ("version", "name", "title", "status", "date", "publisher", "description", "purpose", "copyright"):
        assert form[element]
    assert form["subjectType"] == ["Patient"]
    assert form["code"]


@pytest.mark.parametrize("name", SCORED)
def test_an_instrument_carries_its_notices_and_where_it_is_derived_from(name: str) -> None:
    assert "No permission required to reproduce, translate, display or distribute." in FORMS[name]["copyright"]
    assert "LOINC" in FORMS[name]["copyright"]
    assert FORMS[name]["derivedFrom"][0].startswith("http://loinc.org/q/")
    assert not any(i.get("required") for i in items_of(FORMS[name]))


def test_the_items_of_the_phq_9_stand_in_the_order_of_us_core_with_the_safety_question_last() -> None:
    order = [i["linkId"] for i in FORMS["phq-9"]["item"]]
    loinc = "44250-9 44255-8 44259-0 44254-1 44251-7 44258-2 44252-5 44253-3 44260-8 44261-6 69722-7"
    assert order == ["phq-9-lead-in", *(f"/{code}" for code in loinc.split()), "safety"]


def test_the_items_of_the_gad_7_are_those_of_loinc() -> None:
    order = [i["linkId"] for i in FORMS["gad-7"]["item"]]
    loinc = "69725-0 68509-9 69733-4 69734-2 69735-9 69689-8 69736-7 70274-6"
    assert order == ["gad-7-lead-in", *(f"/{code}" for code in loinc.split())]


def test_each_scored_option_has_both_weights() -> None:
    for name in SCORED:
        for link_id in catalogue().rules.instruments[name].scores[0].summands:
            options = item(name, link_id)["answerOption"]
            assert [first_extension_value(option, ITEM_WEIGHT) for option in options] == [0, 1, 2, 3]
            assert [first_extension_value(option, ORDINAL_VALUE) for option in options] == [0, 1, 2, 3]


@pytest.mark.parametrize(("form", "count"), [("leg-pain", 30), ("leg-pain-1.0.0", 27)])
def test_the_leg_pain_form_has_its_questions_of_which_two_are_required(form: str, count: int) -> None:
    questions = [i for i in items_of(FORMS[form]) if i["type"] == "choice"]
    assert len(questions) == count
    assert [i["linkId"] for i in questions if i["required"]] == ["lp-any", "lp-alarm"]
    assert len(item(form, "lp-details")["item"]) == count - 2


def test_no_question_is_a_boolean() -> None:
    assert {i["type"] for form in FORMS.values() for i in items_of(form)} == {"choice", "group", "display", "decimal"}


def test_none_of_these_stands_alone_wherever_several_may_be_chosen_and_nowhere_else() -> None:
    exclusive = {
        i["linkId"]: [o["valueCoding"]["code"] for o in i["answerOption"] if first_extension_value(o, OPTION_EXCLUSIVE)]
        for i in items_of(FORMS["leg-pain"])
        if i["type"] == "choice"
    }
    without = {"lp-start", "lp-where", "lp-spread"}
    for question in items_of(FORMS["leg-pain"]):
        if question["type"] == "choice":
            several = question["repeats"] and question["linkId"] not in without
            assert exclusive[question["linkId"]] == ([f"{question['linkId']}.none"] if several else [])


def test_a_linkid_stands_once_and_every_condition_points_to_one_before_it() -> None:
    for form in FORMS.values():
        seen: set[str] = set()
        for each in items_of(form):
            assert each["linkId"] not in seen
            assert {condition["question"] for condition in each.get("enableWhen", [])} <= seen
            seen.add(each["linkId"])


def test_the_pinned_wording_of_the_safety_item() -> None:
    expected = "Thoughts that you would be better off dead, or of hurting yourself in some way"
    assert item("phq-9", "/44260-8")["text"] == expected


def expression(name: str) -> Any:
    total = catalogue().rules.instruments[name].scores[0].item
    return first_extension_value(item(name, total), CALCULATED)["expression"]


def calculated(name: str, weights: list[int | None]) -> list[Any]:
    resource = scored(name, weights)
    found: list[Any] = evaluate(resource, expression(name), {"resource": resource}, models["r4"])
    return found


@pytest.mark.parametrize("name", SCORED)
def test_the_published_expression_computes_the_total_in_another_engine(name: str) -> None:
    count = len(catalogue().rules.instruments[name].scores[0].summands)
    for start in range(4):
        weights: list[int | None] = [(start + index) % 4 for index in range(count)]
        assert calculated(name, weights) == [sum(w or 0 for w in weights)]
    assert calculated(name, [0] * count) == [0]
    assert calculated(name, [3] * count) == [3 * count]


@pytest.mark.parametrize(
    ("name", "open_item"),
    [*product(["phq-9", "phq-8", "gad-7"], [0, 6]), *product(["phq-2", "gad-2", "phq-4"], [0, 1])],
)
def test_the_published_expression_gives_nothing_while_an_item_is_open(name: str, open_item: int) -> None:
    count = len(catalogue().rules.instruments[name].scores[0].summands)
    assert calculated(name, [None if index == open_item else 1 for index in range(count)]) == []


def test_every_loinc_answer_is_one_of_the_answer_list() -> None:
    for name in SCORED:
        rule = catalogue().rules.instruments[name].scores[0]
        instrument = catalogue().newest[FORMS[name]["url"]]
        for question in walk_items(instrument.items):
            if question.link_id in rule.summands:
                assert tuple(question.option_of) == FREQUENCY


def test_every_version_row_of_the_mappings_names_an_active_form() -> None:
    for name in (*SCORED, "leg-pain"):
        mapping = read_yaml(ROOT / f"mappings/{name}.yaml")
        assert mapping["questionnaire"] in catalogue().newest
