"""LHC-Forms, a renderer that is not ours, loads our Questionnaires: the same answers give the same items.

https://lhncbc.github.io/lforms/
"""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from tests.support.building import catalogue, response, scored
from tests.support.files import ROOT

pytestmark = pytest.mark.browser

LFORMS = ROOT / "tests" / "node" / "browser" / "lforms"
SCRIPTS = ("webcomponent/assets/lib/zone.min.js", "webcomponent/lhc-forms.js", "fhir/lformsFHIRAll.min.js")
LOAD = """
async ([questionnaire, response]) => {
  let form = LForms.Util.convertFHIRQuestionnaireToLForms(questionnaire, "R4");
  form = LForms.Util.mergeFHIRDataIntoLForms("QuestionnaireResponse", response, form, "R4");
  const place = document.createElement("div");
  place.id = "place";
  document.body.replaceChildren(place);
  await LForms.Util.addFormToPage(form, "place", {});
}
"""
READ = "() => LForms.Util.getFormFHIRData('QuestionnaireResponse', 'R4', 'place')"
VISIT_LEGS = {"lp-any": ["yes"], "lp-side": ["right"], "lp-where": ["calf", "foot"], "lp-muscle": ["weak"]}
RESPONSES = [
    ("phq-9", scored("phq-9", [1, 2, 0, 3, 1, 1, 2, 0, 1], answers={"safe-now": ["yes"]})),
    ("gad-7", scored("gad-7", [1, 2, 0, 3, 1, 1, 2])),
    ("leg-pain", response("leg-pain", VISIT_LEGS)),
]


class QuietFiles(SimpleHTTPRequestHandler):
    """Serves the files of LHC-Forms, and logs nothing."""

    def log_message(self, format: str, *arguments: Any) -> None:
        """Logs nothing."""


@pytest.fixture(scope="module")
def renderer(browser: Browser) -> Iterator[Page]:
    """A page with LHC-Forms."""
    if not LFORMS.exists():
        pytest.fail("LHC-Forms is not installed. Run these tests with: make test-browser", pytrace=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietFiles, directory=str(LFORMS / "lforms")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{server.server_port}/webcomponent/favicon.ico")
    for script in SCRIPTS:
        page.add_script_tag(url=f"http://127.0.0.1:{server.server_port}/{script}")
    yield page
    page.close()
    server.shutdown()
    server.server_close()


def answers_of_items(items: list[Resource]) -> Iterator[tuple[str, str]]:
    """The linkId and the code of each answer, without those of numbers, which are totals."""
    for item in items:
        for answer in item.get("answer", []):
            if "valueCoding" in answer:
                yield item["linkId"], answer["valueCoding"]["code"]
        yield from answers_of_items(item.get("item", []))


@pytest.mark.parametrize(("name", "given"), RESPONSES, ids=[case[0] for case in RESPONSES])
def test_lhc_forms_gives_the_same_items(renderer: Page, name: str, given: Resource) -> None:
    questionnaire = max((q for q in catalogue().questionnaires if q["id"] == name), key=lambda q: str(q["version"]))
    ours = json.loads(encode(given))
    renderer.evaluate(LOAD, [json.loads(encode(questionnaire)), ours])
    found = renderer.evaluate(READ)
    assert list(answers_of_items(found["item"])) == list(answers_of_items(ours["item"]))
    assert found["questionnaire"] == f"{questionnaire['url']}|{questionnaire['version']}"
