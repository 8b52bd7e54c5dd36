"""The form in Chromium: with and without script, by keyboard alone, for everybody, within its budget."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from service.fhir.r4.types import Resource
from tests.support.patient_form.browsing import DOUBLED_TEXT, BrowserPatient, patient_in, violations
from tests.support.rest import Rest
from tests.web.patient.conftest import ALARM, ANSWERS, ITEM_9, SAFE, VISIT

pytestmark = pytest.mark.browser

# A patient with signs of danger, who leaves a required question open first.
URGENT = {
    **ANSWERS,
    ALARM: ["A leg became very weak all at once"],
    ITEM_9: ["Several days"],
    SAFE: ["Yes"],
}
WIDTHS = (390, 1280)
SCHEMES = ("light", "dark")
WIRE_BYTES = 25_000


def last_answers(running: Rest) -> list[list[Resource]]:
    """The items of the newest responses of the patient, by form."""
    found = running.found("QuestionnaireResponse?patient=example-low-mood&_sort=-_lastUpdated&_count=3")
    return [each["item"] for each in sorted(found, key=lambda each: str(each["questionnaire"]))]


def complete(patient: BrowserPatient, forms: str = VISIT) -> None:
    patient.open(forms)
    patient.begin()
    patient.go_on()
    patient.save()
    assert patient.path == "/forms/sent"


def test_the_same_patient_gives_the_same_response_with_script_and_without(
    browser: Browser, base: str, running: Rest
) -> None:
    given = []
    for on in (True, False):
        with patient_in(browser, base, URGENT, java_script_enabled=on) as patient:
            complete(patient)
            given.append(last_answers(running))
    assert given[0] == given[1]
    assert len(given[0]) == 3


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


def test_the_drawing_chooses_what_the_list_chooses(browser: Browser, base: str) -> None:
    for on in (True, False):
        with patient_in(browser, base, ANSWERS, java_script_enabled=on) as patient:
            patient.open("leg-pain")
            patient.begin()
            for _ in range(4):
                patient.answer()
            calf = patient.page.locator(".area-calf")
            assert calf.count() == 1
            calf.click()
            expect(patient.page.get_by_role("checkbox", name="Calf", exact=True)).to_be_checked()
            assert calf.evaluate("(path) => getComputedStyle(path).fillOpacity") == "0.78"
            expect(patient.page.locator(".half.muted")).to_have_count(2)
            calf.click()
            expect(patient.page.get_by_role("checkbox", name="Calf", exact=True)).not_to_be_checked()


def test_the_script_keeps_none_of_these_apart(patient: BrowserPatient) -> None:
    patient.open("leg-pain")
    patient.begin()
    patient.answer()
    boxes = patient.page.get_by_role("checkbox")
    patient.choose({ALARM: ["Fever, or shaking with chills"]})
    patient.choose({ALARM: ["None of these"]})
    assert [box.is_checked() for box in boxes.all()].count(True) == 1
    patient.choose({ALARM: ["I feel very ill, faint or confused"]})
    assert [box.is_checked() for box in boxes.all()].count(True) == 1


def test_the_back_button_and_a_double_click_send_once(patient: BrowserPatient, running: Rest) -> None:
    before = len(running.found("ClinicalImpression?patient=example-diabetic-feet"))
    patient.open("gad-7", patient="example-diabetic-feet")
    patient.begin()
    patient.go_on()
    patient.page.locator("button.primary").dblclick()
    patient.page.wait_for_url("**/forms/sent")
    patient.page.go_back()
    patient.page.reload()
    assert patient.path == "/forms/sent"
    assert len(running.found("ClinicalImpression?patient=example-diabetic-feet")) == before + 1


def test_a_visit_asks_no_other_site_and_breaks_no_policy(browser: Browser, base: str) -> None:
    with patient_in(browser, base, URGENT) as patient:
        complete(patient)
        assert [address for address in patient.addresses if not address.startswith(base)] == []
        assert patient.complaints == []


def test_a_visit_takes_at_most_60_requests_of_a_browser(patient: BrowserPatient) -> None:
    complete(patient)
    # Chromium reports a file that it has already as a request too. The choice of the patient is the demo's.
    files = {address for address in patient.addresses if "/static/" in address}
    pages = [address for address in patient.addresses if "/static/" not in address and not address.endswith("/forms")]
    assert len(files) == 3
    assert len(pages) + len(files) <= 60


def test_the_first_pages_are_at_most_25_kb_on_the_wire(browser: Browser, base: str) -> None:
    with patient_in(browser, base, ANSWERS) as patient:
        patient.open(VISIT)
        state: Any = patient.page.context.storage_state()
    with patient_in(browser, base, ANSWERS, storage_state=state) as patient:
        session = patient.page.context.new_cdp_session(patient.page)
        session.send("Network.enable")
        sizes: list[float] = []
        session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        patient.page.goto(f"{base}/forms/start", wait_until="networkidle")
        assert len(sizes) >= 3
        assert sum(sizes) <= WIRE_BYTES


def test_paper_shows_the_answers_and_no_buttons(patient: BrowserPatient) -> None:
    complete(patient, "gad-7")
    expect(patient.page.get_by_role("button", name="Print this page")).to_be_visible()
    patient.page.emulate_media(media="print")
    expect(patient.page.get_by_role("button", name="Print this page")).not_to_be_visible()
    expect(patient.page.get_by_text("This is not a diagnosis.")).to_be_visible()


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


def test_a_warning_before_the_end_of_the_session_extends_it(patient: BrowserPatient) -> None:
    """The clock is that of the page: nothing waits for an hour."""
    page, warning = patient.page, patient.page.get_by_role("alert")
    page.clock.install()
    patient.open("gad-7")
    patient.begin()
    page.clock.fast_forward("54:00")
    expect(warning).to_have_count(0)
    page.clock.fast_forward("01:01")
    expect(warning).to_contain_text("What you have saved stays")
    with page.expect_response("**/forms/extend") as answer:
        page.get_by_role("button", name="Stay on this page").click()
    assert answer.value.status == 204
    expect(warning).to_have_count(0)
    page.clock.fast_forward("55:01")
    expect(warning).to_be_visible()
    assert patient.complaints == []
