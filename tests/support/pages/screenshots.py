"""`make screenshots`: a picture of each state of the patients' form, on a phone and a wide screen, light and dark."""

import tempfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from service.adapters.database.engine import Database
from service.logs import configure
from tests.support.files import ROOT
from tests.support.patient_form.browsing import BrowserPatient, chromium, patient_in, served
from tests.support.rest import Clock
from tests.web.patient.conftest import ALARM, ANSWERS, ITEM_9, SAFE, VISIT, site_on

FOLDER = ROOT / "docs" / "screenshots"
WIDTHS, SCHEMES = (390, 1280), ("light", "dark")
# A long page is cut: its beginning shows the state.
HIGHEST = 2_000
SCRIPT = {
    **ANSWERS,
    ALARM: ["Weakness, not just pain, makes it hard for me to walk"],
    "Where on your body did it start?": ["Lower back"],
    "Where do you feel it now?": ["Buttock", "Back of thigh", "Calf"],
    ITEM_9: ["Several days"],
    SAFE: ["Yes"],
}


def write_all() -> None:
    """Writes every picture."""
    configure("critical")
    FOLDER.mkdir(exist_ok=True)
    with service() as base, chromium() as browser:
        for width in WIDTHS:
            for scheme in SCHEMES:
                with patient_in(browser, base, SCRIPT, width, scheme) as patient:
                    walk(patient, f"{width}-{scheme}")
        spanish(browser, base)


@contextmanager
def service() -> Iterator[str]:
    """The address of a service with an empty database."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'sural.db'}")
        database.create()
        with served(site_on(database, Clock()).app) as base:
            yield base
        database.close()


def walk(patient: BrowserPatient, suffix: str) -> None:
    """Fills in a visit, and takes a picture of each state."""
    page = patient.page
    patient.open(VISIT)
    take(page, f"1-start-{suffix}")
    patient.begin()
    patient.save()
    take(page, f"2-error-{suffix}")
    patient.answer()
    patient.answer()
    take(page, f"3-interruption-{suffix}")
    patient.save()
    patient.answer()
    patient.answer()
    patient.choose()
    take(page, f"4-drawing-{suffix}")
    patient.save()
    while not page.get_by_text("Over the last 2 weeks").count():
        patient.answer()
    patient.choose()
    take(page, f"5-filled-{suffix}")
    patient.go_on()
    take(page, f"6-review-{suffix}")
    patient.save()
    take(page, f"7-sent-{suffix}")


def spanish(browser: Browser, base: str) -> None:
    """Takes a picture of the start in Spanish, and of a page that is read from right to left."""
    with patient_in(browser, base, {}) as patient:
        patient.open("leg-pain", "es")
        take(patient.page, "8-spanish-390-light")
        patient.page.goto(f"{base}/forms?lang=ar-XB")
        take(patient.page, "9-right-to-left-390-light")


def take(page: Page, name: str) -> None:
    """Writes a picture of the page in full width."""
    size = page.viewport_size or {"width": 390, "height": 844}
    height = min(int(page.evaluate("document.documentElement.scrollHeight")), HIGHEST)
    clip = {"x": 0, "y": 0, "width": size["width"], "height": max(height, size["height"]), "scale": 1}
    # Playwright itself writes no WebP, which is a fifth of the size of PNG.
    session = page.context.new_cdp_session(page)
    wanted = {"format": "webp", "quality": 55, "clip": clip, "captureBeyondViewport": True}
    taken = session.send("Page.captureScreenshot", wanted)
    (FOLDER / f"{name}.webp").write_bytes(b64decode(taken["data"]))


if __name__ == "__main__":
    write_all()
