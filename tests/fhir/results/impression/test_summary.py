"""The summary: the worked examples word for word, and its single rules."""

from typing import Any

import pytest

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.r4.types import Resource
from service.usecases.operations.preview import dry_run
from tests.support.building import NOW, context, response, scored, with_total
from tests.support.files import TESTS
from tests.support.responses.shorthand import example_responses, pairs
from tests.support.responses.written import one

EXAMPLES = read_yaml(TESTS / "fhir/results/impression/summaries.yaml")["examples"]
ANSWERED = "2026-11-01T09:00:00Z"
GENDER = {"F": "female", "M": "male"}


def summary_of(*resources: Resource, birth: str | None = None, gender: str | None = None) -> str:
    return str(one(dry_run(resources, context(), NOW, birth, gender), "ClinicalImpression")["summary"])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["patient"])
def test_the_worked_examples(example: dict[str, Any]) -> None:
    birth = f"{2026 - int(pairs(example['answers'])['age'])}-01-01"
    made = example_responses(example["answers"], authored=ANSWERED)
    assert summary_of(*made, birth=birth, gender=GENDER[example["sex"]]) == example["summary"]


class TestHead:
    def test_age_and_sex_are_left_out_when_not_known(self) -> None:
        assert summary_of(scored("gad-7", [0] * 7)).startswith("NO VISIT BY RULES - answered 2026-11-21. ")

    def test_an_age_that_the_birth_date_leaves_open_is_a_range(self) -> None:
        assert summary_of(scored("gad-7", [0] * 7), birth="1980").startswith("NO VISIT BY RULES - 45 to 46, answered")

    def test_a_level_that_only_a_pattern_has_says_so(self) -> None:
        sciatica = {
            "lp-side": ["left"],
            "lp-start": ["low-back"],
            "lp-where": ["thigh-back", "calf"],
            "lp-spread": ["from-back-down"],
            "lp-feel": ["tingling"],
            "lp-duration": ["1-3w"],
            "lp-course": ["steady"],
        }
        assert summary_of(response("leg-pain", sciatica)).startswith("ROUTINE (4 weeks), by pattern - answered")

    def test_what_was_ticked_is_named_in_the_order_of_the_rule(self) -> None:
        ticked = {"lp-illness": ["diabetes", "cancer"], "lp-medicine": ["blood-thinner"]}
        assert " - blood thinner, cancer, diabetes, answered" in summary_of(response("leg-pain", ticked))


class TestFlags:
    def test_flags_that_repeat_others_are_left_out(self) -> None:
        said = summary_of(response("leg-pain", {"lp-alarm": ["fever"]}), with_total("phq-9", 23))
        assert "Same day: fever. " in said
        assert "high PHQ-9" not in said

    def test_a_high_score_is_named_where_no_flag_of_its_level_stands_beside_it(self) -> None:
        statin = {"lp-medicine": ["statin"], "lp-side": ["both-equal"], "lp-feel": ["dull-ache"], "lp-where": ["calf"]}
        said = summary_of(response("leg-pain", {**statin, "lp-duration": ["1-3w"]}), with_total("phq-9", 23))
        assert said.startswith("SOON (7 days) - ")
        assert "Soon: high PHQ or GAD score. " in said

    def test_self_harm_is_first_and_names_the_answer_on_safety(self) -> None:
        unsafe = with_total("phq-9", 5, last=1, answers={"safe-now": ["no"]})
        said = summary_of(response("leg-pain", {"lp-alarm": ["very-ill"]}), unsafe)
        named = "thoughts of death or self-harm (PHQ-9 item 9 = 1, able to stay safe: no)"
        assert f"Emergency: {named}; very ill, faint or confused." in said

    def test_an_open_safety_question_of_the_legs_is_named_likewise(self) -> None:
        made = response("leg-pain", {"lp-alarm": [], "lp-where": ["calf"], "lp-feel": ["numbness"]}, status="stopped")
        items = [item for item in made["item"] if item["linkId"] != "lp-alarm"]
        assert "safety question left open (the safety question)" in summary_of({**made, "item": items})


class TestPatterns:
    def test_under_18_none_is_judged(self) -> None:
        assert "Under 18: no pattern judged. " in summary_of(response("leg-pain"), with_total("phq-9", 3), birth="2014")

    def test_without_the_leg_form(self) -> None:
        assert "No leg answers. PHQ-9 3 (minimal). " in summary_of(with_total("phq-9", 3))


def test_it_never_says_that_no_flag_is_raised() -> None:
    assert "flag" not in summary_of(with_total("phq-9", 3))
