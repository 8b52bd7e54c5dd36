"""A patient who prefers not to say: the page says so, is usable by everybody, and lets the patient think again."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.support.patient_form.browsing import BrowserPatient, patient_in, violations
from tests.web.patient.conftest import ANSWERS, VISIT

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_a_question_that_is_declined(
    browser: Browser, base: str, axe: str, width: int, scheme: str
) -> None:
    with patient_in(browser, base, ANSWERS, width, scheme) as patient:
        open_item_9(patient)
        found: dict[str, Any] = {"offered": violations(patient.page, axe)}
        with patient.page.expect_navigation():
            patient.page.locator("button[name=decline]").first.click()
        expect(patient.page.get_by_text("You chose: Prefer not to say.")).to_be_visible()
        found["declined"] = violations(patient.page, axe)
        assert not patient.is_too_wide()
        with patient.page.expect_navigation():
            patient.page.locator("button[name=clear]").first.click()
        expect(patient.page.get_by_text("You chose: Prefer not to say.")).to_have_count(0)
        found["cleared"] = violations(patient.page, axe)
        assert {state: each for state, each in found.items() if each} == {}
        assert patient.complaints == []


def open_item_9(patient: BrowserPatient) -> None:
    """Answers page after page until the patient is asked about self-harm."""
    patient.open(VISIT)
    patient.begin()
    for _ in range(60):
        if patient.page.locator("button[name=decline]").count():
            return
        patient.answer()
    raise AssertionError(patient.path)
