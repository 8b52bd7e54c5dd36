"""A patient with a browser, on a service that runs in this process."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.support.patient_form.form_pages import Script

CHROMIUM = Path("/usr/bin/chromium")
# Reports what the policy of a page forbids, also what happened before a listener could be there.
WATCH_POLICY = """
addEventListener("securitypolicyviolation", (event) => console.error("policy:", event.violatedDirective));
"""
DOUBLED_TEXT = "() => { document.documentElement.style.fontSize = '225%'; }"
# No test is about speed: on a busy machine a page may take long.
MOST_MILLISECONDS = 180_000
IS_TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


class QuietHandler(WSGIRequestHandler):
    """A handler that logs nothing."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Logs nothing."""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of the application on a free port of loopback."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class BrowserPatient:
    """A patient who reads the page and answers what the script has; other questions are left open."""

    page: Page
    base: str
    script: Script = field(default_factory=dict)
    addresses: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.addresses.append(request.url))
        self.page.on("console", lambda message: self.complain(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def complain(self, type: str, text: str) -> None:
        """Keeps an error of the console. A page with entries to correct has the status 422, which Chromium reports."""
        if type == "error" and "status of 422" not in text:
            self.complaints.append(text)

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.base).partition("?")[0].partition("#")[0]

    def open(self, forms: str, language: str = "en", patient: str = "example-low-mood") -> None:
        """Opens forms in the demo, up to the first page."""
        self.page.goto(f"{self.base}/forms")
        self.page.locator(f"input[value='{patient}']").check()
        self.page.locator(f"input[value='{forms}']").check()
        if language in ("en", "es"):
            self.page.locator(f"input[name=language][value='{language}']").check()
        self.press()

    def press(self) -> None:
        """Presses the main button, and waits for the next page."""
        with self.page.expect_navigation():
            self.page.locator("form button.primary").click()

    def begin(self) -> None:
        """Says that the patient answers, and goes to the first question."""
        self.page.locator("input[value=self]").check()
        self.press()

    def choose(self, script: Script | None = None) -> None:
        """Chooses the options of the script on this page."""
        script = self.script if script is None else script
        for group in self.page.locator("fieldset.question").all():
            legend = group.locator("legend").inner_text()
            for words in (words for key, words in script.items() if legend.startswith(key)):
                for text in words:
                    option(group, text).check()

    def save(self) -> None:
        """Saves the page, or sends the answers."""
        self.press()

    def answer(self, script: Script | None = None) -> None:
        """Answers the page and saves it."""
        self.choose(script)
        self.save()

    def go_on(self, most: int = 60) -> None:
        """Answers page after page, also help, until the page before sending."""
        for _ in range(most):
            if self.path == "/forms/review":
                return
            if self.path == "/forms/help":
                self.save()
            else:
                self.answer()
        raise AssertionError(self.path)

    def is_too_wide(self) -> bool:
        """True if the page scrolls sideways."""
        return bool(self.page.evaluate(IS_TOO_WIDE))


def option(group: Locator, text: str) -> Locator:
    """The control of an option of a group."""
    label = group.locator("label", has_text=text).filter(has_not=group.page.locator("svg"))
    for each in label.all():
        if each.inner_text().strip() == text:
            return group.page.locator(f"[id='{each.get_attribute('for')}']")
    raise AssertionError(text)


@contextmanager
def patient_in(
    browser: Browser, base: str, script: Script, width: int = 390, scheme: str = "light", **options: Any
) -> Iterator[BrowserPatient]:
    """A patient with a window of this width."""
    size = {"width": width, "height": 844}
    wanted: dict[str, Any] = {"viewport": size, "color_scheme": scheme, **options}
    context: BrowserContext = browser.new_context(**wanted)
    context.set_default_timeout(MOST_MILLISECONDS)
    context.add_init_script(WATCH_POLICY)
    try:
        yield BrowserPatient(context.new_page(), base, script)
    finally:
        context.close()


def violations(page: Page, axe: str) -> Sequence[Mapping[str, Any]]:
    """What axe-core finds on a page: rules of WCAG 2.0 to 2.2, A and AA, and of best practice."""
    page.evaluate(axe)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found: list[Mapping[str, Any]] = page.evaluate(
        "(tags) => axe.run(document, { runOnly: tags }).then((result) => result.violations.map("
        "({ id, nodes }) => ({ id, nodes: nodes.map((node) => node.html.slice(0, 200) + node.failureSummary) })))",
        tags,
    )
    return found
