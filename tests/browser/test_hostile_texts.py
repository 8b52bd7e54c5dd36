"""W1 of the test plan in Chromium: no text of a form and no answer runs, whatever it is made of.

tests/web/patient/test_form_attacks.py shows for the same texts that they add nothing to a page.
"""

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from service.adapters.database.engine import Database
from service.app import create_app
from service.settings import Settings
from tests.support.patient_form.browsing import BrowserPatient, patient_in, served
from tests.support.patient_form.hostile import HOSTILE, add_peg, put_form_of_texts
from tests.support.rest import Clock

pytestmark = pytest.mark.browser
TEXT_FIELDS = "main input[type=text]:not([inputmode]), main textarea"


@pytest.fixture
def hostile_base(copy: Path, sqlite: Database, clock: Clock) -> Iterator[str]:
    """The address of a service that has a form made of hostile texts."""
    put_form_of_texts(add_peg(copy), HOSTILE)
    settings = Settings(questionnaires=copy / "questionnaires", mappings=copy / "mappings")
    with served(create_app(settings, sqlite, now=clock)) as address:
        yield address


def fill_in(patient: BrowserPatient, texts: Iterator[str]) -> int:
    """Answers what a page asks with the first option, with 1, or with the next texts. How many texts it took."""
    page = patient.page
    for group in page.locator("main fieldset.question").all():
        radios = group.locator("input[type=radio]")
        if radios.count():
            radios.first.check()
    for select in page.locator("main select").all():
        select.select_option(index=1)
    for number in page.locator("main input[inputmode]").all():
        number.fill("1")
    fields = page.locator(TEXT_FIELDS).all()
    for field in fields:
        field.fill(next(texts))
    return len(fields)


def test_no_text_of_a_form_and_no_answer_runs(browser: Browser, hostile_base: str) -> None:
    hits: list[str] = []
    texts, entered, seen = cycle(HOSTILE), 0, 0
    with patient_in(browser, hostile_base, {}) as patient:
        patient.page.context.expose_function("hit", lambda: hits.append(patient.page.url))
        patient.page.on("dialog", lambda dialog: hits.append(dialog.message))
        patient.page.goto(f"{hostile_base}/forms")
        patient.page.evaluate("hit()")
        assert len(hits) == 1, "the canary does not sing"
        hits.clear()
        patient.page.goto(f"{hostile_base}/forms/peg")
        patient.page.locator("input[value='example-low-mood']").check()
        patient.press()
        while patient.path != "/forms/review":
            seen += 1
            assert seen <= 60, (patient.path, patient.page.locator("[role=alert], .error").all_inner_texts())
            if patient.path == "/forms/start":
                patient.begin()
                continue
            entered += fill_in(patient, texts)
            patient.save()
        patient.page.reload()
        assert [address for address in patient.addresses if not address.startswith(hostile_base)] == []
        assert patient.complaints == []
    assert entered > 10
    assert hits == []
