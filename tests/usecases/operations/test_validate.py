"""Validation: no questionnaire makes it fail, and which deviations it accepts."""

import time
from copy import deepcopy
from typing import Any

import pytest

from service.fhir.ids import BASE
from service.fhir.questionnaires.enable_when_expressions import expressions_on
from service.fhir.questionnaires.questionnaire_reader import read_instrument
from service.fhir.questionnaires.supplied_forms import SuppliedForms, supply
from service.fhir.r4.types import Resource
from service.fhir.terminology.value_set_membership import TerminologyResources
from service.issues import Issue, Malformed, Unprocessable
from service.screening.instruments.instrument import Expression
from service.usecases.operations.validate import validate, validate_questionnaire
from service.usecases.responses.prepare import check_submission
from tests.support.building import NOW, catalogue, context, response, scored
from tests.support.responses.written import bundle_of, written

CORE = "http://hl7.org/fhir/StructureDefinition"


def refused(resource: Resource) -> list[Issue]:
    with pytest.raises(Unprocessable) as caught:
        check_submission(resource, context(), NOW)
    return caught.value.issues


class TestSubmissions:
    """Every submission passes the same check; only what a decision calls tolerable is let through with a warning."""

    def test_items_out_of_order_are_a_warning(self) -> None:
        resource = scored("phq-9", [0] * 9)
        resource["item"].append(resource["item"].pop(0))
        assert [fault.severity for fault in validate(resource, catalogue(), SuppliedForms(), NOW).issues] == ["error"]
        _, warnings = check_submission(resource, context(), NOW)
        assert [(fault.severity, fault.path) for fault in warnings] == [("warning", "QuestionnaireResponse.item[8]")]

    def test_another_text_is_a_warning(self) -> None:
        resource = scored("phq-9", [0] * 9)
        resource["item"][0]["text"] = "Another question"
        _, warnings = check_submission(resource, context(), NOW)
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

    def test_an_option_chosen_twice_is_used_once(self) -> None:
        resource = response("leg-pain", {"lp-any": ["no"], "lp-alarm": ["fever", "fever"]}, rest="blank")
        _, warnings = check_submission(resource, context(), NOW)
        assert [warning.code for warning in warnings] == ["business-rule"]
        ids = [observation["id"] for observation in written(bundle_of(resource), "Observation")]
        assert len(ids) == len(set(ids))


class TestForms:
    def test_the_published_forms_are_valid(self) -> None:
        for form in catalogue().questionnaires:
            verdict = validate_questionnaire(form, supply([], catalogue(), trusted=True))
            assert (verdict.issues, verdict.complete) == ([], True)

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
        verdict = validate(resource, catalogue(), SuppliedForms())
        assert not verdict.valid
        read_instrument(form)

    def test_what_is_supplied_must_have_the_structure_of_its_type(self) -> None:
        with pytest.raises(Malformed) as caught:
            supply([{"resourceType": "ValueSet"}, {"resourceType": "Patient"}])
        assert caught.value.issues

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
        verdict = validate(resource, catalogue(), SuppliedForms())
        assert time.perf_counter() - start < 1
        # The pattern is matched by RE2, and not met; the expression is not evaluated.
        assert (verdict.valid, verdict.complete) == (False, False)


def test_a_fragment_leads_only_to_what_is_contained() -> None:
    below = TerminologyResources([{"resourceType": "ValueSet", "id": "v", "status": "active"}])
    assert below.find("ValueSet", "#v") is not None
    assert TerminologyResources(below=below).find("ValueSet", "#v") is None


def test_judging_an_expression_leaves_the_response_as_it_was() -> None:
    resource = scored("phq-9", [1] * 9)
    before = deepcopy(resource)
    expression = Expression("text/fhirpath", "%resource.item.answer.value.exists()")
    assert expressions_on(resource)(expression, "QuestionnaireResponse.item[0]") is True
    assert resource == before
