"""The page of the patient: whole pages by hand, open Tasks, the numbers of the operator."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.r4.types import Resource
from service.screening.advice.contacts import Contacts, may_be_offered
from service.screening.advice.page_case import EarlierTask
from service.screening.advice.patient_advice import PatientAdvice
from service.screening.advice.patient_page import for_patient
from service.screening.rules.urgency import Urgency
from tests.screening.advice.test_advice import ADVICE, act, all_texts, page, page_of, texts_of
from tests.support.building import catalogue, response, scored, with_total

PAGES = read_yaml(Path(__file__).parent / "pages.yaml")
NUMBERS = Contacts("116 123", "999", "85258", "18000")


def resources(case: dict[str, Any]) -> Iterator[Resource]:
    if "legs" in case:
        yield response("leg-pain", case["legs"], rest=case.get("rest", "none"))
    for name in ("phq-9", "gad-7"):
        if name in case:
            entry = case[name]
            answers = {"safe-now": [entry["safe-now"]]} if "safe-now" in entry else {}
            yield with_total(name, entry["total"], last=entry["last"], answers=answers)


def printed(page: PatientAdvice) -> list[str]:
    """Headings, texts and entries of a page, in order."""
    shown = []
    for block in page.blocks:
        shown += [block.heading] if block.heading else []
        for line in block.lines:
            shown += [line.text, *(f"- {entry}" for entry in line.entries)]
    return shown


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_word_for_word_that_of_the_knowledge_base(name: str) -> None:
    case = PAGES[name]
    made = printed(page_of(act(*resources(case), age=case.get("age"))))
    assert made[: len(case["starts"])] == case["starts"] if "starts" in case else made == case["page"]


def test_under_each_reason_are_the_answers_behind_it() -> None:
    made = page({"lp-alarm": ["cold-foot"], "lp-feel": ["cold"]})
    told = [(reason.subject, reason.values) for line in made.block("why") for reason in line.told]
    assert ("lp-alarm", ("lp-alarm.cold-foot",)) in told


@pytest.mark.parametrize(
    ("alarm", "start"),
    [("bladder-bowel", "Go to an emergency department now."), ("cold-foot", "Call"), ("chest-breath", "Call")],
)
def test_an_emergency_says_to_go_or_to_call_by_its_flags(alarm: str, start: str) -> None:
    assert texts_of(page({"lp-alarm": [alarm]}), "emergency")[0].startswith(start)


def test_at_most_three_reasons_are_named_and_the_others_still_say_what_to_do() -> None:
    alarms = ["chest-breath", "cold-foot", "very-ill", "sudden-weak", "bladder-bowel", "foot-sore", "fever"]
    made = page({"lp-alarm": alarms, "lp-illness": ["chemo"]})
    assert [line.told[0].values for line in made.block("why")] == [
        ("lp-alarm.chest-breath",),
        ("lp-alarm.sudden-weak",),
        ("lp-alarm.cold-foot",),
    ]
    assert "Cover the sore and keep weight off it." in texts_of(made, "until-then")
    assert any(text.startswith("If you had cancer drugs in the last 6 weeks") for text in texts_of(made, "until-then"))
    assert "Do not drive if a leg is weak or numb." in texts_of(made, "until-then")


def test_a_leg_that_may_break_is_not_put_weight_on() -> None:
    hip = {"lp-illness": ["cancer"], "lp-where": ["hip-joint"], "lp-worse": ["walking"], "lp-impact": ["a-lot"]}
    made = page({**hip, "lp-duration": ["1-3w"], "lp-side": ["left"], "lp-course": ["steady"]})
    assert "Put as little weight on the leg as you can." in texts_of(made, "until-then")


def test_nobody_reads_twice_that_mood_is_worth_talking_about() -> None:
    made = page({"lp-any": ["no"]}, with_total("phq-9", 23), with_total("gad-7", 12))
    assert [text for text in texts_of(made, "mood") if "worth talking" in text] == [
        ADVICE.flags["mood-severe"].patient[Urgency.SOON]
    ]


@pytest.mark.parametrize(("weights", "block"), [([2] * 6, "self-harm"), ([1], "why")])
def test_an_item_9_left_open_is_named(weights: list[int], block: Any) -> None:
    filled = [*weights, *[None] * (9 - len(weights))]
    made = page_of(act(scored("phq-9", filled, status="stopped")))
    assert [text for text in texts_of(made, block) if "better off dead" in text]
    assert all_texts(made).count("better off dead") == 1
    assert made.block("call-now")[0].entries[0].startswith("you may act on thoughts of hurting yourself")


TASK = EarlierTask("2026-11-01", Urgency.EMERGENCY, about_self_harm=False)
HARM = EarlierTask("2026-11-02", Urgency.SAME_DAY, about_self_harm=True)


def test_an_open_task_takes_the_place_of_no_visit_needed() -> None:
    made = page_of(act(response("leg-pain", {"lp-any": ["no"]})), TASK)
    assert texts_of(made, "visit") == [
        "On 2026-11-01 you told us about something that needs help now. If nobody has seen you since then, get that "
        "help now. Call your local emergency number if you cannot get there."
    ]
    assert made.block("self-care") == ()


def test_an_open_task_about_self_harm_names_the_crisis_line_unless_item_9_does() -> None:
    made = page_of(act(response("leg-pain", {"lp-any": ["no"]})), HARM)
    assert texts_of(made, "visit")[0].endswith("Call your local crisis line at any time.")
    again = act(with_total("phq-9", 6, last=1, answers={"safe-now": ["yes"]}))
    assert "2026-11-02" not in all_texts(page_of(again, HARM))


def test_an_open_task_is_not_named_beside_an_emergency() -> None:
    assert "2026-11-01" not in all_texts(page_of(act(response("leg-pain", {"lp-alarm": ["cold-foot"]})), TASK))


def test_the_numbers_of_the_operator_are_in_every_text_that_names_them() -> None:
    harm = with_total("phq-9", 6, last=3, answers={"safe-now": ["yes"]})
    made = all_texts(for_patient(act(harm).assessment, ADVICE, NUMBERS))
    assert "Call 999 now if you have hurt yourself" in made
    assert "call 116 123 now. If you cannot speak, text 85258 or ask someone to call." in made
    cold = act(response("leg-pain", {"lp-alarm": ["cold-foot"]}))
    made = all_texts(for_patient(cold.assessment, ADVICE, NUMBERS))
    assert "If you cannot speak or hear on the phone: 18000, or ask someone to call." in made
    assert "your local" not in made


@pytest.mark.parametrize(
    ("contacts", "offered"),
    [(Contacts(), False), (Contacts("116 123"), False), (Contacts(None, "999"), False), (NUMBERS, True)],
)
def test_the_phq_9_is_offered_to_patients_only_with_a_crisis_line_and_an_emergency_number(
    contacts: Contacts, offered: bool
) -> None:
    rules = catalogue().rules.instruments
    assert may_be_offered(rules["phq-9"], contacts) is offered
    assert may_be_offered(rules["leg-pain"], contacts)
