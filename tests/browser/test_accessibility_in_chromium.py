"""The form in Chromium for everybody: axe-core, keyboard, names, focus, sizes, dark mode, other languages."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_form_in_chromium import URGENT
from tests.support.patient_form.browsing import DOUBLED_TEXT, BrowserPatient, patient_in, violations
from tests.support.rest import Rest
from tests.web.patient.conftest import VISIT

pytestmark = pytest.mark.browser
WIDTHS = (390, 1280)
SCHEMES = ("light", "dark")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_in_any_state(browser: Browser, base: str, axe: str, width: int, scheme: str) -> None:
    with patient_in(browser, base, URGENT, width, scheme) as patient:
        found: dict[str, Any] = {}

        def check(state: str) -> None:
            found[state] = violations(patient.page, axe)
            assert not patient.is_too_wide(), state

        patient.page.goto(f"{base}/forms")
        check("demo")
        patient.open(VISIT)
        check("start")
        patient.save()
        check("error at the start")
        patient.begin()
        check("first page")
        patient.save()
        check("error")
        patient.choose()
        check("filled")
        patient.save()
        patient.answer()
        assert patient.path == "/forms/help"
        check("interruption")
        patient.save()
        patient.choose({"Which leg?": []})
        patient.save()
        check("asked once more")
        patient.answer()
        check("drawing")
        patient.choose({"Where on your body": ["Thigh", "Feet or toes"]})
        check("drawing, filled")
        patient.go_on()
        check("review")
        patient.save()
        assert patient.path == "/forms/sent"
        check("sent")
        assert {state: each for state, each in found.items() if each} == {}
        assert patient.complaints == []


def test_the_whole_form_works_by_keyboard_alone(patient: BrowserPatient, running: Rest) -> None:
    page = patient.page
    patient.open("gad-7")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the questions"
    for _ in range(9):
        if page.evaluate("document.activeElement.name") == "who":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    press_button(patient)
    for questions in (3, 3, 1):
        for _ in range(questions):
            for _ in range(12):
                page.keyboard.press("Tab")
                if page.evaluate("document.activeElement.type === 'radio' && !document.activeElement.checked"):
                    break
            page.keyboard.press("Space")
            page.keyboard.press("ArrowDown")
        press_button(patient)
    assert patient.path == "/forms/review"
    press_button(patient)
    assert patient.path == "/forms/sent"
    newest = running.found("QuestionnaireResponse?patient=example-low-mood&_sort=-_lastUpdated&_count=1")[0]
    assert [item["answer"][0]["valueCoding"]["display"] for item in newest["item"]] == ["Several days"] * 7


def press_button(patient: BrowserPatient) -> None:
    """Goes to the main button by Tab, and presses it."""
    for _ in range(60):
        patient.page.keyboard.press("Tab")
        if patient.page.evaluate("document.activeElement.className") == "primary":
            with patient.page.expect_navigation():
                patient.page.keyboard.press("Enter")
            return
    raise AssertionError(patient.path)


def test_each_group_has_the_name_of_its_question(patient: BrowserPatient) -> None:
    patient.open("leg-pain")
    patient.begin()
    patient.answer()
    patient.answer()
    expect(patient.page.get_by_role("group", name="Which leg?")).to_be_visible()
    assert 'group "Which leg?"' in patient.page.locator("main").aria_snapshot()
    patient.answer()
    group = patient.page.get_by_role("group", name="Where on your body did it start?")
    expect(group.get_by_role("checkbox", name="Thigh", exact=True)).to_have_count(1)


def test_the_summary_of_errors_has_the_focus_and_leads_to_the_field(patient: BrowserPatient) -> None:
    patient.open("leg-pain")
    patient.begin()
    patient.save()
    expect(patient.page.locator("#summary")).to_be_focused()
    assert patient.page.title().startswith("Error: ")
    patient.page.locator("#summary a").click()
    expect(patient.page.locator("#q0-0-0")).to_be_focused()


def test_focus_is_visible_on_every_kind_of_control(patient: BrowserPatient) -> None:
    patient.open("gad-7")
    patient.begin()
    page = patient.page
    for _ in range(6):
        page.keyboard.press("Tab")
        styles = page.evaluate(
            "[document.activeElement, document.activeElement.nextElementSibling].filter(Boolean)"
            ".map((each) => getComputedStyle(each).outlineStyle)"
        )
        assert "solid" in styles, page.evaluate("document.activeElement.outerHTML")


def test_targets_are_at_least_48_pixels_high(patient: BrowserPatient) -> None:
    patient.open("leg-pain")
    small = []
    for step in range(4):
        boxes = patient.page.locator(".choice label, button.primary, .back").all()
        heights = [box.bounding_box() for box in boxes]
        small += [(step, box["height"]) for box in heights if box is not None and box["height"] < 48]
        patient.begin() if step == 0 else patient.answer()
    assert small == []


@pytest.mark.parametrize("forms", ["leg-pain", "phq-9"])
def test_nothing_scrolls_sideways_at_320_pixels_and_with_doubled_text(browser: Browser, base: str, forms: str) -> None:
    with patient_in(browser, base, URGENT, 320) as patient:
        patient.open(forms)
        wide = []
        while True:
            if patient.is_too_wide():
                wide.append(patient.path)
            patient.page.evaluate(DOUBLED_TEXT)
            if patient.is_too_wide():
                wide.append(f"{patient.path} doubled")
            if patient.path == "/forms/sent":
                break
            if patient.path == "/forms/start":
                patient.begin()
            elif patient.path.startswith("/forms/page"):
                patient.answer()
            else:
                patient.save()
        assert wide == []


def test_dark_mode_follows_the_system(browser: Browser, base: str) -> None:
    colours = []
    for scheme in SCHEMES:
        with patient_in(browser, base, {}, scheme=scheme) as patient:
            patient.page.goto(f"{base}/forms")
            colours.append(patient.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert colours == ["rgb(247, 246, 242)", "rgb(17, 25, 28)"]


def test_spanish_is_spanish_and_right_to_left_is_right_to_left(patient: BrowserPatient) -> None:
    patient.open("leg-pain", "es")
    assert patient.page.locator("html").get_attribute("lang") == "es"
    patient.page.locator("input[value=self]").check()
    patient.page.locator("main button.primary").click()
    expect(patient.page.get_by_role("group", name="En las últimas 4 semanas")).to_be_visible()
    patient.page.goto(f"{patient.base}/forms?lang=ar-XB")
    assert patient.page.locator("html").get_attribute("dir") == "rtl"
    assert not patient.is_too_wide()
