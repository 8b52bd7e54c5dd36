"""One visit in two tabs, and one link on two devices, in Chromium: one submission, whoever presses "Send" and when."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page

from service.adapters.database.engine import Database
from tests.support.patient_form.browsing import BrowserPatient, patient_in, served
from tests.support.rest import Clock, Rest
from tests.web.patient.conftest import ANSWERS, link_of, site_on

pytestmark = pytest.mark.browser


@pytest.fixture
def own(sqlite: Database, clock: Clock) -> Rest:
    """The service of one test, without a limit on how often links are opened."""
    return site_on(sqlite, clock, rate_link="")


@pytest.fixture
def own_base(own: Rest) -> Iterator[str]:
    with served(own.app) as address:
        yield address


def follow(patient: BrowserPatient, path: str) -> None:
    """Opens a link by its button."""
    patient.page.goto(f"{patient.base}{path}")
    patient.press()
    assert patient.path == "/forms/start"


def press_together(*pages: Page) -> None:
    """Presses the main button of each page before the answer to another one is there, and waits for all answers."""
    with ExitStack() as answers:
        for page in pages:
            answers.enter_context(page.expect_navigation())
        for page in pages:
            page.locator("form button.primary").evaluate("(button) => button.click()")


def require_one_submission(site: Rest, patient: str) -> None:
    """Fails unless the patient has one response, completed, and one assessment."""
    (only,) = site.found(f"QuestionnaireResponse?patient={patient}")
    assert only["status"] == "completed"
    assert len(site.found(f"ClinicalImpression?patient={patient}")) == 1


@pytest.mark.parametrize("together", [True, False], ids=["together", "one after the other, no script"])
def test_two_tabs_of_a_visit_send_it_once(browser: Browser, own: Rest, own_base: str, together: bool) -> None:
    with patient_in(browser, own_base, ANSWERS, java_script_enabled=together) as first:
        first.open("gad-7")
        first.begin()
        first.go_on()
        second = BrowserPatient(first.page.context.new_page(), own_base)
        second.page.goto(f"{own_base}/forms/review")
        assert second.path == first.path == "/forms/review"
        if together:
            press_together(first.page, second.page)
        else:
            first.save()
            second.save()
        for tab in (first, second):
            tab.page.goto(f"{own_base}/forms/review")
            assert tab.path == "/forms/sent"
    require_one_submission(own, "example-low-mood")


@pytest.mark.parametrize("together", [True, False], ids=["together", "one after the other"])
def test_two_devices_with_one_link_send_it_once(browser: Browser, own: Rest, own_base: str, together: bool) -> None:
    path = link_of(own, "p1")
    with patient_in(browser, own_base, ANSWERS) as phone, patient_in(browser, own_base, ANSWERS, 1280) as desk:
        for device in (phone, desk):
            follow(device, path)
        phone.begin()
        phone.answer()
        desk.begin()
        assert desk.path == "/forms/page/2"
        desk.go_on()
        phone.page.goto(f"{own_base}/forms/review")
        if together:
            press_together(phone.page, desk.page)
        else:
            phone.save()
            desk.save()
        for device in (phone, desk):
            device.page.goto(f"{own_base}/forms/review")
            assert device.path == "/forms/sent"
    require_one_submission(own, "p1")


def test_a_link_that_was_sent_opens_nothing_on_a_third_device(browser: Browser, own: Rest, own_base: str) -> None:
    path = link_of(own, "p1")
    with patient_in(browser, own_base, ANSWERS) as phone:
        follow(phone, path)
        phone.begin()
        phone.go_on()
        phone.save()
        assert phone.path == "/forms/sent"
    with patient_in(browser, own_base, ANSWERS) as another:
        another.page.goto(f"{own_base}{path}")
        assert another.page.locator("form").count() == 0
        assert "No form is open here" in another.page.locator("main").inner_text()
    require_one_submission(own, "p1")
