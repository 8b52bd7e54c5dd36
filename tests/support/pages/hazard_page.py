"""The hazard log as a page: `make hazards` writes docs/hazards.md, `make check` verifies the log and the page.

The result of a test is that of the last run of `make test`, which leaves a report in JUnit's form. A test with
parameters passed if all of them did. The page contains no dates: the same results give the same page.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from service.adapters.mappings.files.strict_yaml import read_yaml
from tests.support.files import ROOT

REPORT = ROOT / "build" / "tests.xml"
LOG = ROOT / "mappings" / "hazards.yaml"
PAGE = ROOT / "docs" / "hazards.md"
PASSED = "passed"
HEAD = """# Hazard log

Made by `make hazards` from mappings/hazards.yaml and the last run of `make test`; do not edit it. Rule set {version}.
Severity and likelihood are for the Clinical Safety Officer of the site to set; [intended use](intended-use.md) says
what else the site must decide.
"""

Hazards = Mapping[str, Mapping[str, Any]]
# The result of each test that was run, by its id without parameters.
Results = Mapping[str, str]


def read_hazards(path: Path = LOG) -> Hazards:
    """The hazards by id."""
    hazards: Hazards = read_yaml(path)["hazards"]
    return hazards


def named_tests(hazards: Hazards) -> Iterator[tuple[str, str]]:
    """Each hazard with each test that shows one of its controls."""
    for id, hazard in hazards.items():
        for control in hazard["controls"]:
            yield from ((id, test) for test in control["tests"])


def is_defined(test: str, root: Path = ROOT) -> bool:
    """Whether a file of tests contains the test."""
    file, *names = test.split("::")
    path = root / file
    if not path.is_file():
        return False
    body = ast.parse(path.read_text()).body
    for name in names:
        inner = [node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name]
        if not inner:
            return False
        body = inner[0].body
    return bool(names)


def results_in(report: Path) -> dict[str, str]:
    """The result of each test in a report of JUnit's form: passed, failed or skipped."""
    results: dict[str, str] = {}
    # The report is written by our own run of pytest.
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314
        id = id_of_test(case.get("classname", ""), case.get("name", "").split("[")[0])
        own = {child.tag for child in case}
        result = "failed" if own & {"failure", "error"} else "skipped" if "skipped" in own else PASSED
        results[id] = result if results.get(id, PASSED) == PASSED else results[id]
    return results


def id_of_test(class_name: str, name: str) -> str:
    """The id of a test, e.g. ``tests/web/test_work.py::TestX::test_y`` of ``tests.web.test_work.TestX``, ``test_y``."""
    parts = class_name.split(".")
    classes = [part for part in parts if part.startswith("Test")]
    return "::".join([f"{'/'.join(parts[: len(parts) - len(classes)])}.py", *classes, name])


def find_faults(hazards: Hazards, results: Results | None, root: Path = ROOT) -> list[str]:
    """Tests that do not exist, or that are not among the tests that passed; without results only the former."""
    faults = []
    for id, test in named_tests(hazards):
        if not is_defined(test, root):
            faults.append(f"hazards.yaml: {id}: there is no test {test}")
        elif results is not None and results.get(test) != PASSED:
            faults.append(f"hazards.yaml: {id}: {test}: {results.get(test, 'not in the last run')}")
    return faults


def page_lines(hazards: Hazards, version: str, results: Results | None) -> Iterator[str]:
    """The page. Without results every test is written as passed: only such a page is ever written to the file."""
    yield HEAD.format(version=version)
    yield "| | Hazard, its cause and its effect | Control | Shown by | Last run |"
    yield "| --- | --- | --- | --- | --- |"
    for id, hazard in hazards.items():
        effect = hazard["effect"][0].lower() + hazard["effect"][1:]
        first = (id, f"**{hazard['hazard']}.** {hazard['cause']}. Effect: {effect}.")
        for control in hazard["controls"]:
            text = control["control"]
            for test in control["tests"]:
                result = PASSED if results is None else results.get(test, "not run")
                yield f"| {' | '.join((*first, text, link_to(test), result))} |"
                first, text = ("", ""), ""


def link_to(test: str) -> str:
    """A link from the page to the file of a test."""
    file, *names = test.split("::")
    return f"[{names[-1]}](../{file})"


def page_text(hazards: Hazards, results: Results | None = None) -> str:
    """The whole page."""
    version = read_yaml(ROOT / "mappings" / "ruleset.yaml")["version"]
    return "\n".join(page_lines(hazards, version, results)) + "\n"


def main(arguments: list[str]) -> int:
    """Writes the page, or with ``--check`` verifies log, report and page. The exit code: 1 if there is a fault."""
    check = "--check" in arguments
    hazards = read_hazards()
    results = results_in(REPORT) if REPORT.is_file() else None
    faults = find_faults(hazards, results)
    if not check and results is None:
        faults.append(f"There is no {REPORT.relative_to(ROOT)}. Run `make test` first.")
    if check and (not PAGE.is_file() or PAGE.read_text() != page_text(hazards)):
        faults.append("docs/hazards.md differs from mappings/hazards.yaml. Run `make test hazards`.")
    if not check and not faults:
        PAGE.write_text(page_text(hazards, results))
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
