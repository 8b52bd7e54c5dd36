"""What validation does at its doors: nothing that a form may hold makes it fail, and what it takes in its stride."""

import time
from copy import deepcopy
from typing import Any

import pytest

from service.fhir.expressions import expressions_on
from service.fhir.ids import BASE
from service.fhir.intake import prepare
from service.fhir.questionnaires import read_instrument
from service.fhir.reading import Resource
from service.fhir.valuesets import Terms
from service.screening.faults import Fault, Malformed, Unacceptable
from service.screening.instrument import Expression
from service.validate import Supplied, supply, validate, validate_questionnaire
from tests.building import NOW, catalogue, desk, response, scored

CORE = "http://hl7.org/fhir/StructureDefinition"


def refused(resource: Resource) -> list[Fault]:
    with pytest.raises(Unacceptable) as caught:
        prepare(resource, desk(), NOW)
    return caught.value.faults


class TestSubmissions:
    """Every submission passes the same check; only what a decision calls tolerable is let through with a warning."""

    def test_items_out_of_order_are_a_warning(self) -> None:
        resource = scored("phq-9", [0] * 9)
        resource["item"].append(resource["item"].pop(0))
        assert [fault.severity for fault in validate(resource, catalogue(), Supplied(), NOW).faults] == ["error"]
        _, warnings = prepare(resource, desk(), NOW)
        assert [(fault.severity, fault.path) for fault in warnings] == [("warning", "QuestionnaireResponse.item[8]")]

    def test_another_text_is_a_warning(self) -> None:
        resource = scored("phq-9", [0] * 9)
        resource["item"][0]["text"] = "Another question"
        _, warnings = prepare(resource, desk(), NOW)
        assert [(fault.severity, fault.path) for fault in warnings] == [
            ("warning", "QuestionnaireResponse.item[0].text")
        ]

    def test_a_modifier_at_depth_is_refused(self) -> None:
        resource = scored("phq-9", [0] * 9)
        resource["item"][3]["modifierExtension"] = [{"url": "http://example.org/not", "valueBoolean": True}]
        assert [fault.path for fault in refused(resource)] == ["QuestionnaireResponse.item[3].modifierExtension"]

    def test_a_form_that_the_response_brings_is_refused(self) -> None:
        form = {"resourceType": "Questionnaire", "id": "f", "status": "active"}
        resource = {**scored("phq-9", [0] * 9), "questionnaire": "#f", "contained": [form]}
        assert [(fault.code, fault.path) for fault in refused(resource)] == [
            ("not-found", "QuestionnaireResponse.questionnaire")
        ]

    def test_another_version_is_told_from_an_unknown_form(self) -> None:
        resource = scored("phq-9", [0] * 9, questionnaire=f"{BASE}/Questionnaire/phq-9|9.9.9")
        assert "version" in refused(resource)[0].text
        resource = scored("phq-9", [0] * 9, questionnaire="http://example.org/q|1")
        assert "version" not in refused(resource)[0].text

    def test_an_option_chosen_twice_is_refused(self) -> None:
        resource = response("leg-pain", {"lp-any": ["no"], "lp-alarm": ["fever", "fever"]}, rest="blank")
        assert [fault.code for fault in refused(resource)] == ["invariant"]


class TestForms:
    def test_the_published_forms_are_valid(self) -> None:
        for form in catalogue().questionnaires:
            verdict = validate_questionnaire(form, supply([], catalogue(), trusted=True))
            assert (verdict.faults, verdict.complete) == ([], True)

    @pytest.mark.parametrize(
        "item",
        [
            {"answerOption": [{"_valueString": {"extension": [{"url": "http://x", "valueCode": "a"}]}}]},
            {
                "answerOption": [
                    {"valueString": "a", "extension": [{"url": f"{CORE}/ordinalValue", "valueString": "b"}]}
                ]
            },
            {"extension": [{"url": f"{CORE}/questionnaire-unit", "valueString": "kg"}]},
            {"extension": [{"url": f"{CORE}/regex", "valueInteger": 3}]},
            {"extension": [{"url": f"{CORE}/questionnaire-maxOccurs", "valueBoolean": True}]},
            {"initial": [{"_valueString": {"extension": [{"url": "http://x", "valueCode": "a"}]}}]},
            {"enableWhen": [{"question": "q", "operator": "="}]},
        ],
    )
    def test_odd_forms_are_told_and_never_fail(self, item: Resource) -> None:
        form = {
            "resourceType": "Questionnaire",
            "id": "f",
            "status": "active",
            "item": [{"linkId": "q", "type": "string"}, {"linkId": "x", "type": "choice", **item}],
        }
        answers = [{"linkId": "x", "answer": [{"valueString": "own words"}]}]
        resource = {**scored("phq-9", [0] * 9), "questionnaire": "#f", "contained": [form], "item": answers}
        verdict = validate(resource, catalogue(), Supplied())
        assert not verdict.valid
        read_instrument(form)

    def test_what_is_supplied_must_have_the_structure_of_its_type(self) -> None:
        with pytest.raises(Malformed) as caught:
            supply([{"resourceType": "ValueSet"}, {"resourceType": "Patient"}])
        assert caught.value.faults

    def test_a_strangers_expression_and_pattern_cannot_hold_us_up(self) -> None:
        url = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression"
        endless = {"language": "text/fhirpath", "expression": "repeat($this | %resource.repeat($this))"}
        item = {
            "linkId": "q",
            "type": "string",
            "extension": [
                {"url": url, "valueExpression": endless},
                {"url": f"{CORE}/regex", "valueString": "(a|aa)+b"},
            ],
        }
        form: Any = {"resourceType": "Questionnaire", "id": "f", "status": "active", "item": [item]}
        answers = [{"linkId": "q", "answer": [{"valueString": "a" * 5000}]}]
        resource = {**scored("phq-9", [0] * 9), "questionnaire": "#f", "contained": [form], "item": answers}
        start = time.perf_counter()
        verdict = validate(resource, catalogue(), Supplied())
        assert time.perf_counter() - start < 1
        assert (verdict.valid, verdict.complete) == (True, False)


def test_a_fragment_leads_only_to_what_is_contained() -> None:
    below = Terms([{"resourceType": "ValueSet", "id": "v", "status": "active"}])
    assert below.find("ValueSet", "#v") is not None
    assert Terms(below=below).find("ValueSet", "#v") is None


def test_judging_an_expression_leaves_the_response_as_it_was() -> None:
    resource = scored("phq-9", [1] * 9)
    before = deepcopy(resource)
    expression = Expression("text/fhirpath", "%resource.item.answer.value.exists()")
    assert expressions_on(resource)(expression, "QuestionnaireResponse.item[0]") is True
    assert resource == before
