"""The page of a patient whose answers cannot be stored is usable by everybody."""

from typing import NoReturn

import pytest
from playwright.sync_api import Browser, expect

from service.issues import Unavailable
from service.usecases.forms import storing
from tests.support.patient_form.browsing import patient_in, violations
from tests.web.patient.conftest import ANSWERS

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_if_the_answers_cannot_be_stored(
    browser: Browser, base: str, axe: str, width: int, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_turn(*arguments: object, **named: object) -> NoReturn:
        raise Unavailable("other requests keep the database")

    with patient_in(browser, base, ANSWERS, width, scheme) as patient:
        patient.open("phq-9")
        patient.begin()
        monkeypatch.setattr(storing, "run_transaction", without_turn)
        patient.answer()
        expect(patient.page.get_by_role("heading", level=1)).to_have_text("This did not work")
        assert violations(patient.page, axe) == []
        assert not patient.is_too_wide()
        monkeypatch.undo()
        patient.page.get_by_role("link", name="Try again").click()
        expect(patient.page.get_by_role("heading", level=1)).to_have_text("Before you start")
