"""LHC-Forms, a renderer that is not ours, loads our Questionnaires: the same answers give the same items and total.

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

from service.adapters.database.engine import Database
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from tests.support.building import catalogue, response, scored
from tests.support.files import ROOT
from tests.support.rest import Clock, rest_on

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


def newest(name: str) -> Resource:
    """The newest version of a form of ours."""
    return max((q for q in catalogue().questionnaires if q["id"] == name), key=lambda q: str(q["version"]))


@pytest.mark.parametrize(("name", "given"), RESPONSES, ids=[case[0] for case in RESPONSES])
def test_lhc_forms_gives_the_same_items(renderer: Page, name: str, given: Resource) -> None:
    questionnaire, ours = newest(name), json.loads(encode(given))
    renderer.evaluate(LOAD, [json.loads(encode(questionnaire)), ours])
    found = renderer.evaluate(READ)
    assert list(answers_of_items(found["item"])) == list(answers_of_items(ours["item"]))
    assert found["questionnaire"] == f"{questionnaire['url']}|{questionnaire['version']}"


# Weights of the answers, the item of the total, and their sum. The instruments add the weights of their items.
TOTALS = [
    ("phq-9", [1, 2, 0, 3, 1, 1, 2, 0, 1], "/44261-6", 11),
    ("phq-9", [3] * 9, "/44261-6", 27),
    ("phq-9", [0] * 9, "/44261-6", 0),
    ("gad-7", [1, 2, 0, 3, 1, 1, 2], "/70274-6", 10),
    ("gad-7", [3] * 7, "/70274-6", 21),
]
SHOW = """
async ([questionnaire]) => {
  const form = LForms.Util.convertFHIRQuestionnaireToLForms(questionnaire, "R4");
  const place = document.createElement("div");
  place.id = "place";
  document.body.replaceChildren(place);
  await LForms.Util.addFormToPage(form, "place", {});
  const shown = LForms.Util._getFormObjectInScope(place);
  await shown._expressionProcessor.runCalculations(true);
}
"""
TOTAL = f"([link]) => ({READ})().item.find((item) => item.linkId === link)?.answer?.[0]?.valueDecimal"


def answered(name: str, given: Resource) -> Resource:
    """A form of ours whose options are chosen as in a response.

    LHC-Forms takes a response without a total for one whose total the user has deleted, and does not calculate it.
    """
    chosen = dict(answers_of_items(given["item"]))

    def choose(item: Resource) -> Resource:
        made = {**item, **({"item": [choose(each) for each in item["item"]]} if "item" in item else {})}
        if item["linkId"] not in chosen:
            return made
        options = [
            {**each, "initialSelected": True} if each["valueCoding"]["code"] == chosen[item["linkId"]] else each
            for each in item["answerOption"]
        ]
        return {**made, "answerOption": options}

    form = json.loads(encode(newest(name)))
    return {**form, "item": [choose(item) for item in form["item"]]}


def stored_totals(database: Database, clock: Clock, given: Resource, code: str) -> list[Any]:
    """The totals that the service makes of a response."""
    rest = rest_on(database, clock)
    assert rest.post(given).status_code == 201
    return [
        each["valueQuantity"]["value"] for each in rest.found(f"Observation?code={code}") if "valueQuantity" in each
    ]


@pytest.mark.parametrize(("name", "weights", "link_id", "total"), TOTALS)
def test_lhc_forms_gives_the_same_total(
    renderer: Page, sqlite: Database, clock: Clock, name: str, weights: list[int], link_id: str, total: int
) -> None:
    given = scored(name, weights, answers={"safe-now": ["yes"]} if name == "phq-9" and weights[-1] else {})
    renderer.evaluate(SHOW, [answered(name, given)])
    assert renderer.evaluate(TOTAL, [link_id]) == total
    assert stored_totals(sqlite, clock, given, f"http://loinc.org|{link_id[1:]}") == [total]


def test_neither_gives_a_total_while_a_question_is_open(renderer: Page, sqlite: Database, clock: Clock) -> None:
    given = scored("gad-7", [3, 3, 3, None, 3, 3, 3])
    renderer.evaluate(SHOW, [answered("gad-7", given)])
    assert renderer.evaluate(TOTAL, ["/70274-6"]) is None
    assert stored_totals(sqlite, clock, given, "http://loinc.org|70274-6") == []
