"""Attacks on the patients' form in Chromium: W1, W8 and the forged forms of W4 of the test plan.

A script that runs is counted by `hit`, which the addresses call. With the policy of the pages turned off, nothing
but the escaping is left to stop it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.support.patient_form.browsing import patient_in, served
from tests.support.rest import Rest
from tests.web.patient.conftest import ANSWERS

pytestmark = pytest.mark.browser

COUNT_HITS = "window.hits = 0; window.hit = () => { window.hits += 1; };"
ADD_SCRIPT = """() => {
  const line = document.createElement("p"), script = document.createElement("script");
  line.setAttribute("onclick", "hit()");
  script.textContent = "hit()";
  document.body.append(line, script);
}"""
# What no page of the form has: elements that run or load something, and attributes that do.
FOREIGN = """() => [...document.querySelectorAll("*")].filter((each) =>
  each.matches("img, iframe, object, embed, math, video, audio, details, base, style, marquee, meta[http-equiv]")
  || each.matches("script:not([src])")
  || [...each.attributes].some(({ name, value }) => name.startsWith("on")
    || (["href", "src", "action", "formaction"].includes(name) && !/^[/#]/.test(value)))
).map((each) => each.outerHTML)"""


def run_and_foreign(page: Page) -> list[str]:
    """What ran on a page, and what it has that no page of ours has."""
    hits = page.evaluate("window.hits")
    found: list[str] = page.evaluate(FOREIGN)
    return [*([f"{hits} hits"] if hits else []), *found]


def test_what_runs_and_what_is_foreign_is_seen(browser: Browser, base: str) -> None:
    """The instruments of the next tests work."""
    with patient_in(browser, base, {}, bypass_csp=True) as patient:
        patient.page.context.add_init_script(COUNT_HITS)
        patient.page.goto(f"{base}/forms")
        assert run_and_foreign(patient.page) == []
        patient.page.evaluate(ADD_SCRIPT)
        assert run_and_foreign(patient.page) == ["1 hits", '<p onclick="hit()"></p>', "<script>hit()</script>"]


def test_no_address_is_written_into_a_page(browser: Browser, base: str) -> None:
    with patient_in(browser, base, {}, bypass_csp=True) as patient:
        patient.page.context.add_init_script(COUNT_HITS)
        for text in ("%3Cscript%3Ehit()%3C%2Fscript%3E", "%22%3E%3Cimg%20src=x%20onerror=hit()%3E"):
            for path in ("/forms/", "/forms/visit/", "/forms/link/", "/forms/page/", "/forms?lang=", "/", "/fhir/"):
                patient.page.goto(f"{base}{path}{text}")
                assert run_and_foreign(patient.page) == [], path


@contextmanager
def another_site(html: str) -> Iterator[str]:
    """The address of a page of another site: for a browser, `localhost` is not the site of 127.0.0.1."""
    app = Flask("another")
    app.add_url_rule("/", "first", view_func=lambda: html)
    app.add_url_rule("/own", "own", view_func=lambda: "<form id=own></form>")
    with served(app) as address:
        yield address.replace("127.0.0.1", "localhost")


def test_no_page_is_shown_in_the_frame_of_another_site(browser: Browser, base: str) -> None:
    frames = "".join(f"<iframe src='{address}'></iframe>" for address in ("/own", f"{base}/forms", f"{base}/"))
    with another_site(frames) as address, patient_in(browser, base, {}) as patient:
        patient.page.goto(address)
        own, forms, front = patient.page.frames[1:]
        assert own.locator("form").count() == 1
        assert forms.locator("form, main").count() == 0
        assert front.locator("a, main").count() == 0


def test_a_form_of_another_site_sends_nothing_in_the_name_of_the_patient(
    browser: Browser, base: str, running: Rest
) -> None:
    with patient_in(browser, base, ANSWERS) as patient:
        patient.open("gad-7", patient="example-back-to-leg")
        patient.begin()
        patient.go_on()
        key = patient.page.locator("form.send input[name=key]").get_attribute("value")
        form = f"<form method=post action='{base}/forms/send'><input name=key value='{key}'><button>x</button></form>"
        with another_site(form) as address:
            patient.page.goto(address)
            with patient.page.expect_navigation() as sent:
                patient.page.locator("button").click()
        assert sent.value is not None
        assert sent.value.status == 403
    found = running.found("QuestionnaireResponse?patient=example-back-to-leg")
    assert [each["status"] for each in found] == ["in-progress"]


def test_the_cookie_is_not_for_scripts_and_closing_the_device_leaves_nothing(browser: Browser, base: str) -> None:
    with patient_in(browser, base, ANSWERS) as patient:
        page, context = patient.page, patient.page.context
        patient.open("gad-7")
        assert page.evaluate("document.cookie") == ""
        (cookie,) = context.cookies()
        assert {name: cookie.get(name) for name in ("httpOnly", "sameSite", "path", "domain")} == {
            "httpOnly": True,
            "sameSite": "Lax",
            "path": "/",
            "domain": "127.0.0.1",
        }
        patient.begin()
        patient.go_on()
        patient.save()
        with page.expect_navigation():
            page.get_by_role("button", name="Close and clear this device").click()
        assert context.cookies() == []
        stored = "[localStorage.length, sessionStorage.length]"
        assert page.evaluate(stored) == [0, 0]
        for path in ("sent", "review", "page/1"):
            page.goto(f"{base}/forms/{path}")
            assert "No form is open here" in page.locator("main").inner_text()
        context.add_cookies([{"name": "sural-form", "value": cookie["value"], "url": base}])
        page.goto(f"{base}/forms/sent")
        assert "No form is open here" in page.locator("main").inner_text()
