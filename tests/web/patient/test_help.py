"""Answers that cannot wait: help at once, before more questions, on the page before sending and after it."""

import re

import pytest

from tests.support.patient_form.form_pages import FormPatient
from tests.support.rest import Rest
from tests.web.patient.conftest import ALARM, ANSWERS, ITEM_9, MOOD, SAFE, VISIT
from tests.web.patient.test_visit import answers_in, responses

CHEST = "New chest pain, new trouble breathing, or coughing up blood"
ALARMED = {**ANSWERS, ALARM: [CHEST]}


def in_page_order(text: str, *parts: str) -> bool:
    places = [text.index(part) for part in parts]
    return places == sorted(places)


def test_an_alarm_sign_interrupts_the_form(site: Rest, patient: FormPatient) -> None:
    patient.script = ALARMED
    patient.open(VISIT)
    patient.answer()
    patient.answer()
    assert patient.path == "/forms/help"
    assert patient.page.headings[0] == "Important: Get help now"
    assert "Call 911 now." in patient.page.text
    assert f"You told us: {CHEST}" in patient.page.text
    assert "You do not have to finish this form." in patient.page.text
    (task,) = site.found("Task?patient=example-low-mood")
    assert task["priority"] == "stat"


def test_the_page_that_interrupts_links_only_to_phones_and_onwards(patient: FormPatient) -> None:
    patient.script = ALARMED
    patient.open(VISIT)
    patient.answer()
    patient.answer()
    addresses = [address for address, _ in patient.page.links if address != "#main"]
    assert addresses == ["tel:911"]
    assert [form.action for form in patient.page.forms] == ["/forms/help"]


def test_help_is_shown_once_and_again_before_and_after_sending(patient: FormPatient) -> None:
    patient.script = ALARMED
    patient.open(VISIT)
    patient.go_on()
    assert patient.visited.count("/forms/help") == 1
    assert "Important: Get help now" in patient.page.headings
    patient.send()
    assert patient.page.headings[0] == "Important: Get help now"
    assert in_page_order(patient.page.text, "Call 911 now.", "Thank you. Your answers were sent.")


@pytest.mark.parametrize("answer", ["Several days", "Nearly every day"])
def test_item_9_above_zero_shows_help_and_then_asks_about_safety(site: Rest, patient: FormPatient, answer: str) -> None:
    patient.script = {**ANSWERS, ITEM_9: [answer]}
    patient.open("phq-9")
    for _ in range(3):
        patient.answer()
    assert patient.path == "/forms/help"
    assert [address for address, _ in patient.page.links][1:] == ["tel:911", "tel:988"]
    assert answers_in(responses(site)["phq-9"])["/44260-8"][0]["display"] == answer
    assert site.found("Task?patient=example-low-mood") != []
    patient.leave_help()
    assert SAFE in patient.page.text
    assert "How difficult" not in patient.page.text


def test_the_question_on_safety_is_no_part_of_the_score(site: Rest, patient: FormPatient) -> None:
    patient.script = {**ANSWERS, ITEM_9: ["Several days"], SAFE: ["No"]}
    patient.open("phq-9")
    patient.go_on()
    patient.send()
    found = site.found("Observation?patient=example-low-mood&code=http://loinc.org|44261-6")
    assert [each["valueQuantity"]["value"] for each in found] == [2]


def test_an_alarm_sign_beside_a_wrong_entry_is_not_lost(site: Rest, patient: FormPatient) -> None:
    patient.open("phq-9")
    patient.answer()
    patient.answer()
    form = patient.page.form_to("/page/")
    patient.post(form, [*form.data(), ("q0-7", "99"), ("q0-8", "3")])
    assert patient.path == "/forms/help"
    assert answers_in(responses(site)["phq-9"])["/44260-8"][0]["display"] == "Nearly every day"
    patient.leave_help()
    assert patient.path == "/forms/page/3"


def test_item_9_is_asked_once_more_if_it_is_left_open(patient: FormPatient) -> None:
    patient.script = {question: ["Nearly every day"] for question in MOOD}
    patient.open("phq-9")
    patient.answer()
    patient.answer()
    patient.answer()
    assert patient.status == 422
    assert "You left a question open" in patient.page.headings
    patient.answer()
    assert patient.path != "/forms/page/3"


def test_that_answers_are_not_read_straight_away_is_said_before_and_after(patient: FormPatient) -> None:
    patient.get("/forms/visit/gad-7")
    form = patient.page.form_to("/forms")
    patient.post(form, [("patient", "example-low-mood"), ("forms", "gad-7"), ("language", "en")])
    assert "Your answers are not read straight away." in patient.page.text
    patient.begin()
    patient.go_on()
    assert "Your answers are not read straight away." in patient.page.text
    patient.send()
    assert "They are not read straight away." in patient.page.text


def test_emergency_signs_come_before_the_first_question(patient: FormPatient) -> None:
    patient.get(f"/forms/visit/{VISIT}")
    patient.post(patient.page.form_to("/forms"), [("patient", "example-low-mood"), ("forms", VISIT)])
    assert patient.path == "/forms/start"
    assert in_page_order(patient.page.text, "Call 911 now if:", "a leg gets weaker or you cannot stand", "Who answers")


def test_no_page_shows_a_score_a_weight_or_a_diagnosis(patient: FormPatient) -> None:
    patient.script = {**ANSWERS, **{question: ["Nearly every day"] for question in MOOD}}
    pages = [patient.open(VISIT)]
    while patient.path != "/forms/review":
        pages.append(patient.leave_help() if patient.path == "/forms/help" else patient.answer())
    pages.append(patient.send())
    for page in pages:
        assert not re.search(
            r"(?i)severe|moderate|\bscore|\btotal|\bpoints?\b|itemWeight|you have (a )?depression", page.text
        )


def test_the_last_page_says_what_would_change_this(patient: FormPatient) -> None:
    patient.open(VISIT)
    patient.go_on()
    patient.send()
    headings = patient.page.headings
    assert "What happens next" in headings
    assert "What would change this" in headings
    assert "This is not a diagnosis." in patient.page.text
