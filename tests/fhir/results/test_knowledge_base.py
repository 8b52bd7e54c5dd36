"""What is built at start, so that the first patient waits no longer than the second."""

from dataclasses import fields

from service.fhir.results.knowledge_base import KnowledgeBase
from service.screening.rules.urgency import Urgency
from tests.support.building import catalogue, context


def test_the_next_steps_of_every_flag_and_pattern_are_there_before_the_first_request() -> None:
    knowledge, advice = context().knowledge, catalogue().advice
    built = {field.name: vars(knowledge)[field.name] for field in fields(KnowledgeBase) if not field.init}
    assert {name: set(steps) for name, steps in built.items()} == {
        "flag_steps": set(advice.flags),
        "pattern_steps": set(advice.patterns),
    }


def test_next_steps_contain_the_comment_and_the_steps_that_belong_in_the_record() -> None:
    steps, advice = context().knowledge.flag_steps["fever"][Urgency.EMERGENCY], catalogue().advice.flags["fever"]
    comment, *parts = steps.extension["extension"]
    assert comment == {"url": "comment", "valueString": advice.clinician[Urgency.EMERGENCY]}
    assert [part["extension"][0]["valueString"] for part in parts] == [
        step.text for step in advice.steps_at(Urgency.EMERGENCY) if step.for_record
    ]


def test_an_emergency_is_assessed_now_and_a_flag_of_the_same_day_today() -> None:
    by_level = context().knowledge.flag_steps["fever"]
    assert "Emergency assessment now" in by_level[Urgency.EMERGENCY].text
    assert "Assessment today" not in by_level[Urgency.EMERGENCY].text
    assert "Assessment today" in by_level[Urgency.SAME_DAY].text
    assert "now" not in by_level[Urgency.SAME_DAY].text
