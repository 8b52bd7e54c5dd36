"""The form in Chromium: with and without script, sent once, on paper, within its budget and its time."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from service.fhir.r4.types import Resource
from tests.support.patient_form.browsing import BrowserPatient, patient_in
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
