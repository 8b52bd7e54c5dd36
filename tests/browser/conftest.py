"""Chromium, and a service of a site with its numbers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from service.adapters.database.engine import Database
from tests.support.files import ROOT
from tests.support.patient_form.browsing import (
    CHROMIUM,
    MOST_MILLISECONDS,
    BrowserPatient,
    chromium,
    patient_in,
    served,
)
from tests.support.rest import Clock, Rest
from tests.web.patient.conftest import ANSWERS, site_on

AXE = ROOT / "tests" / "node" / "browser" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail("Chromium is not installed. Install it: apt-get install chromium", pytrace=False)
    expect.set_options(timeout=MOST_MILLISECONDS)
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    if not AXE.exists():
        pytest.fail("axe-core is not installed. Run these tests with: make test-browser", pytrace=False)
    return AXE.read_text()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    """The service of all browser tests. Each patient of a test has a visit of its own."""
    made = Database(f"sqlite:///{Path(tmp_path_factory.mktemp('browser')) / 'sural.db'}")
    made.create()
    yield site_on(made, Clock())
    made.close()


@pytest.fixture(scope="session")
def base(running: Rest) -> Iterator[str]:
    with served(running.app) as address:
        yield address


@pytest.fixture
def patient(browser: Browser, base: str) -> Iterator[BrowserPatient]:
    """A patient with a phone."""
    with patient_in(browser, base, ANSWERS) as made:
        yield made
