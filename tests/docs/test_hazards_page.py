"""The hazard log: every hazard has a control, every control a test that exists and passed, the page is up to date."""

from pathlib import Path

import pytest

from service.adapters.mappings.catalogue import load_catalogue
from service.adapters.mappings.published_forms import BadCatalogue
from tests.support.pages.hazard_page import PAGE, find_faults, is_defined, page_text, read_hazards, results_in

LOG = {"H01": {"controls": [{"control": "c", "tests": ["tests/t.py::TestA::test_b"]}]}}
REPORT = """<testsuites><testsuite>
<testcase classname="tests.t.TestA" name="test_b[1]"/>
<testcase classname="tests.t.TestA" name="test_b[2]">{inside}</testcase>
</testsuite></testsuites>"""


def test_every_test_of_the_log_exists_and_there_are_25_hazards() -> None:
    hazards = read_hazards()
    assert len(hazards) >= 25
    assert find_faults(hazards, None) == []


def test_the_page_is_that_of_the_log() -> None:
    assert PAGE.read_text() == page_text(read_hazards())


@pytest.mark.parametrize(
    ("inside", "result"), [("", "passed"), ("<failure/>", "failed"), ("<error/>", "failed"), ("<skipped/>", "skipped")]
)
def test_a_test_passed_if_all_its_parameters_did(tmp_path: Path, inside: str, result: str) -> None:
    (tmp_path / "report.xml").write_text(REPORT.format(inside=inside))
    assert results_in(tmp_path / "report.xml") == {"tests/t.py::TestA::test_b": result}


@pytest.mark.parametrize("results", [{}, {"tests/t.py::TestA::test_b": "failed"}])
def test_a_control_whose_test_did_not_pass_is_a_fault(tmp_path: Path, results: dict[str, str]) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "t.py").write_text("class TestA:\n    def test_b(self): ...\n")
    assert len(find_faults(LOG, results, tmp_path)) == 1
    assert find_faults(LOG, {"tests/t.py::TestA::test_b": "passed"}, tmp_path) == []


def test_a_control_whose_test_does_not_exist_is_a_fault(tmp_path: Path) -> None:
    assert find_faults(LOG, None, tmp_path) == ["hazards.yaml: H01: there is no test tests/t.py::TestA::test_b"]
    assert not is_defined("tests/docs/test_hazards_page.py")


def test_a_hazard_without_a_control_is_a_fault_of_the_file(copy: Path) -> None:
    path = copy / "mappings" / "hazards.yaml"
    path.write_text("hazards:\n  H01: {hazard: h, cause: c, effect: e, controls: []}\n")
    with pytest.raises(BadCatalogue) as caught:
        load_catalogue(copy / "questionnaires", copy / "mappings")
    assert caught.value.faults == ["hazards.yaml: hazards.H01.value.controls: Shorter than minimum length 1. (line 2)"]


def test_the_service_does_without_the_log(copy: Path) -> None:
    (copy / "mappings" / "hazards.yaml").unlink()
    assert load_catalogue(copy / "questionnaires", copy / "mappings").rules.instruments
